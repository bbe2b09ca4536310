"""`fastsign keyfromlabel`: key files for a key in an HSM, on dnssec-keyfromlabel's command line."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from fastsign.cli.compat import keygen, long_names
from fastsign.cli.compat.common import CommandLine, FatalError, Tool, run_tool
from fastsign.cli.compat.engines import TOKEN
from fastsign.cli.compat.hsm_options import module_for
from fastsign.cli.compat.keyfiles import file_name, in_folder, read_moment
from fastsign.cli.compat.keygen_run import (
    Request,
    algorithm_number_of,
    apply_prepublication,
    check_key_type,
    checked,
    load_predecessor,
    metadata_of,
    owner_of,
    successor_key,
)
from fastsign.cli.env import Env
from fastsign.errors import HsmError
from fastsign.keys import facts, names
from fastsign.keys.files import KeyFile, tags_in_use
from fastsign.keys.pkcs11.uri import SCHEME, KeyUri, format_uri, parse_uri

_USAGE = """\
Usage:
    {program} -l label [options] name

Version: {version}
Required options:
    -l label: label of the key pair
    name: owner of the key
Other options:
    -a algorithm: \n\
        RSASHA1 (deprecated) |
        NSEC3RSASHA1 (deprecated) |
        RSASHA256 | RSASHA512 |
        ECDSAP256SHA256 | ECDSAP384SHA384 |
        ED25519
    -3: use NSEC3-capable algorithm
    -c class (default: IN)
    -E <engine>:
        pkcs11, or path of the PKCS #11 module
    -f keyflag: KSK | REVOKE
    -K directory: directory in which to place key files
    -k: generate a TYPE=KEY key
    -L ttl: default key TTL
    -M <min>:<max>: allowed Key ID range
    -n nametype: ZONE | HOST | ENTITY | USER | OTHER
        (DNSKEY generation defaults to ZONE
    -p protocol: default: 3 [dnssec]
    -t type: AUTHCONF | NOAUTHCONF | NOAUTH | NOCONF (default: AUTHCONF)
    -y: permit keys that might collide
    -v verbose level
    -V: print version information
Date options:
    -P date/[+-]offset: set key publication date
    -P sync date/[+-]offset: set CDS and CDNSKEY publication date
    -A date/[+-]offset: set key activation date
    -R date/[+-]offset: set key revocation date
    -I date/[+-]offset: set key inactivation date
    -D date/[+-]offset: set key deletion date
    -D sync date/[+-]offset: set CDS and CDNSKEY deletion date
    -G: generate key only; do not set -P or -A
    -C: generate a backward-compatible key, omitting all dates
    -S <key>: generate a successor to an existing key
    -i <interval>: prepublication interval for successor key (default: 30 days)
Output:
     K<name>+<alg>+<id>.key, K<name>+<alg>+<id>.private
"""

TOOL = Tool(
    "dnssec-keyfromlabel",
    "3A:a:Cc:D:E:Ff:GhI:i:kK:L:l:M:n:P:p:R:S:t:v:Vy",
    _USAGE,
    refused="F",
    long=long_names.KEYFROMLABEL,
)

_SUPPORTED = facts.SUPPORTED - {facts.ED448}


@dataclass(slots=True)
class _Wish:
    """What the command line asks for."""

    request: Request
    label: str | None = None
    engine: str = TOKEN
    allow_collision: bool = False


def main(env: Env) -> int:
    """Write the files of a key in an HSM."""
    return run_tool(TOOL, _run, env)


def _run(line: CommandLine) -> int:
    wish = _read_options(line)
    uri = _uri_of(line, wish)
    key, predecessor = _described(line, wish.request)
    key = replace(key, metadata=metadata_of(line, wish.request))
    key = replace(key, public_key=_public_key(line, wish, uri, key))
    _check_tag(line, wish, key)
    line.env.stdout.write(_write(line, wish, key, predecessor, uri) + "\n")
    return 0


# ---- options


_WORDS = {"a": "algorithm", "c": "rrclass", "n": "nametype", "S": "predecessor", "t": "key_type"}
_SWITCHES = {"3": "nsec3", "C": "legacy", "G": "generate_only"}


def _read_options(line: CommandLine) -> _Wish:
    wish = _Wish(Request(line.env.now()))
    request = wish.request
    for letter, value in line:
        if letter in _SWITCHES:
            setattr(request, _SWITCHES[letter], True)
        elif letter in _WORDS:
            setattr(request, _WORDS[letter], value)
        elif letter in "PDARI":
            field, moment = read_moment(line, letter, value, request.times, request.now, ("sync",))
            if moment is not None or not field.startswith("sync"):  # as in BIND, "none" leaves no mark there
                request.times[field] = moment
        elif letter == "f" and value[:1].upper() not in ("K", "R"):
            raise FatalError(f"unknown flag '{value}'")
        elif letter in "lE":
            setattr(wish, {"l": "label", "E": "engine"}[letter], value)
        elif letter == "k":
            request.record = "KEY"
        elif letter == "y":
            wish.allow_collision = True
        else:
            keygen.parse_value(line, request, letter, value)
    return wish


def _uri_of(line: CommandLine, wish: _Wish) -> KeyUri:
    """The key that the label names. A PIN in it is told of, for the process list and the .private file show it."""
    if wish.label is None:
        raise FatalError("the key label was not specified")
    if ":" in wish.label and not wish.label.lower().startswith(SCHEME):
        raise FatalError(f"the key label is no PKCS #11 URI: it begins with none of {SCHEME} and a plain name")
    try:
        uri = parse_uri(wish.label)
    except ValueError as error:
        raise FatalError(f"the key label {error}") from None
    if uri.pin_value is not None:
        line.warn("warning: the label has a PIN in it, which others may see: name a file with it by pin-source instead")
    for name, _ in uri.vendor:
        line.warn(f"warning: {name} in the label is a vendor's own: no PKCS #11 module can be asked for it")
    return uri


# ---- the key as it will be, but for its public key


def _described(line: CommandLine, request: Request) -> tuple[KeyFile, KeyFile | None]:
    """(the key with all but its public key and times, its predecessor if -S names one)."""
    rrclass = facts.class_number(request.rrclass)
    predecessor = None
    if request.predecessor is None:
        key = _new_key(line, request)
    else:
        predecessor = load_predecessor(line, request)
        key = successor_key(line, request, predecessor)
    if rrclass is None:
        raise FatalError(f"unknown class {request.rrclass}")
    return replace(key, rrclass=rrclass, ttl=request.ttl, path=""), predecessor


def _new_key(line: CommandLine, request: Request) -> KeyFile:
    owner = owner_of(line)
    algorithm = algorithm_number_of(request)
    if request.nsec3 and algorithm in facts.NSEC_ONLY:
        if algorithm != facts.RSASHA1:
            raise FatalError(f"{request.algorithm} is incompatible with NSEC3; do not use the -3 option")
        algorithm = facts.NSEC3RSASHA1
    check_key_type(request)
    if not request.legacy and request.prepublication:
        apply_prepublication(request, request.prepublication)
    key = checked(line, request, KeyFile(owner, 0, request.protocol, algorithm, b"", None, ""))
    if algorithm not in _SUPPORTED:
        raise _not_to_be_had(key, "algorithm is unsupported")
    return key


def _not_to_be_had(key: KeyFile, why: str) -> FatalError:
    return FatalError(f"failed to get key {names.to_message(key.owner)}/{facts.algorithm_name(key.algorithm)}: {why}")


# ---- the HSM


def _public_key(line: CommandLine, wish: _Wish, uri: KeyUri, key: KeyFile) -> bytes:
    """The public key in the HSM, which must be one for the algorithm."""
    from fastsign._core import PublicKeys
    from fastsign.keys.pkcs11.module import find_key

    try:
        found = find_key(uri, module_for(line.env, wish.engine, uri))
    except HsmError as error:
        raise _not_to_be_had(key, str(error)) from None
    if key.algorithm not in found.algorithms:
        fits = ", ".join(facts.algorithm_name(number) for number in sorted(found.algorithms))
        raise _not_to_be_had(key, f"the key {uri.describe()} is one for {fits}")
    made = replace(key, public_key=found.public_key)
    if not PublicKeys((made.rdata,)).facts(0)[4]:
        raise _not_to_be_had(key, f"the public key {uri.describe()} is malformed")
    if wish.request.verbosity > 0:
        line.warn(f"{uri.describe()}: object {found.label!r} with id {found.id.hex() or 'none'}")
    return found.public_key


# ---- tags and files


def _check_tag(line: CommandLine, wish: _Wish, key: KeyFile) -> None:
    """The key's tags, now and revoked, must be in the range of -M; another key's must be accepted by -y."""
    tags = wish.request.tags
    later = facts.revoked_tag(key.rdata)
    for tag, words in ((key.tag, f"Key ID {key.tag}"), (later, f"Revoked Key ID {later} (for tag {key.tag})")):
        if tag not in tags:
            raise FatalError(f"{words} outside of [{tags[0]}..{tags[-1]}]")
    directory = wish.request.directory or "."
    taken = tags_in_use(key.name, key.algorithm, line.env.path(directory))
    path = in_folder(directory, file_name(key))
    if any(os.path.lexists(line.env.path(path + suffix)) for suffix in (".key", ".private")):
        raise FatalError(f"{line.program}: {path} already exists\n")
    if key.tag not in taken and later not in taken:
        return
    if not wish.allow_collision:
        raise FatalError(f"{line.program}: {path} could collide with another key upon revokation\n")
    line.warn(
        f"WARNING: Key {path} could collide with another key upon revokation.  "
        "If you plan to revoke keys, destroy this key and generate a different one."
    )


def _write(line: CommandLine, wish: _Wish, key: KeyFile, predecessor: KeyFile | None, uri: KeyUri) -> str:
    """Write the files, those of the predecessor too, and return their name."""
    from fastsign.keys.write import hsm_material, rewrite_key, write_key

    if predecessor is not None:
        key = replace(key, metadata=replace(key.metadata, predecessor=predecessor.tag))
        predecessor = replace(predecessor, metadata=replace(predecessor.metadata, successor=key.tag))
    label = wish.label or ""
    if not label.lower().startswith(SCHEME) or "=" not in label:
        label = format_uri(uri)
    material = hsm_material(key, TOKEN, label)
    name = write_key(key, material, line.env.path(wish.request.directory or "."), record=wish.request.record)
    if predecessor is not None:
        rewrite_key(predecessor)
    return name
