"""Names in other zones: what BIND says of the answers that a resolver gives for them (bin/check/check-tool.c)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import NamedTuple

from fastsign.zone.integrity import ERROR, WARNING, Finding, Question
from fastsign.zone.names import name_for_message
from fastsign.zone.server_load import FAIL, IGNORE, WARN


class Answer(NamedTuple):
    """What a resolver knows of a name."""

    canonical: str = ""  # the name at the end of its aliases, without a final dot
    addresses: tuple[bytes, ...] = ()  # 4 or 16 octets each
    failure: str = ""  # why it knows nothing, in the system's words; "": it does know, or that there is nothing


NO_ADDRESSES = Answer()


@dataclass(slots=True)
class Outside:
    """Asks a resolver about names, and tells of each what is wrong once."""

    resolve: Callable[[str], Answer]  # of a name as in messages
    mx_cname: str = WARN  # or IGNORE, FAIL
    srv_cname: str = WARN
    told: set[tuple[str, str]] = field(default_factory=set)

    def __call__(self, question: Question) -> Iterator[Finding]:
        """Findings about one name."""
        target = name_for_message(question.target)
        answer = self.resolve(target)
        place = f"{name_for_message(question.owner)}/{question.rrtype} '{target}'"
        if answer.failure:
            yield from self._once(target, "failure", question, f"getaddrinfo({target}) failed: {answer.failure}")
        elif not answer.addresses:
            yield from self._once(
                target, "addresses", question, f"{place} (out of zone) has no addresses records (A or AAAA)"
            )
        else:
            if answer.canonical and answer.canonical.lower() != target.lower():
                yield from self._alias(
                    question, target, f"{place} (out of zone) is a CNAME '{answer.canonical}' (illegal)"
                )
            if question.glue is not None:
                yield from self._compare(question, target, place, answer.addresses)

    def _once(
        self, target: str, what: str, question: Question, text: str, severity: str = WARNING
    ) -> Iterator[Finding]:
        if (target, what) not in self.told:
            self.told.add((target, what))
            yield Finding(severity, text, question.owner)

    def _alias(self, question: Question, target: str, text: str) -> Iterator[Finding]:
        mode = {"MX": self.mx_cname, "SRV": self.srv_cname}.get(question.rrtype, WARN)
        if mode != IGNORE:
            yield from self._once(target, question.rrtype, question, text, ERROR if mode == FAIL else WARNING)

    def _compare(self, question: Question, target: str, place: str, addresses: tuple[bytes, ...]) -> Iterator[Finding]:
        """Glue that the child does not have, and addresses of the child that are not in the glue."""
        glue = question.glue or ()
        for address in glue:
            if address not in addresses:
                text = f"{place} extra GLUE {_kind(address)} record ({ip_address(address)})"
                yield from self._once(target, f"extra {_kind(address)}", question, text)
        missing = [address for address in addresses if address not in glue]
        if missing and (target, "missing") not in self.told:
            self.told.add((target, "missing"))
            for address in missing:
                text = f"{place} missing GLUE {_kind(address)} record ({ip_address(address)})"
                yield Finding(WARNING, text, question.owner)


def _kind(address: bytes) -> str:
    return "A" if len(address) == 4 else "AAAA"
