# Signatures of the input that stay.

cdef extern from "retain.h" nogil:
    ctypedef struct fs_retain_key:
        uint32_t signer
        uint32_t successor
        uint8_t roles
        uint8_t offline
        uint8_t late
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
        const fs_image *image
        int image_is_verified
        uint16_t *type
        uint64_t *rrset
        uint64_t *rrset_anew
        uint64_t *entry
        uint64_t *entry_anew
        uint32_t *entry_node
        uint8_t *verdict
        uint32_t *rrset_image
        uint32_t *entry_image

    ctypedef struct fs_retain_counts:
        uint64_t retained
        uint64_t dropped
        uint64_t verified
        uint64_t unverified
        uint64_t anew

    fs_status fs_retain_range(const fs_retain_task *task, uint32_t first, uint32_t last, fs_retain_counts *counts,
                              fs_error *error)
    fs_status fs_retain_of_image(const fs_retain_task *task, int is_chain, uint32_t first, uint32_t last,
                                 fs_retain_counts *counts, fs_error *error)


def retain_range(object arena, object order, object chain, object retained, bytes apex, PublicKeys keys, uses,
                 uint32_t now, uint32_t cycle, uint32_t first, uint32_t last):
    """Judge the RRSIG records of nodes [first, last): those that don't stay get type 0 in the arena.

    Those that do are noted in *retained* (fastsign.sign.retain.Retained). *uses*: for each of *keys* its KeyUse.
    Returns (retained, dropped, verified, unverified, signatures to make beyond a signer's part).
    """
    return retain(arena, order, chain, retained, apex, keys, uses, now, cycle, first, last, None, False, False)


def retain_of_image(object arena, object order, object chain, object retained, bytes apex, PublicKeys keys, uses,
                    uint32_t now, uint32_t cycle, object image, bint is_verified, bint is_chain, uint32_t first, uint32_t last):
    """Look up what is signed of nodes, or with *is_chain* of NSEC3 entries, [first, last) in an image; else as retain_range.

    *image* has its rows, their index, their keys and for each of these its number in *keys*, or None
    (fastsign.sign.image.Image). With *is_verified* what stays is not verified, for it will be.
    """
    return retain(arena, order, chain, retained, apex, keys, uses, now, cycle, first, last, image, is_verified, is_chain)


cdef fs_image image_of(object image, fs_image_key *keys) except *:
    cdef fs_image view
    cdef uint64_t slots = len(image.index)
    if slots == 0 or slots & (slots - 1):
        raise ValueError("an image's index has a power of two of slots")
    image_keys_of(image.keys, image.makers, keys)
    view.rows, view.size = <uint8_t *>items(image.rows, "B", 1), len(image.rows)
    view.index, view.slots, view.keys = <const uint32_t *>items(image.index, "I", slots), <uint32_t>slots, keys
    return view


cdef tuple retain(object arena, object order, object chain, object retained, bytes apex, PublicKeys keys, object uses,
                  uint32_t now, uint32_t cycle, uint32_t first, uint32_t last, object image, bint is_verified, bint is_chain):
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_arena records = arena_of(arena)
    cdef fs_order nodes = order_of(order)
    cdef fs_chain entries = chain_of(chain)
    cdef fs_retain_key use[FS_SIGNERS_MAX]
    cdef fs_image_key image_keys[FS_SIGNERS_MAX]
    cdef fs_image source
    cdef fs_retain_task task
    cdef fs_retain_counts counts
    cdef fs_status status
    check_name(apex)
    retained_of(retained, &nodes, &entries)
    if keys.count > FS_SIGNERS_MAX or len(uses) != keys.count:
        raise ValueError(f"at most {FS_SIGNERS_MAX} keys, each with its use")
    if first > last or last > (entries.count if is_chain else nodes.node_count):
        raise ValueError("the range is not within the zone")
    for i in range(keys.count):
        use[i].signer = NONE if uses[i].signer is None else uses[i].signer
        use[i].successor = NONE if uses[i].successor is None else uses[i].successor
        use[i].roles, use[i].offline = uses[i].roles, uses[i].offline
        use[i].late, use[i].refused = uses[i].late, uses[i].refused
    memset(&counts, 0, sizeof(counts))
    memset(&task, 0, sizeof(task))
    task.arena, task.order, task.chain = &records, &nodes, &entries
    task.apex, task.keys, task.use = <const uint8_t *><const char *>apex, keys.key, use
    task.key_count, task.now, task.cycle = keys.count, now, cycle
    task.type = <uint16_t *>(<Column>arena.rrtype).column.data
    task.rrset = <uint64_t *>(<Column>retained.rrset).column.data
    task.entry = <uint64_t *>(<Column>retained.entry).column.data
    task.rrset_anew = <uint64_t *>items(retained.rrset_anew, "Q", nodes.rrset_count)
    task.entry_anew = <uint64_t *>items(retained.entry_anew, "Q", entries.count)
    task.entry_node = u32(<Column>retained.entry_node)
    if len(retained.verdict):
        task.verdict = <uint8_t *>items(retained.verdict, "B", records.record_count)
    if image is not None:
        source = image_of(image, image_keys)
        for i in range(len(image.makers)):
            if image_keys[i].maker != NONE and image_keys[i].maker >= keys.count:
                raise ValueError("an image's key has no such maker")
        task.image, task.image_is_verified = &source, is_verified
        task.rrset_image = <uint32_t *>items(retained.rrset_image, "I", nodes.rrset_count)
        task.entry_image = <uint32_t *>items(retained.entry_image, "I", entries.count)
    with nogil:
        if task.image != NULL:
            status = fs_retain_of_image(&task, is_chain, first, last, &counts, &error)
        else:
            status = fs_retain_range(&task, first, last, &counts, &error)
    check(status, &error)
    return counts.retained, counts.dropped, counts.verified, counts.unverified, counts.anew
