"""What fastsign takes from named.conf: policies, key stores, zones, and who to ask for a zone's DS records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fastsign.kasp.policy import KEY_DIRECTORY, Policy

DNS_PORT = 53
SIG_SIGNING_NODES = 100  # by default

SerialUpdate = Literal["increment", "unixtime", "date"]
CheckDs = Literal["yes", "explicit", "no"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class TsigKey:
    """key "name" { algorithm; secret; } (RFC 8945)."""

    name: str
    algorithm: str  # hmac-sha256, ...
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Server:
    """An address to ask, of parental-agents or remote-servers."""

    address: str
    port: int = DNS_PORT
    key: TsigKey | None = None
    source: str | None = None  # address to ask from
    source_port: int = 0


@dataclass(frozen=True, slots=True)
class KeyStore:
    """key-store "name" { directory; pkcs11-uri; }. Several URIs are of tokens that have the same keys."""

    name: str = KEY_DIRECTORY
    directory: str | None = None  # None: the zone's key-directory
    pkcs11_uris: tuple[str, ...] = field(default=(), repr=False)  # of tokens; a PIN may be in them


@dataclass(frozen=True, slots=True)
class Zone:
    """zone "name" { ... }, with what it inherits from its view and from options. Paths are as they can be opened."""

    name: bytes  # wire form, lower case
    policy: Policy | None  # None: dnssec-policy none
    file: str | None
    key_directory: str
    inline_signing: bool = False
    checkds: CheckDs | None = None  # None: explicit if there are parental agents, else yes
    parental_agents: tuple[Server, ...] = ()
    serial_update_method: SerialUpdate = "increment"
    loadkeys_interval: int = 3600  # seconds
    sig_signing_nodes: int = SIG_SIGNING_NODES
    sig_signing_signatures: int | None = None  # a run, of a change of keys; None: all in one run
    sig_signing_type: int = 65534
    place: Place | None = None
    key_directory_place: Place | None = None  # where the key directory is named, if it is

    @property
    def signed_file(self) -> str | None:
        """Where the signed zone is: named's x.db.signed beside an unsigned x.db, else the file itself."""
        return f"{self.file}.signed" if self.file and self.inline_signing else self.file


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration."""

    policies: Mapping[str, Policy]
    stores: Mapping[str, KeyStore]
    zones: Mapping[bytes, Zone]  # by name, wire form in lower case
    warnings: tuple[str, ...] = ()  # file:line: message, in BIND's words where BIND has any
