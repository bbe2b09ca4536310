"""The long options that stand for BIND's letters, tool by tool: side by side, so that a thing has one name everywhere.

An option without a letter (`--json`) is added where its tool is described.
"""

from __future__ import annotations

_ALL = {"verbose": "v", "version": "V"}
_QUIET = {"quiet": "q"}

_KEY_FILES = {"key-directory": "K", **_ALL}
_MOMENTS = {"publish": "P", "activate": "A", "revoke": "R", "inactive": "I", "delete": "D"}
_SUCCESSION = {"predecessor": "S", "prepublish": "i"}

SIGNZONE = {
    **_QUIET,
    **_KEY_FILES,
    "class": "c",
    "cycle": "i",
    "debug": "Z",
    "dnskey-expiration": "X",
    "dnssec-only": "D",
    "drop-inactive": "Q",
    "drop-unpublished": "R",
    "dsset-directory": "d",
    "engine": "E",
    "expiration": "e",
    "fips": "F",
    "format": "O",
    "ignore-ksk-flag": "z",
    "import-dsset": "g",
    "inception": "s",
    "input-format": "I",
    "jitter": "j",
    "journal": "J",
    "key-ttl": "T",
    "keyset": "C",
    "ksk": "k",
    "ksk-only": "x",
    "max-ttl": "M",
    "no-verify": "P",
    "nsec3-iterations": "H",
    "nsec3-salt": "3",
    "opt-out": "A",
    "origin": "o",
    "output": "f",
    "serial": "N",
    "smart": "S",
    "source-serial": "L",
    "statistics": "t",
    "sync-records": "G",
    "update-chain": "u",
    "verify-signatures": "a",
    "workers": "n",
}

VERIFY = {
    **_QUIET,
    **_ALL,
    "class": "c",
    "engine": "E",
    "ignore-ksk-flag": "z",
    "input-format": "I",
    "journal": "J",
    "ksk-only": "x",
    "origin": "o",
}

KEYGEN = {
    **_QUIET,
    **_KEY_FILES,
    **_MOMENTS,
    **_SUCCESSION,
    "algorithm": "a",
    "bits": "b",
    "class": "c",
    "digest-bits": "d",
    "engine": "E",
    "fips": "F",
    "flag": "f",
    "generate-only": "G",
    "key-ttl": "L",
    "key-type": "t",
    "name-type": "n",
    "no-dates": "C",
    "nsec3": "3",
    "policy": "k",
    "policy-file": "l",
    "protocol": "p",
    "strength": "s",
    "tag-range": "M",
    "type": "T",
}

KEYFROMLABEL = {
    **_KEY_FILES,
    **_MOMENTS,
    **_SUCCESSION,
    "algorithm": "a",
    "allow-collision": "y",
    "class": "c",
    "engine": "E",
    "fips": "F",
    "flag": "f",
    "generate-only": "G",
    "key-record": "k",
    "key-ttl": "L",
    "key-type": "t",
    "label": "l",
    "name-type": "n",
    "no-dates": "C",
    "nsec3": "3",
    "protocol": "p",
    "tag-range": "M",
}

SETTIME = {
    **_KEY_FILES,
    **_MOMENTS,
    **_SUCCESSION,
    "dnskey-state": "k",
    "ds-state": "d",
    "engine": "E",
    "epoch": "u",
    "force": "f",
    "goal": "g",
    "key-ttl": "L",
    "krrsig-state": "r",
    "print": "p",
    "state": "s",
    "zrrsig-state": "z",
}

REVOKE = {**_KEY_FILES, "engine": "E", "force": "f", "print-tag": "R", "remove": "r"}

IMPORTKEY = {**_KEY_FILES, "delete": "D", "input": "f", "key-ttl": "L", "publish": "P"}

DSFROMKEY = {
    **_KEY_FILES,
    "all-keys": "A",
    "cds": "C",
    "class": "c",
    "digest": "a",
    "fips": "F",
    "input": "f",
    "keyset": "s",
    "sha1": "1",
    "sha256": "2",
    "ttl": "T",
}

CDS = {
    **_ALL,
    "class": "c",
    "digest": "a",
    "dsset": "d",
    "in-place": "i",
    "input": "f",
    "nsupdate": "u",
    "oldest": "s",
    "prefer-cdnskey": "D",
    "ttl": "T",
}

KSR = {
    **_KEY_FILES,
    "config": "l",
    "end": "e",
    "engine": "E",
    "fips": "F",
    "input": "f",
    "ksks": "o",
    "policy": "k",
    "start": "i",
}

NSEC3HASH = {"rdata-order": "r"}

CHECKZONE = {
    **_QUIET,
    "check-duplicates": "r",
    "check-integrity": "i",
    "check-mx": "m",
    "check-mx-cname": "M",
    "check-names": "k",
    "check-ns": "n",
    "check-spf": "T",
    "check-srv-cname": "S",
    "check-wildcard": "W",
    "chroot": "t",
    "class": "c",
    "debug": "d",
    "directory": "w",
    "dump": "D",
    "format": "F",
    "input-format": "f",
    "journal": "J",
    "max-ttl": "l",
    "output": "o",
    "read-journal": "j",
    "source-serial": "L",
    "style": "s",
    "version": "v",
}
