# Canonical order: nodes and RRsets from an arena.

cdef extern from "order.h" nogil:
    ctypedef struct fs_groups:
        uint32_t *node_rrset
        uint16_t *rrset_type
        uint32_t *rrset_ttl
        uint32_t *rrset_owner
        uint32_t *rrset_first
        uint32_t *record
        uint32_t rrset_count
        uint32_t record_count

    fs_status fs_order_names(const fs_arena *arena, uint32_t *node_of_name, uint32_t *node_name, uint32_t *node_count,
                             fs_error *error)
    fs_status fs_group_records(const fs_arena *arena, const uint32_t *node_of_name, uint32_t node_count, fs_groups *groups,
                               fs_error *error)
    void fs_classify_nodes(const fs_arena *arena, const fs_order *order, const uint8_t *apex, uint8_t *node_flags,
                           uint32_t *apex_node)

cdef extern from "names.h" nogil:
    uint32_t fs_canonical_key(const uint8_t *name, uint8_t *key)


cdef int check_name(bytes wire) except -1:
    """Raise ValueError unless the octets are one uncompressed wire name (RFC 1035 section 3.1)."""
    cdef const unsigned char *p = wire
    cdef Py_ssize_t size = len(wire), at = 0
    while at < size and at < FS_NAME_MAX and p[at] != 0:
        if p[at] > 63:
            raise ValueError("a label has at most 63 octets")
        at += 1 + p[at]
    if at != size - 1 or size > FS_NAME_MAX:
        raise ValueError("not a wire name")
    return 0


cdef int check_arena(const fs_arena *arena) except -1:
    """Raise ValueError unless every record's owner, name and RDATA lie inside their pools: after this C may trust them."""
    cdef uint64_t i, at, bad = 0
    with nogil:
        for i in range(arena.name_count):
            at = arena.name_offset[i]
            if at >= arena.names_size or at + 1 + arena.names[at] > arena.names_size:
                bad = 1
                break
        for i in range(arena.record_count):
            if arena.owner[i] >= arena.name_count or arena.rdata_offset[i] + arena.rdata_length[i] > arena.rdata_size:
                bad = 1
                break
    if bad:
        raise ValueError("a record of the arena points outside its pools")
    return 0


def canonical_key(bytes name):
    """The order-preserving key of a wire name: comparing keys is comparing names as RFC 4034 section 6.1 does."""
    cdef uint8_t key[255]
    check_name(name)
    return key[:fs_canonical_key(<const uint8_t *><const char *>name, key)]


cdef uint32_t *u32(Column column):
    return <uint32_t *>column.column.data


def order_zone(object arena, bytes apex):
    """Sort an arena into nodes and RRsets.

    Returns (node_name, node_flags, node_rrset, rrset_type, rrset_ttl, rrset_owner, rrset_first, record, apex node or None), the
    fields of fastsign.zone.order.Order. ZoneError if an RRset is too large.
    """
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_arena view = arena_of(arena)
    cdef fs_groups groups
    cdef fs_status status
    cdef uint32_t nodes = 0, apex_node = 0
    cdef uint64_t rows = view.record_count
    check_name(apex)
    check_arena(&view)

    cdef Column node_of_name = Column("I", view.name_count), node_name = Column("I", view.name_count)
    cdef uint32_t *node_of_name_data = u32(node_of_name)
    cdef uint32_t *node_name_data = u32(node_name)
    with nogil:
        status = fs_order_names(&view, node_of_name_data, node_name_data, &nodes, &error)
    check(status, &error)
    node_name.resize(nodes)

    cdef Column node_rrset = Column("I", nodes + 1), record = Column("I", rows), rrset_type = Column("H", rows)
    cdef Column rrset_ttl = Column("I", rows), rrset_owner = Column("I", rows), rrset_first = Column("I", rows + 1)
    memset(&groups, 0, sizeof(groups))
    groups.node_rrset, groups.rrset_type = u32(node_rrset), <uint16_t *>rrset_type.column.data
    groups.rrset_ttl, groups.rrset_owner = u32(rrset_ttl), u32(rrset_owner)
    groups.rrset_first, groups.record = u32(rrset_first), u32(record)
    with nogil:
        status = fs_group_records(&view, node_of_name_data, nodes, &groups, &error)
    check(status, &error)
    for column in (rrset_type, rrset_ttl, rrset_owner):
        column.resize(groups.rrset_count)
    rrset_first.resize(groups.rrset_count + 1)
    record.resize(groups.record_count)

    cdef Column node_flags = Column("B", nodes)
    cdef fs_order order
    order.node_name, order.node_flags, order.node_rrset = u32(node_name), node_flags.column.data, u32(node_rrset)
    order.rrset_type, order.rrset_ttl = <uint16_t *>rrset_type.column.data, u32(rrset_ttl)
    order.rrset_owner, order.rrset_first, order.record = u32(rrset_owner), u32(rrset_first), u32(record)
    order.node_count, order.rrset_count = nodes, groups.rrset_count
    cdef const uint8_t *apex_name = <const uint8_t *><const char *>apex
    with nogil:
        fs_classify_nodes(&view, &order, apex_name, node_flags.column.data, &apex_node)
    return (node_name, node_flags, node_rrset, rrset_type, rrset_ttl, rrset_owner, rrset_first, record,
            None if apex_node == 0xFFFFFFFF else apex_node)


