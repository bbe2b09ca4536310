# Full verification of a signed zone, apart from the signer.

from cpython.bytearray cimport PyByteArray_AS_STRING
from libc.stdlib cimport calloc, free

cdef extern from "verify_keys.h" nogil:
    ctypedef struct fs_verify_key:
        uint16_t flags
        uint16_t tag
        uint8_t protocol
        uint8_t algorithm
        uint8_t usable
        uint8_t digest_size
        uint16_t signature_size

    void fs_verify_key_remember(fs_verify_key *key)
    void fs_verify_key_open(fs_verify_key *key, const uint8_t *rdata, uint32_t length)
    void fs_verify_key_close(fs_verify_key *key)
    fs_status fs_verify_key_prepare(fs_verify_key *key, const uint8_t *rdata, uint32_t length, uint64_t expected,
                                    fs_error *error)

cdef extern from "check.h" nogil:
    ctypedef struct fs_signed_rows:
        const uint8_t *data
        const uint8_t *signatures
        const uint64_t *offset
        uint64_t count

    fs_status fs_count_good(const fs_verify_key *key, const fs_signed_rows *rows, uint64_t *good, fs_error *error)

cdef extern from "verify.h" nogil:
    enum:
        FS_VERIFY_STRANGERS_MAX

    ctypedef struct fs_finding:
        uint32_t node
        uint32_t other
        uint16_t type
        uint16_t tag
        uint8_t kind
        uint8_t algorithm
        uint8_t reason
        uint8_t skip

    ctypedef struct fs_findings:
        fs_finding *row
        uint32_t count
        uint32_t capacity

    ctypedef struct fs_nsec3_entry:
        uint32_t record

    ctypedef struct fs_nsec3_index:
        const uint8_t *salt
        uint8_t salt_length
        uint16_t iterations
        uint64_t *prefix
        fs_nsec3_entry *entry
        uint32_t *node
        uint8_t *matched
        uint32_t count

    enum:
        FS_NSEC3_CHAINS_MAX

    ctypedef struct fs_verify_task:
        fs_arena arena
        fs_order order
        const fs_verify_key *keys
        uint32_t key_count
        const uint8_t *apex
        uint32_t apex_length
        uint32_t apex_node
        const uint8_t *kind
        uint16_t zone_class "class"
        uint32_t now
        uint32_t min_remaining
        uint32_t chain_ttl
        uint32_t required
        uint8_t nsec
        fs_nsec3_index *chain
        uint32_t chain_count
        uint64_t seed
        uint32_t *stranger
        uint32_t stranger_count

    ctypedef struct fs_verify_counts:
        uint64_t rrsets
        uint64_t signatures
        uint64_t names
        uint64_t second_opinions

    fs_status fs_findings_sort(fs_finding *row, size_t count, fs_error *error)
    uint32_t fs_algorithm_bit(uint8_t algorithm)
    fs_status fs_verify_check_spans(const fs_arena *arena, const fs_order *order, uint64_t members, fs_error *error)
    fs_status fs_verify_survey(fs_verify_task *task, uint8_t *kind, uint32_t *apex_node, uint32_t *nsec3_records,
                               fs_findings *findings, fs_error *error)
    fs_status fs_verify_index_chain(const fs_verify_task *task, fs_nsec3_index *chain, fs_error *error)
    fs_status fs_verify_signs_apex(const fs_verify_task *task, uint32_t key, uint16_t type, int *signs, fs_error *error)
    void fs_verify_count_signatures(const fs_arena *arena, const fs_verify_key *keys, uint32_t key_count, uint64_t *expected)
    fs_status fs_verify_range(const fs_verify_task *task, uint32_t first, uint32_t last, fs_verify_counts *counts,
                              fs_findings *findings, fs_error *error)
    fs_status fs_verify_close_chain(const fs_verify_task *task, const fs_nsec3_index *chain, fs_findings *findings,
                                    fs_error *error)
    fs_status fs_verify_zone_digest(const fs_verify_task *task, uint32_t wanted, uint8_t *digests, fs_findings *findings,
                                    fs_error *error)


