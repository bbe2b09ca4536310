"""What dnssec-keygen does once its command line is read: check the request, make the key, write its files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from fastsign.cli.compat.common import VERSION, CommandLine, FatalError
from fastsign.cli.compat.keyfiles import file_name, in_folder, warn_of_permissions
from fastsign.errors import KeyFileError
from fastsign.keys import facts, names
from fastsign.keys.files import KeyFile, read_key, tags_in_use
from fastsign.keys.generate import RSA_BITS, RSA_BITS_DEFAULT, make_key
from fastsign.keys.metadata import FORMAT, KeyState, KeyTimes, Metadata
from fastsign.keys.write import Material, rewrite_key, write_key

_PREPUBLICATION = 30 * 86400  # seconds, of a successor


@dataclass(frozen=True, slots=True)
class Store:
    """An HSM in which keys are made: URIs of tokens, of which the first that works is taken."""

    uris: tuple[str, ...] = field(repr=False)  # a PIN may be in them
    engine: str = ""  # -E
    policy: str | None = None  # that wants them there


def _nothing() -> None:
    pass


@dataclass(slots=True)
class Bench:
    """Where keys are made, one after the other until one is good."""

    make: Callable[[KeyFile, int], tuple[bytes, Material]]  # of a size that counts for RSA
    discard: Callable[[], None] = _nothing  # the last one is not good
    keep: Callable[[], None] = _nothing  # the last one has its files


@dataclass(slots=True)
class Request:
    """What the command line asks for. A time option that was given with "none" is in `times` with None."""

    now: int
    algorithm: str | None = None
    bits: int | None = None
    nsec3: bool = False
    legacy: bool = False
    rrclass: str = "IN"
    nametype: str | None = None
    protocol: int = facts.DNSSEC_PROTOCOL
    flags: int = 0  # of SEP and REVOKE
    record: str = "DNSKEY"  # or KEY
    key_type: str | None = None  # of a KEY: AUTHCONF, NOAUTH, NOCONF
    strength: int = 0  # of a KEY
    policy: str | None = None
    policy_file: str | None = None
    roles: frozenset[str] = frozenset()  # K and Z of -f
    state: KeyState | None = None
    directory: str | None = None
    ttl: int | None = None
    tags: range = range(0x10000)
    generate_only: bool = False
    predecessor: str | None = None
    prepublication: int | None = None  # seconds
    quiet: bool = False
    verbosity: int = 0
    times: dict[str, int | None] = field(default_factory=dict)
    engine: str = ""
    store: Store | None = None  # the HSM in which the key is made

    def set_time(self, name: str) -> int | None:
        """A moment that was given."""
        return self.times.get(name)

    def asks_for(self, name: str) -> bool:
        """Was the option given, be it with "none"?"""
        return name in self.times


def make(line: CommandLine, request: Request) -> str:
    """Make the key that was asked for and return the name of its files."""
    rrclass = facts.class_number(request.rrclass)
    if rrclass is None:
        raise FatalError(f"unknown class {request.rrclass}")
    predecessor = None
    if request.predecessor is None:
        key = new_key(line, request)
    else:
        predecessor = load_predecessor(line, request)
        key = successor_key(line, request, predecessor)
    key = replace(key, rrclass=rrclass, ttl=request.ttl, metadata=metadata_of(line, request))
    return generate(line, request, key, predecessor)


def new_key(line: CommandLine, request: Request) -> KeyFile:
    """A key without predecessor, its public key still to come."""
    check_operands(line)
    algorithm = algorithm_of(request)
    owner = owner_of(line)
    if request.nsec3 and algorithm == facts.RSASHA1:
        algorithm = facts.NSEC3RSASHA1
    check_key_type(request)
    set_size(line, request, algorithm)
    if not request.legacy and request.prepublication:
        apply_prepublication(request, request.prepublication)
    return checked(line, request, KeyFile(owner, request.flags, request.protocol, algorithm, b"", None, ""))


def check_operands(line: CommandLine) -> None:
    """There must be one: the owner of the key."""
    if not line.operands:
        raise FatalError("the key name was not specified")
    if len(line.operands) > 1:
        raise FatalError("extraneous arguments")


def owner_of(line: CommandLine) -> bytes:
    """The owner of the key that is to be made."""
    check_operands(line)
    name = line.operands[0]
    try:
        return names.from_text(name)
    except ValueError as error:
        raise FatalError(f"invalid key name {name}: {error}") from None


def algorithm_number_of(request: Request) -> int:
    """The number of -a's algorithm, whether it is one of ours or not."""
    if request.algorithm is None:
        raise FatalError("no algorithm specified")
    algorithm = facts.algorithm_number(request.algorithm)
    if algorithm is None:
        raise FatalError(f"unknown algorithm {request.algorithm}")
    return algorithm


