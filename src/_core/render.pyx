# The signed zone as text, octet for octet as BIND's dnssec-signzone writes it.

cdef extern from "render.h" nogil:
    ctypedef struct fs_style:
        uint8_t once
        uint16_t rrclass

    const fs_style *fs_styles

    enum:
        FS_STYLE_RAW, FS_STYLE_RELATIVE, FS_STYLE_COUNT

    ctypedef struct fs_render_input:
        const fs_arena *arena
        const fs_order *order
        const fs_chain *chain
        const fs_retained *retained
        const uint8_t *apex
        const fs_signer *signers
        const uint8_t **rows
        const uint64_t *row_sizes
        uint32_t signer_count
        const fs_style *style
        const uint16_t *only
        uint32_t only_count

    fs_status fs_render_nodes(const fs_render_input *input, uint32_t first, uint32_t last, fs_column *out, fs_error *error)
    fs_status fs_render_chain(const fs_render_input *input, uint32_t first, uint32_t last, fs_column *out, fs_error *error)
    fs_status fs_write_zone(const fs_render_input *input, uint32_t now, int fd, fs_column *room, uint64_t *octets,
                            fs_error *error)
    char *fs_rdata_to_text(char *at, uint16_t type, const uint8_t *rdata, uint32_t length, const fs_style *style)
    char *fs_line_head(char *at, const uint8_t *owner, uint32_t ttl, int with_class, uint16_t type, const fs_style *style)
    uint64_t fs_record_room(uint32_t rdata_length)
    size_t fs_name_to_text(const uint8_t *name, char *text)

cdef extern from "base64.h" nogil:
    ctypedef char *fs_base64_encoder(char *text, const uint8_t *octets, size_t n)
    fs_base64_encoder *fs_base64_variant(unsigned int i, const char **name)
    enum:
        FS_BASE64_SLACK


cdef const fs_style *style_of(int style) except NULL:
    if not 0 <= style < FS_STYLE_COUNT:
        raise ValueError("a style is 0 (text), 1 (full), 2 (dsset), 3 (raw) or 4 (relative)")
    return &fs_styles[style]


cdef const fs_style *text_style_of(int style) except NULL:
    if style == FS_STYLE_RAW:
        raise ValueError("the style raw is not one of text")
    return style_of(style)


cdef int render_range(object arena, object order, object chain, int style, bytes apex, object signers, object rows,
                      uint32_t first, uint32_t last, Column out, object retained, object only, bint is_chain) except -1:
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_arena records = arena_of(arena)
    cdef fs_order nodes = order_of(order)
    cdef fs_chain entries = chain_of(chain)
    cdef fs_retained kept = retained_of(retained, &nodes, &entries)
    cdef fs_signer with_signers[FS_SIGNERS_MAX]
    cdef const uint8_t *signatures[FS_SIGNERS_MAX]
    cdef uint64_t sizes[FS_SIGNERS_MAX]
    cdef fs_render_input source
    cdef uint16_t only_types[16]
    cdef fs_status status
    check_name(apex)
    if style == FS_STYLE_RELATIVE:
        raise ValueError("the style relative is for whole zones")
    if len(signers) != len(rows) or len(signers) > FS_SIGNERS_MAX:
        raise ValueError(f"each signer has one column of signatures, and there are at most {FS_SIGNERS_MAX}")
    for i in range(len(signers)):
        with_signers[i] = signer_of(signers[i])
        signatures[i] = <const uint8_t *>items(rows[i], "B", 0)
        sizes[i] = len(rows[i])
    source.arena, source.order, source.chain, source.retained = &records, &nodes, &entries, &kept
    source.apex, source.style = <const uint8_t *><const char *>apex, style_of(style)
    source.signers, source.rows, source.row_sizes = with_signers, signatures, sizes
    source.signer_count = <uint32_t>len(signers)
    if len(only) > 16:
        raise ValueError("at most 16 types can be picked")
    for i in range(len(only)):
        only_types[i] = only[i]
    source.only, source.only_count = only_types if only else NULL, <uint32_t>len(only)
    if first > last or last > (entries.count if is_chain else nodes.node_count):
        raise ValueError("the range is not within the zone")
    if is_chain and entries.kind != 2:
        raise ValueError("the chain is not NSEC3")
    out.check_unviewed()
    if out.item != 1:
        raise ValueError("text goes to a column of B")
    with nogil:
        if is_chain:
            status = fs_render_chain(&source, first, last, &out.column, &error)
        else:
            status = fs_render_nodes(&source, first, last, &out.column, &error)
    return check(status, &error)


