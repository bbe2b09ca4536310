# What is signed: canonical RRsets as digests or messages, range by range.

cdef extern from "digest.h" nogil:
    ctypedef struct fs_digests:
        fs_column *rows
        fs_column *offsets
        uint32_t count

    int fs_digest_length(uint8_t algorithm)
    ctypedef struct fs_digest_input:
        const fs_arena *arena
        const fs_order *order
        const fs_chain *chain
        const fs_retained *retained
        const uint8_t *apex
        const fs_signer *signer
        uint32_t signer_number

    fs_status fs_digest_range(const fs_digest_input *input, int is_chain, uint32_t first, uint32_t last, fs_digests *out,
                              fs_error *error)


cdef fs_signer signer_of(object signer) except *:
    """The C view of a fastsign.sign.plan.Signer."""
    cdef fs_signer view
    view.algorithm, view.roles, view.tag = signer.algorithm, signer.roles, signer.tag
    view.inception, view.expiration, view.expiration_dnskey = signer.inception, signer.expiration, signer.expiration_dnskey
    view.jitter, view.seed, view.signature_length = signer.jitter, signer.seed, signer.signature_length
    return view


def digest_length(uint8_t algorithm):
    """Octets of the digest that a DNSSEC algorithm signs; 0 for EdDSA, which signs the message. ValueError for an unknown one."""
    cdef int length = fs_digest_length(algorithm)
    if length < 0:
        raise ValueError(f"DNSSEC algorithm {algorithm} can't sign")
    return length


def digest_nodes(object arena, object order, object chain, bytes apex, object signer, uint32_t first, uint32_t last,
                 Column rows, Column offsets, object retained=None, uint32_t number=0):
    """Write what *signer* signs of the nodes [first, last) and return the number of rows.

    rows (B) gets digests of digest_length(algorithm) octets each; for EdDSA it gets the messages end to end, and offsets (Q) the
    count + 1 places where they begin. The order is nodes, then RRsets, an NSEC at the place of type 47. *apex*: wire, lower case.
    What *retained* has by the signer's *number* is left out.
    """
    return digest_range(arena, order, chain, apex, signer, first, last, rows, offsets, retained, number, False)


def digest_chain(object arena, object order, object chain, bytes apex, object signer, uint32_t first, uint32_t last,
                 Column rows, Column offsets, object retained=None, uint32_t number=0):
    """As digest_nodes, of the NSEC3 entries [first, last)."""
    return digest_range(arena, order, chain, apex, signer, first, last, rows, offsets, retained, number, True)


cdef uint32_t digest_range(object arena, object order, object chain, bytes apex, object signer, uint32_t first, uint32_t last,
                           Column rows, Column offsets, object retained, uint32_t number, bint is_chain) except? 0xFFFFFFFF:
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_arena records = arena_of(arena)
    cdef fs_order nodes = order_of(order)
    cdef fs_chain entries = chain_of(chain)
    cdef fs_retained kept = retained_of(retained, &nodes, &entries)
    cdef fs_signer with_signer = signer_of(signer)
    cdef fs_digest_input source
    cdef fs_digests out
    cdef fs_status status
    digest_length(with_signer.algorithm)
    check_name(apex)
    if first > last or last > (entries.count if is_chain else nodes.node_count):
        raise ValueError("the range is not within the zone")
    if is_chain and entries.kind != 2:
        raise ValueError("the chain is not NSEC3")
    if number >= FS_SIGNERS_MAX:
        raise ValueError(f"there are at most {FS_SIGNERS_MAX} signers")
    rows.check_unviewed()
    offsets.check_unviewed()
    source.arena, source.order, source.chain, source.retained = &records, &nodes, &entries, &kept
    source.apex, source.signer, source.signer_number = <const uint8_t *><const char *>apex, &with_signer, number
    out.rows, out.offsets = &rows.column, &offsets.column
    with nogil:
        status = fs_digest_range(&source, is_chain, first, last, &out, &error)
    check(status, &error)
    return out.count
