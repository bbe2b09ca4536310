# Errors from C to Python, and columns: flat arrays in shared memory.

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t  # no-cython-lint
from libc.string cimport memcpy, memset  # no-cython-lint

import os as _os

from fastsign import errors as _errors


cdef extern from "fs.h" nogil:
    ctypedef enum fs_status:
        FS_OK, FS_ERROR_MEMORY, FS_ERROR_SYNTAX, FS_ERROR_ZONE
        FS_ERROR_CRYPTO, FS_ERROR_SYSTEM, FS_ERROR_KEY, FS_ERROR_RANGE

    ctypedef struct fs_error:
        fs_status status
        int number
        uint64_t line
        char file[512]
        char message[1024]

    enum:
        FS_HASH, FS_NAME_MAX

cdef extern from "column.h" nogil:
    ctypedef struct fs_column:
        uint8_t *data
        uint64_t used
        uint64_t capacity
        int fd
        int is_known

    fs_status fs_column_open(fs_column *column, uint64_t capacity, fs_error *error)
    fs_status fs_column_attach(fs_column *column, int fd, uint64_t used, fs_error *error)
    fs_status fs_column_resize(fs_column *column, uint64_t used, fs_error *error)
    void fs_column_close(fs_column *column)

cdef extern from "zone.h" nogil:
    ctypedef struct fs_arena:
        const uint8_t *names
        const uint64_t *name_offset
        const uint32_t *owner
        const uint16_t *type
        const uint32_t *ttl
        const uint64_t *rdata_offset
        const uint16_t *rdata_length
        const uint8_t *rdata
        uint64_t names_size
        uint64_t rdata_size
        uint32_t name_count
        uint32_t record_count

    ctypedef struct fs_order:
        const uint32_t *node_name
        const uint8_t *node_flags
        const uint32_t *node_rrset
        const uint16_t *rrset_type
        const uint32_t *rrset_ttl
        const uint32_t *rrset_owner
        const uint32_t *rrset_first
        const uint32_t *record
        uint32_t node_count
        uint32_t rrset_count

    ctypedef struct fs_chain:
        uint8_t kind
        uint8_t flags
        uint16_t iterations
        const uint8_t *salt
        uint8_t salt_length
        uint32_t ttl
        const uint32_t *source
        const uint8_t *skip
        const uint8_t *hash
        const uint32_t *bitmap
        const uint32_t *bitmap_offset
        const uint8_t *bitmaps
        uint32_t count

    ctypedef struct fs_retained:
        const uint64_t *rrset
        const uint64_t *entry
        const uint64_t *rrset_anew
        const uint64_t *entry_anew
        const uint32_t *entry_node
        const uint32_t *rrset_image
        const uint32_t *entry_image
        uint8_t *image_rows
        uint64_t image_size

    ctypedef struct fs_signer:
        uint8_t algorithm
        uint8_t roles
        uint16_t tag
        uint32_t inception
        uint32_t expiration
        uint32_t expiration_dnskey
        uint32_t jitter
        uint64_t seed
        uint16_t signature_length

    enum:
        FS_SIGNERS_MAX


cdef raise_error(fs_error *error):
    """Raise the Python exception for a kernel's located error."""
    cdef str message = error.message.decode("utf-8", "replace")
    cdef str file = error.file.decode("utf-8", "surrogateescape")
    if error.status == FS_ERROR_MEMORY:
        raise MemoryError(message)
    if error.status == FS_ERROR_SYNTAX:
        raise _errors.ZoneSyntaxError(message, file, error.line)
    if error.status == FS_ERROR_ZONE:
        raise _errors.ZoneError(message)
    if error.status == FS_ERROR_CRYPTO:
        raise _errors.SigningError(message)
    if error.status == FS_ERROR_KEY:
        raise _errors.KeyFileError(message)
    if error.status == FS_ERROR_SYSTEM:
        raise OSError(error.number, f"{message}: {_os.strerror(error.number)}", file or None)
    raise ValueError(message)


cdef int check(fs_status status, fs_error *error) except -1:
    if status != FS_OK:
        raise_error(error)
    return 0


