"""The compiled core: kernels over flat columns. One section a part, in the order of core.pyx."""

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Literal, NamedTuple, Protocol

# ---- memory: columns in shared memory

Typecode = Literal["B", "H", "I", "Q"]

class Column:
    """A flat array of unsigned integers in shared memory (1, 2, 4 or 8 octets an item)."""

    def __init__(self, typecode: str, length: int = 0, capacity: int = 0) -> None: ...
    @staticmethod
    def attach(fd: int, typecode: str, length: int) -> Column: ...
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    @property
    def typecode(self) -> str: ...
    @property
    def fd(self) -> int: ...
    def resize(self, length: int) -> None: ...
    def view(self) -> memoryview: ...

# ---- disk: files on their way to it

def begin_writing(fd: int) -> None: ...
def sync_files(fds: Sequence[int]) -> list[int]: ...

# ---- scan: master files to the arena, and single values from text

class _Arena(Protocol):
    @property
    def names(self) -> Column: ...
    @property
    def name_offset(self) -> Column: ...
    @property
    def owner(self) -> Column: ...
    @property
    def rrtype(self) -> Column: ...
    @property
    def ttl(self) -> Column: ...
    @property
    def rdata_offset(self) -> Column: ...
    @property
    def rdata_length(self) -> Column: ...
    @property
    def rdata(self) -> Column: ...

class Scan(NamedTuple):
    """What a scan found besides the records; file and line are those of the last record read.

    *included*: (path, inode, octets, time of the last change in nanoseconds since 1970) of files that were included.
    """

    warnings: list[str]
    octets: int
    records: int
    file: str
    line: int
    reason: str
    breaks: list[int]
    included: list[tuple[str, int, int, int]]

def scan_file(
    path: str | bytes | PathLike[str],
    origin: bytes,
    arena: _Arena,
    rrclass: int = 1,
    stop_at: int = -1,
    now: int = 0,
    window: int = 0,
    ways: int = 0,
    hint: bool = False,
    no_ttl: bool = False,
) -> Scan: ...
def load_as_server(
    path: str | bytes | PathLike[str],
    origin: bytes,
    arena: _Arena,
    rrclass: int = 1,
    now: int = 0,
    checks: int = 0,
    max_ttl: int = 0,
    refusals: Sequence[tuple[int, bool]] = (),
    text: bytes | None = None,
    ways: int = 0,
    window: int = 0,
) -> Scan: ...
def scan_text(
    text: bytes,
    origin: bytes,
    arena: _Arena,
    rrclass: int = 1,
    stop_at: int = -1,
    now: int = 0,
    ways: int = 0,
    name: str = "-",
    includes: bool = True,
) -> Scan: ...
def name_from_text(text: str | bytes, origin: bytes | None = b"\0") -> bytes: ...
def name_to_text(wire: bytes) -> str: ...
def rdata_from_text(rrtype: int, text: bytes, origin: bytes = b"\0", rrclass: int = 1) -> bytes: ...
def rrtype_from_text(text: str | bytes) -> int: ...
def rrtype_to_text(rrtype: int) -> str: ...

# ---- raw: BIND's raw master format to the arena

def read_raw(
    path: str | bytes | PathLike[str], origin: bytes, arena: _Arena, rrclass: int = 1
) -> tuple[int, int | None]: ...
def check_rdata(rrtype: int, rdata: bytes) -> None: ...
def canonical_rdata(rrtype: int, rdata: bytes) -> bytes: ...

# ---- order

def canonical_key(name: bytes) -> bytes: ...
def order_zone(
    arena: object, apex: bytes
) -> tuple[Column, Column, Column, Column, Column, Column, Column, Column, int | None]: ...
def count_type(arena: object, rrtype: int) -> int: ...
def find_rows(arena: object, name: bytes) -> list[int]: ...
def first_expiration(arena: object, now: int) -> int | None: ...
def highest_ttl(arena: object) -> int: ...
def find_signature_makers(arena: object, apex: bytes) -> list[tuple[int, int]]: ...
def cap_ttls(arena: object, limit: int) -> int: ...
def take_out(arena: object, types: Iterable[int]) -> int: ...
def find_conflicts(order: object) -> list[int]: ...
def check_content(arena: object, order: object) -> None: ...

# ---- integrity