cdef class PublicKeys:
    """The keys of a DNSKEY RRset, ready to verify by: read from the RDATA of each.

    With *remember* they know again which signatures libcrypto has found good; such are for one thread.
    """
    cdef fs_verify_key *key
    cdef readonly uint32_t count
    cdef tuple rdatas

    def __cinit__(self, rdatas, expected=(), remember=False):
        cdef bytes rdata
        self.rdatas = tuple(rdatas)
        self.key = <fs_verify_key *>calloc(len(self.rdatas) + 1, sizeof(fs_verify_key))
        if self.key == NULL:
            raise MemoryError()
        for rdata in self.rdatas:
            fs_verify_key_open(&self.key[self.count], <const uint8_t *><const char *>rdata, <uint32_t>len(rdata))
            self.count += 1
            if remember:
                fs_verify_key_remember(&self.key[self.count - 1])
        if expected:
            self.prepare(expected)

    def prepare(self, expected):
        """Make ready for so many signatures by each key: ECDSA and Ed25519 go by the batch verifiers where that pays."""
        cdef fs_error error
        cdef bytes rdata
        memset(&error, 0, sizeof(error))
        for i, (rdata, number) in enumerate(zip(self.rdatas, expected, strict=True)):
            check(fs_verify_key_prepare(&self.key[i], <const uint8_t *><const char *>rdata, <uint32_t>len(rdata), number, &error),
                  &error)

    def __dealloc__(self):
        cdef uint32_t i
        for i in range(self.count):
            fs_verify_key_close(&self.key[i])
        free(self.key)

    def __len__(self):
        return self.count

    def facts(self, uint32_t i):
        """(flags, protocol, algorithm, tag, usable) of key i."""
        if i >= self.count:
            raise IndexError(i)
        return self.key[i].flags, self.key[i].protocol, self.key[i].algorithm, self.key[i].tag, bool(self.key[i].usable)


def count_good(PublicKeys keys, uint32_t i, Column rows, Column offsets, uint64_t count, Column signatures):
    """How many of *count* signatures by key i are right.

    *rows* (B), *offsets* (Q) and *signatures* (B) as PrivateKey.sign_digests and sign_messages take and fill them.
    """
    cdef fs_error error
    cdef fs_signed_rows view
    cdef fs_status status
    cdef uint64_t good = 0
    if i >= keys.count or not keys.key[i].usable:
        raise ValueError("there is no such key, or it can't be used")
    cdef fs_verify_key *key = &keys.key[i]
    memset(&error, 0, sizeof(error))
    view.count = count
    view.signatures = <const uint8_t *>items(signatures, "B", count * key.signature_size)
    view.offset = NULL
    view.data = <const uint8_t *>items(rows, "B", count * key.digest_size)
    if key.digest_size == 0:
        view.offset = <const uint64_t *>items(offsets, "Q", count + 1)
        _check_ascending(view.offset, count, rows.column.used)
    with nogil:
        status = fs_count_good(key, &view, &good, &error)
    check(status, &error)
    return good


cdef bytes findings_of(fs_findings *findings):
    """The findings as octets, 16 each (struct '<IIHHBBBB'), and their memory given back."""
    cdef bytes rows = (<const char *>findings.row)[:findings.count * sizeof(fs_finding)] if findings.count else b""
    free(findings.row)
    findings.row = NULL
    return rows