def render_nodes(object arena, object order, object chain, int style, bytes apex, object signers, object rows,
                 uint32_t first, uint32_t last, Column out, object retained=None, object only=()):
    """Write the nodes [first, last) as text to *out* and return its length; what *out* held before is overwritten.

    style is 0 (BIND's -O text), 1 (-O full) or 3 (-O raw, without the file's header). *rows* has for each of *signers* the
    column (B) of its signatures of this range,
    in the order of digest_nodes; ValueError unless they are used up exactly. RRSIGs that are in the zone already and cover a
    signed RRset stand among the new ones, in canonical order. *apex*: the origin's wire name as the operator spells it. With
    *only*, types of RRsets, nothing is written but these and RRSIGs, each RRset with its owner.
    """
    render_range(arena, order, chain, style, apex, signers, rows, first, last, out, retained, only, False)
    return len(out)


def render_chain(object arena, object order, object chain, int style, bytes apex, object signers, object rows,
                 uint32_t first, uint32_t last, Column out, object retained=None, object only=()):
    """As render_nodes, of the NSEC3 entries [first, last)."""
    render_range(arena, order, chain, style, apex, signers, rows, first, last, out, retained, only, True)
    return len(out)


def write_zone(object arena, object order, int style, bytes apex, int fd, uint16_t rrclass=1, uint32_t now=0):
    """Write the whole zone as it is, nothing signed, to the file *fd*, as named-compilezone does; returns the octets.

    style is 1 (full), 4 (relative) or 3 (raw, without the file's header). Records outside of the zone are left out. *apex*: the
    origin's wire name as the operator spells it. *now*: seconds since 1970, for the comments behind signatures that
    are yet to become valid. OSError if the file can't be written.
    """
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_render_input source
    memset(&source, 0, sizeof(source))
    cdef fs_arena records = arena_of(arena)
    cdef fs_order nodes = order_of(order)
    cdef fs_style layout = style_of(style)[0]
    cdef Column room = Column("B", 0, 2 << 20)
    cdef uint64_t octets = 0
    cdef fs_status status
    check_name(apex)
    check_arena(&records)
    layout.rrclass = rrclass
    source.arena, source.order, source.style = &records, &nodes, &layout
    source.apex = <const uint8_t *><const char *>apex
    with nogil:
        status = fs_write_zone(&source, now, fd, &room.column, &octets, &error)
    check(status, &error)
    return octets


def render_rdata(uint16_t rrtype, bytes rdata, int style=1):
    """RDATA as master-file text; style as in render_nodes. ValueError if it is not well formed for its type."""
    cdef Column room = Column("B", 0, fs_record_room(<uint32_t>len(rdata)))
    cdef char *start = <char *>room.column.data
    cdef const uint8_t *octets = rdata
    cdef char *end = fs_rdata_to_text(start, rrtype, octets, <uint32_t>len(rdata), text_style_of(style))
    if end == NULL:
        raise ValueError(f"the RDATA is malformed for type {rrtype}")
    return start[:end - start]


def render_record(bytes owner, uint16_t rrtype, uint32_t ttl, bytes rdata, int style=1):
    """One record as a line, with its newline; style 2 is that of dsset- files, which leave out the TTL. *owner*: wire."""
    cdef char head[8192]
    check_name(owner)
    cdef const uint8_t *name = owner
    cdef char *end = fs_line_head(head, name, ttl, True, rrtype, text_style_of(style))
    return head[:end - head] + render_rdata(rrtype, rdata, style) + b"\n"


def render_name(bytes name):
    """A wire name as master-file text, absolute, with BIND's escapes."""
    cdef char text[FS_NAME_TEXT_MAX]
    check_name(name)
    cdef size_t length = fs_name_to_text(<const uint8_t *><const char *>name, text)
    return text[:length]


def base64_variants():
    """The names of the base64 encoders that this CPU can run; the last one is in use."""
    cdef const char *name = NULL
    names = []
    while fs_base64_variant(<unsigned int>len(names), &name) != NULL:
        names.append((<bytes>name).decode())
    return names


def base64_encode(bytes octets, str variant):
    """Encode by one variant of base64_variants; all must agree."""
    cdef const char *name = NULL
    cdef fs_base64_encoder *encode = fs_base64_variant(<unsigned int>base64_variants().index(variant), &name)
    cdef Column room = Column("B", 0, (len(octets) + 2) // 3 * 4 + FS_BASE64_SLACK)
    cdef char *start = <char *>room.column.data
    cdef char *end = encode(start, <const uint8_t *><const char *>octets, len(octets))
    return start[:end - start]
