"""Names, types and RDATA between text and wire form, in BIND's dialect."""

from fastsign._core import name_from_text, name_to_text, rdata_from_text, rrtype_from_text, rrtype_to_text

__all__ = [
    "name_for_message",
    "name_from_text",
    "name_to_text",
    "rdata_from_text",
    "rrtype_from_text",
    "rrtype_to_text",
]


def name_for_message(wire: bytes) -> str:
    """A wire name as BIND's messages have it: without the final dot, but for the root's."""
    return name_to_text(wire).removesuffix(".") or "."
