# raw: BIND's raw master format to the arena.

cdef extern from "raw_read.h" nogil:
    ctypedef struct fs_raw_header:
        uint32_t version
        uint32_t dump_time
        uint32_t flags
        uint32_t source_serial

    enum:
        FS_RAW_SERIAL_SET

    fs_status fs_read_raw(const fs_scan_options *options, const fs_scan_columns *columns, fs_scan_result *result,
                          fs_raw_header *header, fs_error *error)
    fs_status fs_raw_check(uint16_t type, const uint8_t *rdata, uint32_t length, fs_error *error)

cdef extern from "rrtypes.h" nogil:
    void fs_canonical_rdata(uint16_t type, const uint8_t *rdata, uint16_t length, uint8_t *out)


def read_raw(path, bytes origin, arena, int rrclass=1):
    """Append the records of the file *path* in BIND's raw format to *arena*: (octets read, source serial or None).

    *origin* is the zone's name in wire form. Raises RawFormatError in BIND's words, ZoneSyntaxError if the file can't be
    opened; the arena then is as it was.
    """
    cdef bytes name = _os.fsencode(path)
    cdef fs_scan_options options
    cdef fs_scan_columns columns
    cdef fs_scan_result result
    cdef fs_raw_header header
    cdef fs_error error
    cdef fs_status status
    if b"\0" in name:
        raise ValueError("embedded null byte")
    memset(&options, 0, sizeof(options))
    memset(&result, 0, sizeof(result))
    memset(&header, 0, sizeof(header))
    memset(&error, 0, sizeof(error))
    options.path = name
    options.origin = _origin_of(origin)
    options.rrclass = rrclass
    options.stop_at = <uint64_t>-1
    columns = _columns_of(arena)
    with nogil:
        status = fs_read_raw(&options, &columns, &result, &header, &error)
    if status == FS_ERROR_SYNTAX and error.number == 0 and error.file[0] == 0:
        raise _errors.RawFormatError(error.message.decode("utf-8", "replace"))
    check(status, &error)
    return result.octets, header.source_serial if header.flags & FS_RAW_SERIAL_SET else None


def check_rdata(uint16_t rrtype, bytes rdata):
    """RawFormatError, in BIND's words, unless *rdata* is well formed for its type, and the type one that zones hold."""
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    if fs_raw_check(rrtype, <const uint8_t *>rdata, <uint32_t>len(rdata), &error) != FS_OK:
        raise _errors.RawFormatError(error.message.decode("utf-8", "replace"))


def canonical_rdata(uint16_t rrtype, bytes rdata):
    """Well-formed RDATA in canonical form (RFC 4034 section 6.2): equal records are equal octets."""
    cdef bytearray canonical = bytearray(len(rdata) or 1)
    if len(rdata) > 65535:
        raise ValueError("RDATA has at most 65,535 octets")
    fs_canonical_rdata(rrtype, <const uint8_t *>rdata, <uint16_t>len(rdata), <uint8_t *><char *>canonical)
    return bytes(canonical[:len(rdata)])