def algorithm_of(request: Request) -> int:
    """The number of -a's algorithm, one that keys can be made for."""
    algorithm = algorithm_number_of(request)
    if algorithm not in facts.SUPPORTED:
        raise FatalError(f"unsupported algorithm: {request.algorithm}")
    return algorithm


def set_size(line: CommandLine, request: Request, algorithm: int) -> None:
    """The default size of an RSA key."""
    if request.bits is None and algorithm in facts.RSA:
        if request.record == "KEY" and (request.key_type or "").upper() == "NOAUTHCONF":
            return  # a null key
        request.bits = RSA_BITS_DEFAULT
        if request.verbosity > 0:
            line.env.stderr.write(f"key size not specified; defaulting to {request.bits}\n")


def checked(line: CommandLine, request: Request, key: KeyFile) -> KeyFile:
    """The key with its final flags; complaints about what is asked of it."""
    algorithm, bits = key.algorithm, request.bits or 0
    if algorithm in facts.DEPRECATED:
        name = facts.algorithm_name(algorithm)
        line.env.stderr.write(
            f"WARNING: DNSKEY algorithm '{name}' is deprecated. Please migrate to another algorithm\n"
        )
    if algorithm in facts.RSA and request.bits is not None and bits not in RSA_BITS:
        raise FatalError(f"RSA key size {bits} out of range")
    if request.record == "KEY":
        return key.with_flags(key_flags(request, bits if algorithm in facts.RSA else 1))
    nametype = "zone" if request.nametype is None else request.nametype.lower()
    if nametype not in ("zone", "other"):
        raise FatalError(f"invalid DNSKEY nametype {request.nametype}")
    if request.protocol != facts.DNSSEC_PROTOCOL:
        raise FatalError(f"invalid DNSKEY protocol: {request.protocol}")
    return key.with_flags((key.flags | request.flags | facts.ZONE) if nametype == "zone" else 0)


# Flags of a KEY (RFC 2535 section 3.1.2, of which RFC 3445 left little).
_KEY_TYPES = {"AUTHCONF": 0, "NOAUTH": 0x8000, "NOCONF": 0x4000, "NOAUTHCONF": 0xC000}
_KEY_OWNERS = {"ZONE": 0x0100, "HOST": 0x0200, "ENTITY": 0x0200, "USER": 0}


def key_flags(request: Request, bits: int) -> int:
    """The flags of a KEY, by -n, -s and -t."""
    if request.nametype is None:
        raise FatalError("no nametype specified")
    owner = request.nametype.upper()
    if owner not in _KEY_OWNERS:
        raise FatalError(f"invalid KEY nametype {request.nametype}")
    kind = (request.key_type or "AUTHCONF").upper()
    if kind == "NOAUTHCONF":
        if bits:
            raise FatalError("specified null key with non-zero size")
        raise FatalError(f"option -t {request.key_type} is not supported by {VERSION}: there is no key to make")
    return _KEY_TYPES[kind] | _KEY_OWNERS[owner] | request.strength


def check_key_type(request: Request) -> None:
    """-t, which counts with -T KEY only."""
    if request.record == "KEY" and request.key_type is not None and request.key_type.upper() not in _KEY_TYPES:
        raise FatalError(f"invalid type {request.key_type}")