def sort_findings(bytearray rows not None):
    """Put packed findings in dnssec-verify's order; those of one place stay as they stand."""
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    if len(rows) % sizeof(fs_finding):
        raise ValueError("findings are packed, 16 octets each")
    check(fs_findings_sort(<fs_finding *>PyByteArray_AS_STRING(rows), len(rows) // sizeof(fs_finding), &error), &error)


cdef int fill_chain(fs_nsec3_index *chain, object index, bytes salt) except -1:
    chain.salt = <const uint8_t *><const char *>salt  # kept alive by the index
    chain.salt_length = <uint8_t>len(salt)
    chain.iterations = index.iterations
    chain.count = <uint32_t>len(index.prefix)
    chain.prefix = <uint64_t *>items(index.prefix, "Q", chain.count)
    chain.entry = <fs_nsec3_entry *>items(index.entry, "Q", 2 * <uint64_t>chain.count)
    chain.node = <uint32_t *>items(index.node, "I", chain.count)
    chain.matched = <uint8_t *>items(index.matched, "B", chain.count)
    return 0


cdef int fill_task(fs_verify_task *task, object subject, PublicKeys keys) except -1:
    """The C view of a fastsign.sign.verify.Subject."""
    cdef bytes apex = subject.apex
    memset(task, 0, sizeof(task[0]))
    task.arena = arena_of(subject.arena)
    task.order = order_of(subject.order)
    task.apex = <const uint8_t *><const char *>apex
    task.apex_length = <uint32_t>len(apex)
    task.zone_class = subject.rdclass
    task.now = <uint32_t>(<uint64_t>subject.now & 0xFFFFFFFF)
    task.min_remaining = subject.min_remaining
    task.seed = subject.seed
    if len(subject.strangers) > FS_VERIFY_STRANGERS_MAX:
        raise ValueError("too many keys outside the zone")
    for algorithm, tag in subject.strangers:
        task.stranger[task.stranger_count] = <uint32_t>(<uint8_t>algorithm << 16 | <uint16_t>tag)
        task.stranger_count += 1
    if keys is not None:
        task.keys = keys.key
        task.key_count = keys.count
    return 0


cdef int fill_survey(fs_verify_task *task, object survey) except -1:
    """The C view of a fastsign.sign.verify.Survey, on top of the subject's."""
    task.kind = <const uint8_t *>items(survey.kind, "B", task.order.node_count)
    task.apex_node = survey.apex_node
    if task.apex_node >= task.order.node_count:
        raise ValueError("the zone lacks its apex")
    task.chain_ttl = survey.chain_ttl
    task.required = survey.required
    task.nsec = survey.nsec
    if len(survey.chains) > FS_NSEC3_CHAINS_MAX:
        raise ValueError(f"a zone has at most {FS_NSEC3_CHAINS_MAX} NSEC3 chains")
    for index in survey.chains:
        fill_chain(&task.chain[task.chain_count], index, index.salt)
        task.chain_count += 1
    return 0


def algorithm_bit(uint8_t algorithm):
    """The bit of a DNSSEC algorithm in Survey.required; 0 for one that can't be verified."""
    return fs_algorithm_bit(algorithm)


def verify_survey(object subject):
    """Say what each node is, and audit that the order holds every record.

    Returns (kind, apex node or None, number of NSEC3 records, findings); kind is a column of FS_VERIFY_* bits.
    """
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_verify_task task
    cdef fs_findings findings
    memset(&findings, 0, sizeof(findings))
    check_name(subject.apex)
    fill_task(&task, subject, None)
    check_arena(&task.arena)
    cdef uint64_t members = len(subject.order.record)
    cdef Column kind = Column("B", task.order.node_count)
    cdef uint8_t *kinds = kind.column.data
    cdef uint32_t apex_node, records
    cdef fs_status status
    with nogil:
        status = fs_verify_check_spans(&task.arena, &task.order, members, &error)
        if status == FS_OK:
            status = fs_verify_survey(&task, kinds, &apex_node, &records, &findings, &error)
    rows = findings_of(&findings)
    check(status, &error)
    return kind, None if apex_node == 0xFFFFFFFF else apex_node, records, rows


def verify_index_chain(object subject, object survey, object index):
    """Fill the columns of an NSEC3 chain's index, as long as there are NSEC3 records; returns how many belong to it."""
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_verify_task task
    cdef fs_nsec3_index chain
    cdef fs_status status
    fill_task(&task, subject, None)
    fill_survey(&task, survey)
    fill_chain(&chain, index, index.salt)
    with nogil:
        status = fs_verify_index_chain(&task, &chain, &error)
    check(status, &error)
    return chain.count


def verify_signs_apex(object subject, object survey, PublicKeys keys not None, uint32_t key, uint16_t rrtype):
    """Does key number *key* correctly sign the RRset of this type at the apex?"""
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_verify_task task
    cdef int signs = 0
    cdef fs_status status
    fill_task(&task, subject, keys)
    fill_survey(&task, survey)
    if key >= keys.count:
        raise IndexError(key)
    with nogil:
        status = fs_verify_signs_apex(&task, key, rrtype, &signs, &error)
    check(status, &error)
    return bool(signs)


def verify_count_signatures(object arena, PublicKeys keys not None):
    """How many RRSIGs name each key by its tag and algorithm: a list."""
    cdef fs_arena records = arena_of(arena)
    cdef Column expected = Column("Q", keys.count)
    with nogil:
        fs_verify_count_signatures(&records, keys.key, keys.count, <uint64_t *>expected.column.data)
    return expected.view().tolist()


def verify_range(object subject, object survey, PublicKeys keys not None, uint32_t first, uint32_t last):
    """Verify nodes first..last-1. Returns ((rrsets, good signatures, names, second opinions), findings)."""
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_verify_task task
    cdef fs_findings findings
    cdef fs_verify_counts counts
    cdef fs_status status
    memset(&findings, 0, sizeof(findings))
    memset(&counts, 0, sizeof(counts))
    fill_task(&task, subject, keys)
    fill_survey(&task, survey)
    if first > last or last > task.order.node_count:
        raise ValueError("a range of nodes that the zone does not have")
    with nogil:
        status = fs_verify_range(&task, first, last, &counts, &findings, &error)
    rows = findings_of(&findings)
    check(status, &error)
    return (counts.rrsets, counts.signatures, counts.names, counts.second_opinions), rows


def verify_close_chain(object subject, object survey, uint32_t chain):
    """Once every range is done: findings about what in this NSEC3 chain is broken or belongs to no name."""
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_verify_task task
    cdef fs_findings findings
    cdef fs_status status
    memset(&findings, 0, sizeof(findings))
    fill_task(&task, subject, None)
    fill_survey(&task, survey)
    if chain >= task.chain_count:
        raise IndexError(chain)
    with nogil:
        status = fs_verify_close_chain(&task, &task.chain[chain], &findings, &error)
    rows = findings_of(&findings)
    check(status, &error)
    return rows


def verify_zone_digests(object subject, object survey, hashes):
    """The digests of the zone (RFC 8976, scheme SIMPLE) by some of its hash numbers: (number -> digest, findings)."""
    cdef fs_error error
    memset(&error, 0, sizeof(error))
    cdef fs_verify_task task
    cdef fs_findings findings
    cdef uint8_t digests[FS_ZONEMD_HASHES * FS_ZONEMD_DIGEST_MAX]
    cdef uint32_t wanted = zonemd_bits(hashes)
    cdef fs_status status
    memset(&findings, 0, sizeof(findings))
    fill_task(&task, subject, None)
    fill_survey(&task, survey)
    with nogil:
        status = fs_verify_zone_digest(&task, wanted, digests, &findings, &error)
    rows = findings_of(&findings)
    check(status, &error)
    return zonemd_digests(digests, hashes), rows


cdef extern from "rrtypes.h" nogil:
    const char *fs_algorithm_to_text(uint8_t algorithm)


def algorithm_to_text(uint8_t algorithm):
    """BIND's mnemonic of a DNSSEC algorithm; None for a number without one."""
    cdef const char *text = fs_algorithm_to_text(algorithm)
    return None if text == NULL else text.decode("ascii")
