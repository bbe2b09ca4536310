"""What dnssec-keygen does once its command line is read: check the request, make the key, write its files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fastsign.cli.compat.common import CommandLine, FatalError
from fastsign.errors import KeyFileError
from fastsign.keys import facts, names
from fastsign.keys.files import KeyFile, read_key, tags_in_use
from fastsign.keys.generate import RSA_BITS, RSA_BITS_DEFAULT, make_key
from fastsign.keys.metadata import FORMAT, KeyTimes, Metadata
from fastsign.keys.write import Material, rewrite_key, write_key

_PREPUBLICATION = 30 * 86400  # seconds, of a successor


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
    directory: str | None = None
    ttl: int | None = None
    tags: range = range(0x10000)
    generate_only: bool = False
    predecessor: str | None = None
    prepublication: int | None = None  # seconds
    quiet: bool = False
    verbosity: int = 0
    times: dict[str, int | None] = field(default_factory=dict)

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
    operands = line.operands
    if not operands:
        raise FatalError("the key name was not specified")
    if len(operands) > 1:
        raise FatalError("extraneous arguments")
    algorithm = algorithm_of(request)
    try:
        owner = names.from_text(operands[0])
    except ValueError as error:
        raise FatalError(f"invalid key name {operands[0]}: {error}") from None
    if request.nsec3 and algorithm == facts.RSASHA1:
        algorithm = facts.NSEC3RSASHA1
    set_size(line, request, algorithm)
    if not request.legacy and request.prepublication:
        apply_prepublication(request, request.prepublication)
    return checked(line, request, KeyFile(owner, request.flags, request.protocol, algorithm, b"", None, ""))


def algorithm_of(request: Request) -> int:
    """The number of -a's algorithm."""
    if request.algorithm is None:
        raise FatalError("no algorithm specified")
    algorithm = facts.algorithm_number(request.algorithm)
    if algorithm is None:
        raise FatalError(f"unknown algorithm {request.algorithm}")
    if algorithm not in facts.SUPPORTED:
        raise FatalError(f"unsupported algorithm: {request.algorithm}")
    return algorithm


def set_size(line: CommandLine, request: Request, algorithm: int) -> None:
    """The default size of an RSA key."""
    if request.bits is None and algorithm in facts.RSA:
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
    if algorithm in facts.RSA and bits not in RSA_BITS:
        raise FatalError(f"RSA key size {bits} out of range")
    nametype = (request.nametype or "zone").lower()
    if nametype not in ("zone", "other"):
        raise FatalError(f"invalid DNSKEY nametype {request.nametype}")
    if request.protocol != facts.DNSSEC_PROTOCOL:
        raise FatalError(f"invalid DNSKEY protocol: {request.protocol}")
    return key.with_flags((key.flags | request.flags | facts.ZONE) if nametype == "zone" else 0)


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
    return Metadata(format_version=FORMAT, times=KeyTimes(created=request.now, **moments))


def generate(line: CommandLine, request: Request, key: KeyFile, predecessor: KeyFile | None) -> str:
    """Make the key, and again while its tag is not to be had; write it and return its name."""
    directory = request.directory or "."
    taken = tags_in_use(key.name, key.algorithm, line.env.path(directory))
    if not request.quiet:
        line.env.stderr.write("Generating key pair.")
        line.env.stderr.flush()
    key, material = draw(line, request, key, taken)
    if not request.quiet:
        line.env.stderr.write("\n")
    if predecessor is not None:
        key = replace(key, metadata=replace(key.metadata, predecessor=predecessor.tag))
    name = write_key(key, material, line.env.path(directory))
    if predecessor is not None:
        rewrite_key(replace(predecessor, metadata=replace(predecessor.metadata, successor=key.tag)))
    return name


def draw(line: CommandLine, request: Request, key: KeyFile, taken: set[int]) -> tuple[KeyFile, Material]:
    """A key whose tag, now and once it is revoked, is in the range asked for and no other key's."""
    if taken.issuperset(request.tags):
        raise FatalError(f"no key tag is left for {names.to_message(key.owner)} in {request.directory or '.'}")
    while True:
        public_key, material = make_key(key.algorithm, request.bits or 0)
        key = replace(key, public_key=public_key)
        tags = {key.tag, facts.revoked_tag(key.rdata)}
        if taken.isdisjoint(tags) and all(tag in request.tags for tag in tags):
            return key, material
        for _, value in material:
            value[:] = bytes(len(value))
        if request.verbosity > 0:
            path = f"{request.directory or '.'}/{names.key_file_name(key.name, key.algorithm, key.tag)}"
            line.warn(
                f"{path} already exists, or might collide with another key upon revokation.  Generating a new key"
            )