cdef uint8_t _itemsize(str typecode) except 0:
    if typecode == "B":
        return 1
    if typecode == "H":
        return 2
    if typecode == "I":
        return 4
    if typecode == "Q":
        return 8
    raise ValueError(f"typecode {typecode!r} is none of B, H, I, Q")


cdef class Column:
    """A flat array of unsigned integers in shared memory, seen through the buffer protocol.

    typecode is B, H, I or Q (1, 2, 4 or 8 octets an item). A process forked later sees the same memory; another process
    attaches by descriptor. While a memoryview of it lives, the column can't change its length (BufferError).
    """
    cdef fs_column column
    cdef uint8_t item
    cdef char format[2]
    cdef Py_ssize_t shape[1]
    cdef Py_ssize_t strides[1]
    cdef int views

    def __cinit__(self, str typecode, uint64_t length=0, uint64_t capacity=0):
        cdef fs_error error
        memset(&error, 0, sizeof(error))
        self.column.fd = -1
        self.item = _itemsize(typecode)
        self.format[0] = <char>ord(typecode)
        self.format[1] = 0
        check(fs_column_open(&self.column, max(length, capacity) * self.item, &error), &error)
        self.column.used = length * self.item

    @staticmethod
    def attach(int fd, str typecode, uint64_t length):
        """Map the column of another process from its descriptor."""
        cdef fs_error error
        memset(&error, 0, sizeof(error))
        cdef Column column = Column(typecode)
        fs_column_close(&column.column)
        check(fs_column_attach(&column.column, fd, length * column.item, &error), &error)
        return column

    def __dealloc__(self):
        fs_column_close(&self.column)

    def __len__(self):
        return self.column.used // self.item

    @property
    def typecode(self):
        return chr(self.format[0])

    @property
    def fd(self):
        self.column.is_known = 1
        return self.column.fd

    def resize(self, uint64_t length):
        """Set the number of items; new ones are zero."""
        cdef fs_error error
        memset(&error, 0, sizeof(error))
        self.check_unviewed()
        check(fs_column_resize(&self.column, length * self.item, &error), &error)

    cdef int check_unviewed(self) except -1:
        if self.views:
            raise BufferError("a column can't change its length while a memoryview of it is in use")
        return 0

    def view(self):
        """A memoryview of the items."""
        return memoryview(self)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        self.shape[0] = self.column.used // self.item
        self.strides[0] = self.item
        buffer.buf = self.column.data
        buffer.obj = self
        buffer.len = self.column.used
        buffer.itemsize = self.item
        buffer.readonly = 0
        buffer.ndim = 1
        buffer.format = self.format if flags & PyBUF_FORMAT else NULL
        buffer.shape = self.shape if flags & PyBUF_ND else NULL
        buffer.strides = self.strides if (flags & PyBUF_STRIDES) == PyBUF_STRIDES else NULL
        buffer.suboffsets = NULL
        buffer.internal = NULL
        self.views += 1

    def __releasebuffer__(self, Py_buffer *buffer):
        self.views -= 1


cdef const void *items(Column column, str typecode, uint64_t length) except? NULL:
    """Pointer to the items of a column that must have this type and at least this many items."""
    if column.format[0] != <char>ord(typecode):
        raise ValueError(f"expected a column of {typecode}, got one of {column.typecode}")
    if column.column.used < length * column.item:
        raise ValueError(f"a column has {len(column)} items where {length} are needed")
    return column.column.data


