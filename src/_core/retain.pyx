# Signatures of the input that stay.

cdef uint32_t NONE = 0xFFFFFFFF

cdef extern from "retain.h" nogil:
    ctypedef struct fs_retain_key:
        uint32_t signer
        uint32_t successor
        uint8_t roles
        uint8_t offline
        uint8_t refused

    ctypedef struct fs_retain_task:
        const fs_arena *arena
        const fs_order *order
        const fs_chain *chain
        const uint8_t *apex
        const fs_verify_key *keys
        const fs_retain_key *use
        uint32_t key_count
        uint32_t now
        uint32_t cycle
        uint16_t *type
        uint64_t *rrset
        uint64_t *rrset_anew
        uint64_t *entry
        uint64_t *entry_anew
        uint32_t *entry_node
        uint8_t *verdict

    ctypedef struct fs_retain_counts:
        uint64_t retained
        uint64_t dropped
        uint64_t verified
        uint64_t unverified
        uint64_t anew

    fs_status fs_retain_range(const fs_retain_task *task, uint32_t first, uint32_t last, fs_retain_counts *counts,
                              fs_error *error)


def retain_range(object arena, object order, object chain, object retained, bytes apex, PublicKeys keys, uses,
                 uint32_t now, uint32_t cycle, uint32_t first, uint32_t last):
    """Judge the RRSIG records of nodes [first, last): those that don't stay get type 0 in the arena.

    Those that do are noted in *retained* (fastsign.sign.retain.Retained). *uses*: for each of *keys* its KeyUse.
    Returns (retained, dropped, verified, unverified, signatures to make beyond a signer's part).
    """
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_arena records = arena_of(arena)
    cdef fs_order nodes = order_of(order)
    cdef fs_chain entries = chain_of(chain)
    cdef fs_retain_key use[FS_SIGNERS_MAX]
    cdef fs_retain_task task
    cdef fs_retain_counts counts
    cdef fs_status status
    check_name(apex)
    retained_of(retained, &nodes, &entries)
    if keys.count > FS_SIGNERS_MAX or len(uses) != keys.count:
        raise ValueError(f"at most {FS_SIGNERS_MAX} keys, each with its use")
    if first > last or last > nodes.node_count:
        raise ValueError("the range is not within the zone")
    for i in range(keys.count):
        use[i].signer = NONE if uses[i].signer is None else uses[i].signer
        use[i].successor = NONE if uses[i].successor is None else uses[i].successor
        use[i].roles, use[i].offline, use[i].refused = uses[i].roles, uses[i].offline, uses[i].refused
    memset(&counts, 0, sizeof(counts))
    task.arena, task.order, task.chain = &records, &nodes, &entries
    task.apex, task.keys, task.use = <const uint8_t *><const char *>apex, keys.key, use
    task.key_count, task.now, task.cycle = keys.count, now, cycle
    task.type = <uint16_t *>(<Column>arena.rrtype).column.data
    task.rrset = <uint64_t *>(<Column>retained.rrset).column.data
    task.entry = <uint64_t *>(<Column>retained.entry).column.data
    task.rrset_anew = <uint64_t *>items(retained.rrset_anew, "Q", nodes.rrset_count)
    task.entry_anew = <uint64_t *>items(retained.entry_anew, "Q", entries.count)
    task.entry_node = u32(<Column>retained.entry_node)
    task.verdict = NULL
    if len(retained.verdict):
        task.verdict = <uint8_t *>items(retained.verdict, "B", records.record_count)
    with nogil:
        status = fs_retain_range(&task, first, last, &counts, &error)
    check(status, &error)
    return counts.retained, counts.dropped, counts.verified, counts.unverified, counts.anew
