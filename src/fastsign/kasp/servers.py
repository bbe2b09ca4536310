"""Servers to ask, and the TSIG keys to ask them with: remote-servers, parental-agents, primaries, key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fastsign.kasp.config import DNS_PORT, Place, Server, TsigKey
from fastsign.kasp.reading import Findings, Source, StatementError, Words, hint
from fastsign.kasp.syntax import Statement, Word
from fastsign.keys import names

LISTS = ("remote-servers", "parental-agents", "primaries", "masters")  # where a list's name is looked up, in this order

# Digest sizes in bits (RFC 8945 section 6).
_DIGEST_BITS = {
    "hmac-md5": 128,
    "hmac-md5.sig-alg.reg.int": 0,
    "hmac-md5.sig-alg.reg.int.": 0,
    "hmac-sha1": 160,
    "hmac-sha224": 224,
    "hmac-sha256": 256,
    "hmac-sha384": 384,
    "hmac-sha512": 512,
}
_MD5 = "hmac-md5.sig-alg.reg.int"
_ALGORITHM = re.compile(r"(?P<name>.+?)(?:-(?P<bits>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class Sender:
    """The address to ask from, None for any, and its port, 0 for any."""

    address: str | None = None
    port: int = 0


@dataclass(frozen=True, slots=True)
class ServerText:
    """An element of a list: an address, or the name of another list."""

    place: Place
    address: str | None
    name: str
    port: int | None
    key: str | None
    tls: str | None


@dataclass(frozen=True, slots=True)
class ListText:
    """A list of servers as it is written."""

    place: Place
    port: int | None
    senders: Mapping[int, Sender]  # by address family, 4 and 6
    elements: tuple[ServerText, ...]


# ---- what is written


def read_list(words: Words, source: Source) -> ListText:
    """[port n] [source a] [source-v6 a] { elements }."""
    place = words.statement.place
    port = words.port() if words.skip("port") else None
    senders: dict[int, Sender] = {}
    for keyword, family in (("source", 4), ("source-v6", 6)):
        if words.skip(keyword):
            senders[family] = read_sender(words, family)
    block = words.block()
    return ListText(place, port, senders, tuple(_elements(block.statements, source)))


def read_sender(words: Words, family: int) -> Sender:
    """An address of this family or *, and a port or *."""
    words.skip("address")
    word = words.ahead
    text = words.string() if isinstance(word, Word) else ""
    if text != "*" and _family(text) != family:
        raise StatementError(word.place if word else words.place, f"expected IPv{family} address near '{text or ';'}'")
    port = 0
    if words.skip("port") and not words.skip("*"):
        port = words.port()
    return Sender(None if text == "*" else text, port)


def _elements(statements: tuple[Statement, ...], source: Source) -> Iterator[ServerText]:
    for statement in source.flat(statements):
        try:
            yield _element(Words(statement, source.findings))
        except StatementError as refusal:
            source.findings.error(refusal.place, refusal.message)


def _element(words: Words) -> ServerText:
    first = words.statement.items[0]
    assert isinstance(first, Word)
    is_address = _family(first.text) is not None
    port = words.port() if is_address and words.skip("port") else None
    key = words.string() if words.skip("key") else None
    tls = words.string() if words.skip("tls") else None
    words.end()
    return ServerText(first.place, first.text if is_address else None, first.text, port, key, tls)


def _family(text: str) -> int | None:
    """4 or 6 if this is an address."""
    from ipaddress import ip_address

    try:
        return ip_address(text).version
    except ValueError:
        return None


# ---- TSIG keys


def read_key(words: Words, source: Source) -> tuple[str, Place, dict[str, tuple[str, Place]]]:
    """key "name" { algorithm; secret; }: what is written."""
    place = words.place
    name = words.string()
    block = words.block()
    words.end()
    found: dict[str, tuple[str, Place]] = {}
    for statement in source.flat(block.statements):
        inner = Words(statement, source.findings)
        try:
            if inner.name not in ("algorithm", "secret"):  # a secret may stand here: it is not shown
                raise StatementError(statement.place, "unknown option; a key has an algorithm and a secret")
            if inner.name in found:
                raise StatementError(statement.place, f"'{inner.name}' redefined near '{inner.name}'")
            place = inner.place
            found[inner.name] = (inner.string(), place)
            inner.end()
        except StatementError as refusal:
            source.findings.error(refusal.place, refusal.message)
    return name, place, found


@dataclass(slots=True)
class Keys:
    """The TSIG keys of a configuration, or of a view, by their names in wire form."""

    findings: Findings
    found: dict[bytes, tuple[TsigKey, Place]] = field(default_factory=dict)

    def add(self, name: str, place: Place, words: Mapping[str, tuple[str, Place]]) -> None:
        """Take a key that is written; errors are told."""
        try:
            wire = names.from_text(name).lower()
        except ValueError:
            self.findings.error(place, f"key '{name}': bad key name")
            return
        if not {"algorithm", "secret"} <= set(words):
            self.findings.error(place, f"key '{name}' must have both 'secret' and 'algorithm' defined")
            return
        try:
            key = TsigKey(name, self._algorithm(name, *words["algorithm"]), _secret(*words["secret"]))
        except StatementError as refusal:
            self.findings.error(refusal.place, refusal.message)
            return
        if wire in self.found:
            other = self.found[wire][1]
            self.findings.error(place, f"key '{name}': already exists previous definition: {other.file}:{other.line}")
            return
        self.found[wire] = key, place

    def _algorithm(self, name: str, text: str, place: Place) -> str:
        """The name of an algorithm, with the digest's bits behind it only if these are less than all."""
        match = _ALGORITHM.fullmatch(text.lower())
        base, bits = (match["name"], match["bits"]) if match else ("", None)
        size = _DIGEST_BITS.get(base)
        if size is None or (bits is not None and not size):
            raise StatementError(place, f"unknown algorithm '{text}'{hint(text, _DIGEST_BITS)}")
        if bits is not None:
            if int(bits) > size:
                raise StatementError(place, f"key '{name}' digest-bits too large [{size // 2}..{size}]")
            if int(bits) % 8:
                raise StatementError(place, f"key '{name}' digest-bits not multiple of 8")
            if int(bits) < size // 2 or int(bits) < 80:
                self.findings.warn(place, f"key '{name}' digest-bits too small [<{size // 2}]")
        base = _MD5 if base.startswith("hmac-md5") else base
        return base if bits is None or int(bits) == size else f"{base}-{bits}"