class TargetFinding(NamedTuple):
    """A record whose name leads nowhere, or elsewhere."""

    node: int
    row: int
    about: int
    result: int
    target: int | None

def find_problems(
    arena: object, order: object, apex: bytes, about: str, lookups: bool = False
) -> list[TargetFinding]: ...

# ---- denial

def make_chain(
    arena: object, order: object, kind: int, opt_out: bool = False, salt: bytes = b"", iterations: int = 0
) -> tuple[Column, Column, Column, Column, Column, Column]: ...
def type_bitmap(types: Iterable[int]) -> bytes: ...

# ---- nsec3

def nsec3_hash(name: bytes, salt: bytes = b"", iterations: int = 0) -> bytes: ...
def hash_label(digest: bytes) -> bytes: ...

# ---- digest

def digest_length(algorithm: int) -> int: ...
def digest_nodes(
    arena: object,
    order: object,
    chain: object,
    apex: bytes,
    signer: object,
    first: int,
    last: int,
    rows: Column,
    offsets: Column,
    retained: object = None,
    number: int = 0,
) -> int: ...
def digest_chain(
    arena: object,
    order: object,
    chain: object,
    apex: bytes,
    signer: object,
    first: int,
    last: int,
    rows: Column,
    offsets: Column,
    retained: object = None,
    number: int = 0,
) -> int: ...

# ---- zonemd

def zonemd_length(number: int) -> int: ...
def zone_digests(arena: object, order: object, hashes: Sequence[int]) -> dict[int, bytes]: ...

# ---- batch: ECDSA in batches, for tests and benchmarks; curves are named by their bits, 256 or 384

def ec_kernels(bits: int) -> list[str]: ...
def ec_probe(bits: int, kernel: bytes, operation: int, a: bytes, b: bytes) -> bytes: ...
def ec_nonces(bits: int, secret: bytes, order: bytes, digests: bytes, skip: int = 0) -> bytes: ...

class EcKey:
    """A private key; *kernel* names one of ec_kernels, or None for the fastest."""

    def __init__(self, bits: int, secret: bytes, kernel: str | None = None) -> None: ...
    def public(self) -> bytes: ...
    def sign(self, digests: bytes) -> bytes: ...
    def sign_with(self, digests: bytes, nonces: bytes) -> tuple[bytes, bytes]: ...

class EcVerifier:
    """A public key (x|y) with tables for about *expected* signatures."""

    def __init__(self, bits: int, public_key: bytes, expected: int, kernel: str | None = None) -> None: ...
    def verify(self, digests: bytes, signatures: bytes) -> bytes: ...

def ed25519_kernels() -> list[str]: ...
def ed25519_probe(kernel: bytes, operation: int, a: bytes, b: bytes) -> bytes: ...

class Ed25519Key:
    """A private key by its seed; *kernel* names one of ed25519_kernels, or None for the fastest."""

    def __init__(self, seed: bytes, kernel: str | None = None) -> None: ...
    def public(self) -> bytes: ...
    def sign(self, messages: list[bytes]) -> bytes: ...

class Ed25519Verifier:
    """A public key with tables for about *expected* signatures."""

    def __init__(self, public_key: bytes, expected: int, kernel: str | None = None) -> None: ...
    def verify(self, messages: list[bytes], signatures: bytes) -> bytes: ...

# ---- sign

class PrivateKey:
    """A private key of a K*.private file. It can sign; nothing can be read out of it, and it can't be pickled."""

    @staticmethod
    def load(path: str | PathLike[str], algorithm: int, public_key: bytes, engine: str = "") -> PrivateKey: ...
    @property
    def algorithm(self) -> int: ...
    @property
    def signature_length(self) -> int: ...
    @property
    def digest_length(self) -> int: ...
    @property
    def engine(self) -> str: ...
    def sign_digests(self, digests: Column, count: int, signatures: Column) -> None: ...
    def sign_messages(self, messages: Column, offsets: Column, count: int, signatures: Column) -> None: ...

def engines() -> dict[int, list[str]]: ...
def signed_octets(algorithm: int) -> int: ...
def verify_one(algorithm: int, public_key: bytes, data: bytes, signature: bytes) -> bool: ...

# ---- pkcs11: rows signed by a module that is loaded

