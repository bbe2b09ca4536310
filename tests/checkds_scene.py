"""A child zone, its KSKs, and the parents that may have a DS of them."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.rcode

import parents
from fastsign.agent.checkds import Asking, Findings, Verdict
from fastsign.kasp.config import Server, Zone
from fastsign.kasp.policy import Policy
from fastsign.keys import names
from fastsign.keys.ds import ds_rdata, ds_text
from fastsign.keys.files import KeyFile
from fastsign.keys.metadata import NO_TIMES, KeyState, KeyTimes, Metadata

NOW = 1_800_000_000
POLICY = Policy("test", ())
CHILD = "child.ent.parent.test."
WIRE = names.from_text(CHILD)
PATIENT = Asking(deadline=30.0, timeout=10.0)
IMPATIENT = Asking(deadline=5.0, timeout=0.4, tries=1)  # where nothing comes
SECRET = b"a secret of thirty-two octets..."
SOA = "parent.test. 60 SOA ns1.parent.test. host.parent.test. 1 2 3 4 5"


def key(number: int, ds: str | None = "rumoured", times: KeyTimes = NO_TIMES) -> KeyFile:
    """A KSK whose public key is made of one octet."""
    state = KeyState(ksk=True, zsk=False, dnskey="omnipresent", krrsig="omnipresent", ds=ds, goal="omnipresent")
    return KeyFile(WIRE, 257, 3, 13, bytes([number]) * 64, 3600, "", metadata=Metadata(state=state, times=times))


COMING, LEAVING, OTHER = key(1), key(2, "unretentive"), key(3, "omnipresent")


def ds_of(file: KeyFile, digest: int = 2) -> str:
    return ds_text(ds_rdata(WIRE, file.rdata, digest))


def zone(*servers: Server, checkds: str | None = None) -> Zone:
    return Zone(WIRE, POLICY, None, ".", parental_agents=servers, checkds=checkds)


def verdict_of(found: Findings, file: KeyFile) -> Verdict:
    (verdict,) = [finding.verdict for finding in found.keys if finding.tag == file.tag]
    return verdict


def reason_of(found: Findings) -> str:
    return found.keys[0].sights[0].reason


def parent_zone(*records: str) -> str:
    lines = [SOA, "parent.test. 60 NS ns1.parent.test.", "parent.test. 60 NS ns2.parent.test."]
    lines += ["ns1.parent.test. 60 A 127.0.0.1", "ns2.parent.test. 60 A 127.0.0.2"]
    lines += [f"{CHILD} 60 NS ns.elsewhere.test."]
    return "\n".join([*lines, *records]) + "\n"


@contextlib.contextmanager
def true_parent(folder: Path) -> Iterator[int]:
    """nsd with the DS of the key that comes (by SHA-384) and of one that stays, and a TSIG key."""
    secret = base64.b64encode(SECRET).decode()
    tsig = f'key:\n    name: "agent"\n    algorithm: hmac-sha256\n    secret: "{secret}"\n'
    text = parent_zone(f"{CHILD} 7200 DS {ds_of(COMING, 4)}", f"{CHILD} 7200 DS {ds_of(OTHER)}")
    with parents.nsd(folder, "parent.test", text, tsig) as port:
        yield port


def answering(*sections: tuple[str, str], clear: int = 0, rcode: int = 0) -> parents.Behaviour:
    def behave(question: dns.message.Message, tcp: bool) -> dns.message.Message:
        answer = parents.answer_to(question, *sections)
        answer.flags &= ~clear
        answer.set_rcode(dns.rcode.Rcode.make(rcode))
        return answer

    return behave


ITS_DS = ("answer", f"{CHILD} 60 DS {ds_of(COMING)}")