def _secret(text: str, place: Place) -> bytes:
    import base64

    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise StatementError(place, "bad secret 'bad base64 encoding'") from None


# ---- what it means


@dataclass(frozen=True, slots=True)
class Directory:
    """Where names of lists and keys are looked up."""

    lists: Mapping[tuple[str, str], ListText]  # by kind, and name in lower case
    keys: Mapping[bytes, TsigKey]
    senders: Mapping[int, Sender]  # of lists that name none
    port: int = DNS_PORT

    def servers(self, agents: ListText) -> tuple[Server, ...]:
        """The servers of a list and of the lists in it, each list once. StatementError if one can't be asked."""
        return tuple(self._servers(agents, None, None, self.senders, set()))

    def _servers(
        self,
        text: ListText,
        port: int | None,
        key: str | None,
        senders: Mapping[int, Sender],
        seen: set[str],
    ) -> Iterator[Server]:
        port = port if text.port is None else text.port
        senders = {**senders, **text.senders}
        for element in text.elements:
            if element.tls is not None:
                raise StatementError(
                    element.place, f"tls '{element.tls}' is not supported: DS records are asked for over UDP and TCP"
                )
            own_key = element.key or key
            if element.address is not None:
                yield self._server(element, own_key, element.port or port or self.port, senders)
            elif element.name.lower() not in seen:
                seen.add(element.name.lower())
                inner = self._list(element)
                yield from self._servers(inner, port, own_key, senders, seen)

    def _list(self, element: ServerText) -> ListText:
        for kind in LISTS:
            if found := self.lists.get((kind, element.name.lower())):
                return found
        raise StatementError(
            element.place,
            f"unable to find parental-agents list '{element.name}'"
            + hint(element.name, [name for _, name in self.lists]),
        )

    def _server(self, element: ServerText, key_name: str | None, port: int, senders: Mapping[int, Sender]) -> Server:
        assert element.address is not None
        sender = senders.get(_family(element.address) or 0, Sender())
        key = None if key_name is None else self._key(key_name, element.place)
        return Server(element.address, port, key, sender.address, sender.port)

    def _key(self, name: str, place: Place) -> TsigKey:
        try:
            key = self.keys.get(names.from_text(name).lower())
        except ValueError:
            key = None
        if key is None:
            raise StatementError(place, f"key '{name}' is not defined; add a key statement for it")
        if key.algorithm not in _DIGEST_BITS:
            raise StatementError(place, f"key '{name}': {key.algorithm} is not supported: only whole digests are")
        return key