class HsmSigner:
    """Signs rows by a PKCS #11 module that this process has loaded; may be used by many threads, a session each."""

    def __init__(self, path: str) -> None: ...
    def sign(
        self,
        session: int,
        key: int,
        algorithm: int,
        rows: Column,
        offsets: Column | None,
        first: int,
        last: int,
        width: int,
        signatures: Column,
        progress: Column,
        slot: int,
    ) -> tuple[int, int, str]: ...

# ---- verify

class PublicKeys:
    """The keys of a DNSKEY RRset, ready to verify by."""

    def __init__(self, rdatas: Sequence[bytes], expected: Sequence[int] = (), remember: bool = False) -> None: ...
    def prepare(self, expected: Sequence[int]) -> None: ...
    def __len__(self) -> int: ...
    def facts(self, i: int) -> tuple[int, int, int, int, bool]: ...

def sort_findings(rows: bytearray) -> None: ...
def count_good(keys: PublicKeys, i: int, rows: Column, offsets: Column, count: int, signatures: Column) -> int: ...
def algorithm_bit(algorithm: int) -> int: ...
def algorithm_to_text(algorithm: int) -> str | None: ...
def verify_survey(subject: object) -> tuple[Column, int | None, int, bytes]: ...
def verify_index_chain(subject: object, survey: object, index: object) -> int: ...
def verify_signs_apex(subject: object, survey: object, keys: PublicKeys, key: int, rrtype: int) -> bool: ...
def verify_count_signatures(arena: object, keys: PublicKeys) -> list[int]: ...
def verify_range(
    subject: object, survey: object, keys: PublicKeys, first: int, last: int
) -> tuple[tuple[int, int, int, int], bytes]: ...
def verify_close_chain(subject: object, survey: object, chain: int) -> bytes: ...
def verify_zone_digests(subject: object, survey: object, hashes: Sequence[int]) -> tuple[dict[int, bytes], bytes]: ...

# ---- image

def image_index(rows: Column, count: int, keys: PublicKeys) -> Column: ...
def write_image(
    arena: object,
    order: object,
    chain: object,
    retained: object,
    apex: bytes,
    signers: Sequence[object],
    rows: Sequence[Column],
    key_of_signer: Sequence[int],
    key_of_old: Sequence[int],
    now: int,
    is_chain: bool,
    first: int,
    last: int,
    out: Column,
) -> tuple[int, int]: ...

# ---- retain

def retain_range(
    arena: object,
    order: object,
    chain: object,
    retained: object,
    apex: bytes,
    keys: PublicKeys,
    uses: Sequence[object],
    now: int,
    cycle: int,
    first: int,
    last: int,
) -> tuple[int, int, int, int, int]: ...
def retain_of_image(
    arena: object,
    order: object,
    chain: object,
    retained: object,
    apex: bytes,
    keys: PublicKeys,
    uses: Sequence[object],
    now: int,
    cycle: int,
    image: object,
    is_verified: bool,
    is_chain: bool,
    first: int,
    last: int,
) -> tuple[int, int, int, int, int]: ...

# ---- spread

def spread_change(
    arena: object,
    order: object,
    chain: object,
    retained: object,
    apex: bytes,
    signers: Sequence[object],
    late: Sequence[int],
    leaving: Sequence[tuple[int, int]],
    budget: int,
) -> tuple[int, int, list[int], list[int]]: ...

# ---- render

def render_nodes(
    arena: object,
    order: object,
    chain: object,
    style: int,
    apex: bytes,
    signers: Sequence[object],
    rows: Sequence[Column],
    first: int,
    last: int,
    out: Column,
    retained: object = None,
    only: Sequence[int] = (),
) -> int: ...
def render_chain(
    arena: object,
    order: object,
    chain: object,
    style: int,
    apex: bytes,
    signers: Sequence[object],
    rows: Sequence[Column],
    first: int,
    last: int,
    out: Column,
    retained: object = None,
    only: Sequence[int] = (),
) -> int: ...
def write_zone(
    arena: object, order: object, style: int, apex: bytes, fd: int, rrclass: int = 1, now: int = 0
) -> int: ...
def render_rdata(rrtype: int, rdata: bytes, style: int = 1) -> bytes: ...
def render_record(owner: bytes, rrtype: int, ttl: int, rdata: bytes, style: int = 1) -> bytes: ...
def render_name(name: bytes) -> bytes: ...
def base64_variants() -> list[str]: ...
def base64_encode(octets: bytes, variant: str) -> bytes: ...
