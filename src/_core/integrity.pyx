# integrity: does the zone hold what its records promise?

from collections import namedtuple as _named

cdef extern from "integrity.h" nogil:
    ctypedef struct fs_integrity_finding:
        uint32_t node
        uint32_t row
        uint32_t about
        uint32_t target

    fs_status fs_check_servers(const fs_arena *arena, const fs_order *order, const uint8_t *apex, fs_column *out, fs_error *error)
    fs_status fs_check_targets(const fs_arena *arena, const fs_order *order, const uint8_t *apex, int lookups, fs_column *out,
                               fs_error *error)
    fs_status fs_check_duplicates(const fs_arena *arena, const fs_order *order, fs_column *out, fs_error *error)


TargetFinding = _named("TargetFinding", "node row about result target")


def find_problems(object arena, object order, bytes apex, str about, bint lookups=False):
    """Look for names that lead nowhere: a list of TargetFindings in BIND's order.

    *about* is "servers" (the apex's NS records), "targets" (delegations, MX, SRV and SPF records) or "duplicates" (records that
    differ only in case). A finding has the owner's node, the record's row, FS_ABOUT_*, FS_TARGET_* (integrity.h) and the node of
    the target or of the DNAME above it, None if there is none. With *lookups* there are also those that a resolver would have to
    be asked about.
    """
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_arena records = arena_of(arena)
    cdef fs_order nodes = order_of(order)
    cdef Column out = Column("I")
    cdef const uint8_t *origin = <const uint8_t *><const char *>apex
    cdef fs_status status
    cdef int kind = ("servers", "targets", "duplicates").index(about)
    cdef const fs_integrity_finding *found
    check_name(apex)
    check_arena(&records)
    with nogil:
        if kind == 0:
            status = fs_check_servers(&records, &nodes, origin, &out.column, &error)
        elif kind == 1:
            status = fs_check_targets(&records, &nodes, origin, lookups, &out.column, &error)
        else:
            status = fs_check_duplicates(&records, &nodes, &out.column, &error)
    check(status, &error)
    found = <const fs_integrity_finding *>out.column.data
    findings = []
    for i in range(out.column.used // sizeof(fs_integrity_finding)):
        target = None if found[i].target == 0xFFFFFFFF else found[i].target
        findings.append(TargetFinding(found[i].node, found[i].row, found[i].about & 0xFF, found[i].about >> 8, target))
    return findings