# ----------- Passes over all records --------------------------------------------

cdef extern from "select.h" nogil:
    uint32_t fs_count_type(const fs_arena *arena, uint16_t type)
    uint32_t fs_find_rows(const fs_arena *arena, const uint8_t *name, uint32_t length, uint32_t *rows, uint32_t limit)
    void fs_find_makers(const fs_arena *arena, const uint8_t *apex, uint8_t *makers)
    int32_t fs_first_expiration(const fs_arena *arena, uint32_t now)
    uint32_t fs_highest_ttl(const fs_arena *arena)
    uint32_t fs_cap_ttls(const fs_arena *arena, uint32_t limit, uint32_t *ttl_column)
    uint32_t fs_take_out(const fs_arena *arena, const uint8_t *types, uint16_t *type_column)
    uint32_t fs_find_conflicts(const fs_order *order, uint32_t *nodes, uint32_t limit)
    fs_status fs_check_content(const fs_arena *arena, const fs_order *order, fs_error *error)


def count_type(object arena, uint16_t rrtype):
    """Records of a type in the arena; of type 0: those that were taken out."""
    cdef fs_arena view = arena_of(arena)
    cdef uint32_t count
    with nogil:
        count = fs_count_type(&view, rrtype)
    return count


def find_rows(object arena, bytes name):
    """Rows of the records whose owner is the wire name, of any case: a list in file order."""
    cdef uint32_t few[4096]
    cdef fs_arena view = arena_of(arena)
    cdef uint32_t length, found
    cdef const uint8_t *octets = <const uint8_t *><const char *>name
    cdef Column many
    check_name(name)
    check_arena(&view)
    length = <uint32_t>len(name)
    with nogil:
        found = fs_find_rows(&view, octets, length, few, 4096)
    if found <= 4096:
        return [few[i] for i in range(found)]
    many = Column("I", found)
    fs_find_rows(&view, octets, length, u32(many), found)
    return many.view().tolist()


def first_expiration(object arena, uint32_t now):
    """Seconds from *now* (seconds since 1970, modulo 2**32) until the first RRSIG ends, below 0 if it has; or None."""
    cdef fs_arena view = arena_of(arena)
    cdef int32_t left
    check_arena(&view)
    with nogil:
        left = fs_first_expiration(&view, now)
    return None if left == 0x7FFFFFFF else left


def highest_ttl(object arena):
    """The highest TTL of all records, in seconds; 0 if there are none."""
    cdef fs_arena view = arena_of(arena)
    cdef uint32_t highest
    with nogil:
        highest = fs_highest_ttl(&view)
    return highest


def find_signature_makers(object arena, bytes apex):
    """(algorithm, tag) of the keys that the RRSIGs by *apex* (wire, lower case) name: a list, ascending."""
    cdef fs_arena view = arena_of(arena)
    cdef bytearray makers = bytearray(1 << 21)
    cdef uint8_t *bits = makers
    cdef const uint8_t *name = <const uint8_t *><const char *>apex
    cdef uint32_t octet, bit
    check_name(apex)
    check_arena(&view)
    with nogil:
        fs_find_makers(&view, name, bits)
    found = []
    for octet in range(1 << 21):
        if bits[octet] == 0:
            continue
        for bit in range(8):
            if bits[octet] >> bit & 1:
                found.append((octet >> 13, (8 * octet + bit) & 0xFFFF))
    return found


def cap_ttls(object arena, uint32_t limit):
    """Lower every TTL of the arena above *limit* to it; returns how many."""
    cdef fs_arena view = arena_of(arena)
    cdef uint32_t *ttl = u32(<Column>arena.ttl)
    cdef uint32_t capped
    with nogil:
        capped = fs_cap_ttls(&view, limit, ttl)
    return capped


def take_out(object arena, types):
    """Take the records of these types out of the arena (their type becomes 0); returns how many."""
    cdef uint8_t marked[65536]
    cdef fs_arena view = arena_of(arena)
    cdef Column column = arena.rrtype
    memset(marked, 0, sizeof(marked))
    for number in types:
        marked[<uint16_t>number] = 1
    marked[0] = 0
    return fs_take_out(&view, marked, <uint16_t *>column.column.data)


def find_conflicts(object order):
    """Nodes (at most 1,000) at which a CNAME has company, or a type that stands alone has several members."""
    cdef uint32_t few[1000]
    cdef fs_order nodes = order_of(order)
    cdef uint32_t found
    with nogil:
        found = fs_find_conflicts(&nodes, few, 1000)
    return [few[i] for i in range(found)]


def check_content(object arena, object order):
    """ZoneError, in BIND's words, for content that can't be signed: DS without NS, DNSKEY below the apex."""
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_arena view = arena_of(arena)
    cdef fs_order nodes = order_of(order)
    cdef fs_status status
    with nogil:
        status = fs_check_content(&view, &nodes, &error)
    check(status, &error)
