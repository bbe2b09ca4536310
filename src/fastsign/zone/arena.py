"""The arena: a zone's records as flat columns in shared memory."""

from __future__ import annotations

from dataclasses import dataclass, fields

from fastsign._core import Column


@dataclass(frozen=True, slots=True)
class Arena:
    """Records in the order they were read. A record's type 0 means that it was taken out.

    An owner is the id of a *spelling*: one exact case of one name. Names and RDATA are in wire form, their case kept.
    """

    names: Column  # B: per spelling one octet of length, then the wire name
    name_offset: Column  # Q [names]: where its length octet is
    owner: Column  # I [records]: id of the owner's spelling
    rrtype: Column  # H [records]
    ttl: Column  # I [records], seconds
    rdata_offset: Column  # Q [records]; equal RDATA may be shared
    rdata_length: Column  # H [records], octets
    rdata: Column  # B

    @classmethod
    def empty(cls) -> Arena:
        return cls(*map(Column, "BQIHIQHB"))

    def copy(self) -> Arena:
        """The same records in columns of their own."""
        return Arena(*(_copy(getattr(self, column.name)) for column in fields(self)))

    def name(self, name_id: int) -> bytes:
        """Wire form of a spelling."""
        at = self.name_offset.view()[name_id]
        names = self.names.view()
        return bytes(names[at + 1 : at + 1 + names[at]])

    def record_rdata(self, record: int) -> bytes:
        """RDATA of a record, in wire form."""
        at = self.rdata_offset.view()[record]
        return bytes(self.rdata.view()[at : at + self.rdata_length.view()[record]])

    def add_name(self, wire: bytes) -> int:
        """Append a spelling and return its id. The caller makes sure that it is new."""
        self._extend(self.name_offset, len(self.names))
        at = len(self.names)
        self.names.resize(at + 1 + len(wire))
        self.names.view()[at : at + 1 + len(wire)] = bytes([len(wire)]) + wire
        return len(self.name_offset) - 1

    def add_record(self, name_id: int, rrtype: int, ttl: int, rdata: bytes) -> int:
        """Append a record and return its row."""
        at = len(self.rdata)
        self.rdata.resize(at + len(rdata))
        self.rdata.view()[at:] = rdata
        for column, value in (
            (self.owner, name_id),
            (self.rrtype, rrtype),
            (self.ttl, ttl),
            (self.rdata_offset, at),
            (self.rdata_length, len(rdata)),
        ):
            self._extend(column, value)
        return len(self.owner) - 1

    @staticmethod
    def _extend(column: Column, value: int) -> None:
        column.resize(len(column) + 1)
        column.view()[-1] = value


def _copy(column: Column) -> Column:
    made = Column(column.typecode, len(column))
    made.view()[:] = column.view()
    return made