def apply_prepublication(request: Request, interval: int) -> None:
    """-i without -S: publication and activation this far apart."""
    publish, activate = request.set_time("publish"), request.set_time("activate")
    if publish is not None and activate is not None and activate - interval < publish:
        raise FatalError("Activation and publication dates are closer together than the\n\tprepublication interval.")
    if activate is None:
        activate = (request.now if publish is None else publish) + interval
    if publish is None:
        publish = activate - interval
    request.times |= {"publish": publish, "activate": activate}
    if activate - interval < request.now:
        raise FatalError("Time until activation is shorter than the\n\tprepublication interval.")


# ---- successors


def load_predecessor(line: CommandLine, request: Request) -> KeyFile:
    """The key of -S, fit to have a successor."""
    name = request.predecessor or ""
    excluded = (
        ("-a", request.algorithm is not None),
        ("-b", request.bits is not None),
        ("-n", request.nametype is not None),
        ("-t", request.key_type is not None),
        ("-P", request.asks_for("publish")),
        ("-A", request.asks_for("activate")),
        ("-3", request.nsec3),
        ("-C", request.legacy),
        ("-G", request.generate_only),
    )
    for option, given in excluded:
        if given:
            raise FatalError(f"-S and {option} cannot be used together")
    try:
        key = read_key(name, line.env.path(request.directory or "."), need_private=True)
    except KeyFileError as error:
        raise FatalError(f"Invalid keyfile {name}: {error.reason}") from None
    if not key.can_sign:
        raise FatalError(f"{name} is not a private key")
    if key.format_version < FORMAT:
        major, minor = key.format_version
        raise FatalError(
            f"Key {key.text} has incompatible format version {major}.{minor}\n"
            "\tIt is not possible to generate a successor key."
        )
    return key


def successor_key(line: CommandLine, request: Request, predecessor: KeyFile) -> KeyFile:
    """A key like the predecessor that becomes active when that one retires."""
    times, text = predecessor.times, predecessor.text
    for moment, word, option in ((times.activate, "activation", "A"), (times.inactive, "inactivation", "I")):
        if moment is None:
            raise FatalError(
                f"Key {text} has no {word} date.\n"
                f"\tYou must use dnssec-settime -{option} to set one before generating a successor."
            )
    activate = times.inactive or 0
    publish = activate - (_PREPUBLICATION if request.prepublication is None else request.prepublication)
    if publish < request.now:
        raise FatalError(
            f"Key {text} becomes inactive\n"
            "\tsooner than the prepublication period for the new key ends.\n"
            "\tEither change the inactivation date with dnssec-settime -I,\n"
            "\tor use the -i option to set a shorter prepublication interval."
        )
    if times.delete is None:
        line.warn(
            f"WARNING: Key {text} has no removal date;\n"
            "\t it will remain in the zone indefinitely after rollover.\n"
            "\t You can use dnssec-settime -D to change this."
        )
    request.times |= {"publish": publish, "activate": activate}
    request.bits = predecessor.bits
    return checked(line, request, replace(predecessor, public_key=b"", private_path=None))


# ---- times, and the making


def metadata_of(line: CommandLine, request: Request) -> Metadata:
    """The times of the new key, with BIND's defaults."""
    if request.legacy:
        if request.times or request.generate_only:
            raise FatalError("cannot use -C together with -P, -A, -R, -I, -D, or -G options")
        return Metadata(format_version=(1, 2))
    moments = dict(request.times)
    publish, activate = request.set_time("publish"), request.set_time("activate")
    if request.generate_only and (publish is not None or activate is not None):
        raise FatalError("cannot use -G together with -P or -A options")
    if not request.generate_only:
        if not request.asks_for("publish"):
            moments["publish"] = request.now if activate is None else activate - (request.prepublication or 0)
        if not request.asks_for("activate"):
            moments["activate"] = request.now
    if request.set_time("revoke") is not None and not request.flags & facts.SEP:
        line.warn("warning: Key is not flagged as a KSK, but -R was used. Revoking a ZSK is legal, but undefined.")
    inactive, delete = request.set_time("inactive"), request.set_time("delete")
    if inactive is not None and delete is not None and delete < inactive:
        line.warn("warning: Key is scheduled to be deleted before it is scheduled to be made inactive.")
    return Metadata(format_version=FORMAT, times=KeyTimes(created=request.now, **moments), state=request.state)


