# scan: master files to the arena, and single values from text.

from libc.stdlib cimport calloc, free  # no-cython-lint

from collections import namedtuple as _namedtuple

cdef extern from "scan.h" nogil:
    ctypedef struct fs_scan_columns:
        fs_column *names
        fs_column *name_offset
        fs_column *owner
        fs_column *type
        fs_column *ttl
        fs_column *rdata_offset
        fs_column *rdata_length
        fs_column *rdata

    ctypedef struct fs_scan_refusal:
        uint32_t row
        uint16_t beside_cname

    ctypedef struct fs_scan_options:
        const char *path
        const uint8_t *text
        uint64_t text_length
        const uint8_t *origin
        uint64_t stop_at
        uint64_t window
        uint32_t now
        uint16_t rrclass
        uint8_t hint
        uint8_t no_ttl
        uint8_t no_include
        uint8_t ways
        uint8_t zone
        uint8_t checks
        uint32_t max_ttl
        fs_scan_refusal *refusals
        uint32_t refusal_count

    ctypedef struct fs_scan_included:
        char *path
        uint64_t inode
        uint64_t octets
        int64_t modified

    ctypedef struct fs_scan_result:
        uint64_t octets
        uint64_t records
        uint64_t line
        char file[512]
        char *warnings
        uint64_t warnings_size
        uint64_t warnings_lost
        uint32_t *breaks
        uint32_t break_count
        char reason[64]
        fs_scan_included *included
        uint32_t included_count

    fs_status fs_scan(const fs_scan_options *options, const fs_scan_columns *columns, fs_scan_result *result, fs_error *error)
    void fs_scan_free(fs_scan_result *result)
    fs_status fs_scan_rdata(uint16_t rrclass, uint16_t type, const uint8_t *text, uint64_t text_length, const uint8_t *origin,
                            uint8_t *rdata, uint32_t *rdata_length, fs_error *error)
    int32_t fs_scan_type(const uint8_t *text, size_t length)
    fs_status fs_scan_name(const uint8_t *text, size_t length, const uint8_t *origin, uint8_t *name, uint32_t *name_length,
                           fs_error *error)

cdef extern from "rrtypes.h" nogil:
    size_t fs_rrtype_to_text(uint16_t type, char *text)
    enum:
        FS_NAME_TEXT_MAX
    size_t fs_name_to_text(const uint8_t *name, char *text)


Scan = _namedtuple("Scan", "warnings octets records file line reason breaks included")


cdef fs_column *_growing(Column column, str typecode) except NULL:
    """The C column of a Column that the scanner will make longer."""
    items(column, typecode, 0)
    column.check_unviewed()
    return &column.column


cdef int _check_name(bytes wire) except -1:
    """A whole, uncompressed wire name and nothing behind it."""
    cdef const uint8_t *octets = wire
    cdef Py_ssize_t at = 0, length = len(wire)
    while at < length and octets[at] != 0:
        if octets[at] > 63:
            raise ValueError("a label is longer than 63 octets")
        at += 1 + octets[at]
    if length > FS_NAME_MAX or at != length - 1:
        raise ValueError("not a name in wire form")
    return 0


cdef list _warnings(fs_scan_result *result):
    cdef list lines = []
    if result.warnings_size:
        lines = result.warnings[: result.warnings_size - 1].decode("utf-8", "surrogateescape").split("\0")
    if result.warnings_lost:
        lines.append(f"{result.warnings_lost} more warnings")
    return lines


cdef list _included(fs_scan_result *result):
    """(path, inode, octets, nanoseconds since 1970) of the files that were included."""
    cdef fs_scan_included *file
    cdef list files = []
    for i in range(result.included_count):
        file = &result.included[i]
        files.append((_os.fsdecode(<bytes>file.path), file.inode, file.octets, file.modified))
    return files


cdef const uint8_t *_origin_of(bytes origin) except NULL:
    _check_name(origin)
    return <const uint8_t *>origin


cdef fs_scan_columns _columns_of(object arena) except *:
    """An arena's columns, to be made longer."""
    cdef fs_scan_columns columns
    arena_of(arena)                                  # all record columns must be of one length
    columns.names = _growing(arena.names, "B")
    columns.name_offset = _growing(arena.name_offset, "Q")
    columns.owner = _growing(arena.owner, "I")
    columns.type = _growing(arena.rrtype, "H")
    columns.ttl = _growing(arena.ttl, "I")
    columns.rdata_offset = _growing(arena.rdata_offset, "Q")
    columns.rdata_length = _growing(arena.rdata_length, "H")
    columns.rdata = _growing(arena.rdata, "B")
    return columns


cdef object _scan(fs_scan_options *options, bytes origin, object arena):
    cdef fs_error error
    cdef fs_scan_result result
    cdef fs_scan_columns columns = _columns_of(arena)
    cdef fs_status status
    memset(&error, 0, sizeof(error))
    memset(&result, 0, sizeof(result))
    options.origin = _origin_of(origin)
    try:
        with nogil:
            status = fs_scan(options, &columns, &result, &error)
        check(status, &error)
        return Scan(_warnings(&result), result.octets, result.records, _os.fsdecode(<bytes>result.file), result.line,
                    (<bytes>result.reason).decode(), [result.breaks[i] for i in range(result.break_count)],
                    _included(&result))
    finally:
        fs_scan_free(&result)


