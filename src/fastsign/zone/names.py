"""Names, types and RDATA between text and wire form, in BIND's dialect."""

from fastsign._core import name_from_text, name_to_text, rdata_from_text, rrtype_from_text, rrtype_to_text

__all__ = ["name_from_text", "name_to_text", "rdata_from_text", "rrtype_from_text", "rrtype_to_text"]
