"""Keys that a server warns of when it loads a zone: weak ones, and those of algorithms that are given up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastsign.keys import facts

_RSA = frozenset({1, 5, 7, 8, 10})
_DEPRECATED = frozenset({1, 3, 5, 6, 7, 12})  # RFC 8624 section 3.1, RFC 9905, RFC 9906
_EXPONENT_3 = b"\1\3"


def weak_keys(keys: Iterable[bytes]) -> Iterator[str]:
    """What BIND says of the DNSKEY records of a zone, given as RDATA in canonical order."""
    algorithms: list[int] = []
    for rdata in keys:
        algorithm = rdata[3]
        name = facts.algorithm_name(algorithm)
        if algorithm in _RSA and rdata[4:6] == _EXPONENT_3:
            yield f"weak {name} ({algorithm}) key found (exponent=3, id={facts.key_tag(rdata)})"
        if algorithm in _DEPRECATED and algorithm not in algorithms:
            yield f"deprecated DNSKEY algorithm found: {algorithm} ({name})\n"  # BIND has the empty line too
        algorithms.append(algorithm)
    if algorithms and _DEPRECATED.issuperset(algorithms):
        yield "all DNSKEY algorithms found are deprecated"
