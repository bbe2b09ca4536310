# A change of keys that is spread over several runs.

cdef extern from "spread.h" nogil:
    ctypedef struct fs_spread_task:
        const fs_arena *arena
        const fs_order *order
        const fs_chain *chain
        const uint8_t *apex
        const fs_signer *signers
        uint32_t signer_count
        uint64_t late
        const uint32_t *leaving
        uint32_t leaving_count
        uint64_t budget
        fs_retained retained
        uint64_t *rrset
        uint64_t *entry
        uint16_t *type

    ctypedef struct fs_spread_counts:
        uint64_t made
        uint64_t removed
        uint64_t to_make[64]
        uint64_t to_remove[64]

    fs_status fs_spread(const fs_spread_task *task, fs_spread_counts *counts, fs_error *error)


def spread_change(object arena, object order, object chain, object retained, bytes apex, signers, late, leaving, uint64_t budget):
    """Put off what may wait of a change of keys, once *retained* has what stays.

    *late*: numbers of the signers whose signatures come by and by; *leaving*: (algorithm, tag) of keys whose kept signatures
    go by and by. At most *budget* signatures are made or taken out beyond what must be, in canonical order.
    Returns (made, taken out, to make by each of *late*, to take out of each of *leaving*).
    """
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_arena records = arena_of(arena)
    cdef fs_order nodes = order_of(order)
    cdef fs_chain entries = chain_of(chain)
    cdef fs_signer by[FS_SIGNERS_MAX]
    cdef uint32_t going[FS_SIGNERS_MAX]
    cdef fs_spread_task task
    cdef fs_spread_counts counts
    cdef fs_status status
    check_name(apex)
    if len(signers) > FS_SIGNERS_MAX or len(leaving) > FS_SIGNERS_MAX:
        raise ValueError(f"at most {FS_SIGNERS_MAX} signers, and so many keys that leave")
    memset(&task, 0, sizeof(task))
    for i in range(len(signers)):
        by[i] = signer_of(signers[i])
    for i in range(len(leaving)):
        going[i] = <uint32_t>leaving[i][0] << 16 | <uint32_t>leaving[i][1]
    for number in late:
        if not 0 <= number < len(signers):
            raise ValueError("there is no such signer")
        task.late |= <uint64_t>1 << <int>number
    task.arena, task.order, task.chain = &records, &nodes, &entries
    task.apex, task.retained = <const uint8_t *><const char *>apex, retained_of(retained, &nodes, &entries)
    task.signers, task.signer_count = by, <uint32_t>len(signers)
    task.leaving, task.leaving_count, task.budget = going, <uint32_t>len(leaving), budget
    task.rrset = <uint64_t *>(<Column>retained.rrset).column.data
    task.entry = <uint64_t *>(<Column>retained.entry).column.data
    task.type = <uint16_t *>(<Column>arena.rrtype).column.data
    with nogil:
        status = fs_spread(&task, &counts, &error)
    check(status, &error)
    to_make, to_remove = [counts.to_make[number] for number in late], [counts.to_remove[i] for i in range(len(leaving))]
    return counts.made, counts.removed, to_make, to_remove