cdef fs_arena arena_of(object arena) except *:
    """The C view of a fastsign.zone.arena.Arena: all record columns must be of one length."""
    cdef fs_arena view
    cdef uint64_t records = len(arena.owner), names = len(arena.name_offset)
    if records >= 0xFFFFFFFF or names >= 0xFFFFFFFF:
        raise ValueError("a zone holds at most 4,294,967,294 records")
    view.record_count = <uint32_t>records
    view.name_count = <uint32_t>names
    view.names_size = len(arena.names)
    view.rdata_size = len(arena.rdata)
    view.names = <const uint8_t *>items(arena.names, "B", 0)
    view.name_offset = <const uint64_t *>items(arena.name_offset, "Q", names)
    view.owner = <const uint32_t *>items(arena.owner, "I", records)
    view.type = <const uint16_t *>items(arena.rrtype, "H", records)
    view.ttl = <const uint32_t *>items(arena.ttl, "I", records)
    view.rdata_offset = <const uint64_t *>items(arena.rdata_offset, "Q", records)
    view.rdata_length = <const uint16_t *>items(arena.rdata_length, "H", records)
    view.rdata = <const uint8_t *>items(arena.rdata, "B", 0)
    return view


cdef fs_order order_of(object order) except *:
    """The C view of a fastsign.zone.order.Order."""
    cdef fs_order view
    cdef uint64_t nodes = len(order.node_name), rrsets = len(order.rrset_type)
    view.node_count = <uint32_t>nodes
    view.rrset_count = <uint32_t>rrsets
    view.node_name = <const uint32_t *>items(order.node_name, "I", nodes)
    view.node_flags = <const uint8_t *>items(order.node_flags, "B", nodes)
    view.node_rrset = <const uint32_t *>items(order.node_rrset, "I", nodes + 1)
    view.rrset_type = <const uint16_t *>items(order.rrset_type, "H", rrsets)
    view.rrset_ttl = <const uint32_t *>items(order.rrset_ttl, "I", rrsets)
    view.rrset_owner = <const uint32_t *>items(order.rrset_owner, "I", rrsets)
    view.rrset_first = <const uint32_t *>items(order.rrset_first, "I", rrsets + 1)
    view.record = <const uint32_t *>items(order.record, "I", 0)
    return view


cdef fs_chain chain_of(object chain) except *:
    """The C view of a fastsign.sign.denial.Chain, or of None: no chain."""
    cdef fs_chain view
    cdef uint64_t entries
    memset(&view, 0, sizeof(view))
    if chain is None:
        return view
    entries = len(chain.source)
    view.kind = chain.kind
    view.flags = chain.flags
    view.iterations = chain.iterations
    view.salt = <const uint8_t *><const char *>chain.salt      # bytes, kept alive by the chain
    view.salt_length = len(chain.salt)
    view.ttl = chain.ttl
    view.count = <uint32_t>entries
    view.source = <const uint32_t *>items(chain.source, "I", entries)
    view.bitmap = <const uint32_t *>items(chain.bitmap, "I", entries)
    view.bitmap_offset = <const uint32_t *>items(chain.bitmap_offset, "I", 1)
    view.bitmaps = <const uint8_t *>items(chain.bitmaps, "B", 0)
    if chain.kind == 2:
        view.skip = <const uint8_t *>items(chain.skip, "B", entries)
        view.hash = <const uint8_t *>items(chain.hash, "B", entries * FS_HASH)
    return view


cdef fs_retained retained_of(object retained, const fs_order *order, const fs_chain *chain) except *:
    """The C view of a fastsign.sign.retain.Retained, or of None: nothing is kept."""
    cdef fs_retained view
    memset(&view, 0, sizeof(view))
    if retained is not None:
        view.rrset = <const uint64_t *>items(retained.rrset, "Q", order.rrset_count)
        view.entry = <const uint64_t *>items(retained.entry, "Q", chain.count)
        view.entry_node = <const uint32_t *>items(retained.entry_node, "I", chain.count)
        if len(retained.rrset_anew) or len(retained.entry_anew):  # both are empty where nobody signs beyond its part
            view.rrset_anew = <const uint64_t *>items(retained.rrset_anew, "Q", order.rrset_count)
            view.entry_anew = <const uint64_t *>items(retained.entry_anew, "Q", chain.count)
        if len(retained.image_rows):
            view.rrset_image = <const uint32_t *>items(retained.rrset_image, "I", order.rrset_count)
            view.entry_image = <const uint32_t *>items(retained.entry_image, "I", chain.count)
            view.image_rows = <uint8_t *>items(retained.image_rows, "B", 1)
            view.image_size = len(retained.image_rows)
    return view