def generate(line: CommandLine, request: Request, key: KeyFile, predecessor: KeyFile | None) -> str:
    """Make the key, and again while its tag is not to be had; write it and return its name."""
    directory = request.directory or "."
    problems: list[KeyFileError] = []
    taken = tags_in_use(key.name, key.algorithm, line.env.path(directory), problems)
    for problem in problems:
        line.warn(f"warning: dns_dnssec_findmatchingkeys: error reading key file {problem}")
    with bench_of(line, request) as bench:
        key, material = draw(line, request, key, taken, bench)
        name = finish(line, request, key, material, predecessor)
        bench.keep()
        return name


def bench_of(line: CommandLine, request: Request) -> AbstractContextManager[Bench]:
    """Where the key is made: here, or in an HSM."""
    if request.store is not None:
        from fastsign.cli.compat.keygen_hsm import hsm_bench

        return hsm_bench(line, request.store)
    return nullcontext(Bench(lambda key, bits: make_key(key.algorithm, bits)))


def finish(
    line: CommandLine, request: Request, key: KeyFile, material: Material, predecessor: KeyFile | None
) -> str:
    """Write a key that is good, and what its predecessor has to say of it; returns its name."""
    directory = request.directory or "."
    if predecessor is not None:
        key = replace(key, metadata=replace(key.metadata, predecessor=predecessor.tag))
        predecessor = replace(predecessor, metadata=replace(predecessor.metadata, successor=key.tag))
        warn_of_permissions(line, in_folder(directory, file_name(predecessor)) + ".private")
        # First, as in BIND: a successor that was made in vain would be published and sign beside the next one.
        try:
            rewrite_key(predecessor)
        except KeyFileError as error:
            raise FatalError(f"failed to update predecessor {predecessor.text}: {error.reason}\n") from None
    try:
        return write_key(key, material, line.env.path(directory), record=request.record)
    except KeyFileError as error:
        raise FatalError(f"failed to write key {key.text}: {error.reason}\n") from None


def draw(
    line: CommandLine, request: Request, key: KeyFile, taken: dict[int, int], bench: Bench
) -> tuple[KeyFile, Material]:
    """A key whose tag, now and once it is revoked, is in the range asked for and no other key's."""
    if all(tag in taken for tag in request.tags):
        raise FatalError(f"no key tag is left for {names.to_message(key.owner)} in {request.directory or '.'}")
    while True:
        if not request.quiet:
            line.env.stderr.write("Generating key pair.")
            line.env.stderr.flush()
        public_key, material = bench.make(key, request.bits or 0)
        if not request.quiet:
            line.env.stderr.write("\n")
        key = replace(key, public_key=public_key)
        objection = tag_objection(key, request, taken)
        if objection is None:
            return key, material
        for _, value in material:
            value[:] = bytes(len(value))
        bench.discard()
        line.env.stderr.write(objection)
        if request.verbosity > 0:
            path = in_folder(request.directory or ".", file_name(key))
            line.warn(
                f"{path} already exists, or might collide with another key upon revokation.  Generating a new key"
            )


def tag_objection(key: KeyFile, request: Request, taken: dict[int, int]) -> str | None:
    """What is to be said of a key whose tag is not to be had, which may be nothing; None if it is."""
    tag, later = key.tag, facts.revoked_tag(key.rdata)
    bounds = f"outside of [{request.tags[0]}..{request.tags[-1]}]\n"
    if tag not in request.tags:
        return f"Key ID {tag} {bounds}"
    if later not in request.tags:
        return f"Revoked Key ID {later} (for tag {tag}) {bounds}"
    if tag not in taken and later not in taken:
        return None
    if request.verbosity < 2:
        return ""
    other = taken.get(tag, taken.get(later))
    return f"Key ID {tag} exists\n" if other == tag else f"Key ID {tag} could collide with {other}\n"