def scan_file(path, bytes origin, arena, int rrclass=1, long long stop_at=-1, uint32_t now=0, uint64_t window=0,
              uint8_t ways=0, bint hint=False, bint no_ttl=False):
    """Append the records of the master file *path* ("-": standard input) to *arena*, in the order they stand in it.

    *origin* is the zone's name in wire form. With *stop_at* of 0 or more, stop after that row of the arena: the result's
    file and line are its.
    With *now* (seconds since 1970), warn of expired signatures. With *hint* the TTL is 0 until one is stated, with
    *no_ttl* wherever neither the record nor $TTL states one. *window* and *ways* are for tests and make no difference to the
    result: octets of the first window, and which code reads common lines (0: with vectors, 1: without, 2: that for all other
    lines). Raises ZoneSyntaxError in BIND's words; the arena then is as it was.
    """
    cdef bytes name = _os.fsencode(path)
    cdef fs_scan_options options
    if b"\0" in name:
        raise ValueError("embedded null byte")
    memset(&options, 0, sizeof(options))
    options.path = name
    options.rrclass = rrclass
    options.stop_at = <uint64_t>stop_at                # -1: all of them
    options.now = now
    options.window = window
    options.hint = hint
    options.no_ttl = no_ttl
    options.ways = ways
    return _scan(&options, origin, arena)


def load_as_server(path, bytes origin, arena, int rrclass=1, uint32_t now=0, int checks=0, uint32_t max_ttl=0,
                   refusals=(), bytes text=None, uint8_t ways=0, uint64_t window=0):
    """As scan_file, but as a server loads its zone: it goes on behind what is wrong.

    What is wrong is told among the result's warnings, whole lines in BIND's words and order, and `reason` is why the zone
    is to be refused, "" if it is not. Records outside of the zone are left out. *checks* are FS_CHECK_* of scan.h.
    *refusals*: (row, beside a CNAME?) of records that the zone can't hold, to be told of at the end of their blocks.
    `breaks` are the rows that begin a block of records though the row before has the same owner.
    With *text*, that is read, and *path* is only what messages call it.
    """
    cdef bytes name = _os.fsencode(path)
    cdef fs_scan_options options
    cdef uint32_t count = <uint32_t>len(refusals)
    cdef fs_scan_refusal *refused = <fs_scan_refusal *>calloc(count + 1, sizeof(fs_scan_refusal))
    if refused == NULL:
        raise MemoryError()
    try:
        if b"\0" in name:
            raise ValueError("embedded null byte")
        for i in range(count):
            refused[i].row, refused[i].beside_cname = refusals[i]
        memset(&options, 0, sizeof(options))
        options.path = name
        if text is not None:
            options.text, options.text_length = <const uint8_t *>text, len(text)
        options.rrclass, options.now, options.stop_at = rrclass, now, <uint64_t>-1
        options.ways, options.window = ways, window
        options.zone, options.checks, options.max_ttl = 1, checks, max_ttl
        options.refusals, options.refusal_count = refused, count
        return _scan(&options, origin, arena)
    finally:
        free(refused)


def scan_text(bytes text, bytes origin, arena, int rrclass=1, long long stop_at=-1, uint32_t now=0, uint8_t ways=0,
              str name="-", bint includes=True):
    """As scan_file, from *text*, which messages call *name*. Without *includes*, $INCLUDE is an error."""
    cdef bytes called = _os.fsencode(name)
    cdef fs_scan_options options
    memset(&options, 0, sizeof(options))
    options.path = called
    options.text = <const uint8_t *>text
    options.text_length = len(text)
    options.rrclass = rrclass
    options.stop_at = <uint64_t>stop_at                # -1: all of them
    options.now = now
    options.no_include = not includes
    options.ways = ways
    return _scan(&options, origin, arena)


def name_from_text(text, bytes origin=b"\0"):
    """Wire form of a name; a relative one is completed by *origin* (None: it is an error). ZoneSyntaxError in BIND's words."""
    cdef bytes octets = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    cdef uint8_t wire[256]
    cdef uint32_t length = 0
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef const uint8_t *completion = NULL
    if origin is not None:
        _check_name(origin)
        completion = origin
    check(fs_scan_name(<const uint8_t *>octets, len(octets), completion, wire, &length, &error), &error)
    return (<const char *>wire)[:length]


def name_to_text(bytes wire):
    """Text of a wire name, with BIND's escapes and a final dot."""
    cdef char text[FS_NAME_TEXT_MAX]
    _check_name(wire)
    return text[: fs_name_to_text(<const uint8_t *>wire, text)].decode("ascii")


def rdata_from_text(int rrtype, bytes text, bytes origin=b"\0", int rrclass=1):
    """RDATA of a type in wire form from its text; names in it are completed by *origin*. ZoneSyntaxError in BIND's words."""
    cdef uint32_t length = 0
    cdef fs_error error
    cdef bytearray rdata = bytearray(65535 + 64)
    memset(&error, 0, sizeof(error))
    _check_name(origin)
    check(fs_scan_rdata(rrclass, rrtype, <const uint8_t *>text, len(text), <const uint8_t *>origin,
                        <uint8_t *><char *>rdata, &length, &error), &error)
    return bytes(rdata[:length])


def rrtype_from_text(text):
    """Number of a type from its mnemonic or TYPEnnn; ValueError if it is neither."""
    cdef bytes octets = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    cdef int32_t number = fs_scan_type(<const uint8_t *>octets, len(octets))
    if number < 0:
        raise ValueError(f"unknown RR type {text!r}")
    return number


def rrtype_to_text(int rrtype):
    """Mnemonic of a type, or TYPEnnn."""
    cdef char text[16]
    return text[: fs_rrtype_to_text(rrtype, text)].decode("ascii")
