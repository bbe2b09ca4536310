"""Zones whose KSK is offline: what is at the apex is the bundle's, and the signer makes no signature over it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import dns.rdatatype
import dns.zone
import pytest

import tools
from fastsign.errors import SigningError
from fastsign.keys.files import KeyFile
from fastsign.keys.skr import CDNSKEY, CDS, DNSKEY, Bundle
from fastsign.sign.denial import Wanted
from fastsign.sign.job import Job
from fastsign.sign.report import Report
from fastsign.sign.run import open_output, run
from fastsign.sign.tell import SILENT
from skr_scene import DAY, ZONE, bundle_of, keygen

NOW = int(time.time())  # as the peers verify
RECORDS = (
    "$TTL 300\n@ SOA a b 1 2 3 4 5\n@ NS a\na A 192.0.2.1\nb.c TXT x\n* AAAA ::1\nsub NS ns.sub\nns.sub A 192.0.2.2\n"
)
TYPES = (DNSKEY, CDS, CDNSKEY)
NSEC = Wanted()


class Scene:
    """ZSKs in a folder, the KSK in another, a zone."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.keys = folder, folder / "keys"
        self.ksk = keygen(folder / "offline", "-f", "KSK")
        self.zsk = keygen(self.keys)
        (folder / "zone").write_text(RECORDS)
        self.signed = folder / "signed"

    def bundle(self, *zsks: KeyFile, inception: int = NOW, **options: bool) -> Bundle:
        return bundle_of([self.ksk], list(zsks or (self.zsk,)), inception, **options)

    def sign(self, bundle: Bundle, now: int = NOW, zone: str = "zone", denial: Wanted = NSEC) -> Report:
        job = Job(
            str(self.folder / zone), ZONE, now, now - 3600, now + 14 * DAY, now + 14 * DAY, denial,
            output=str(self.signed), key_directory=str(self.keys), smart=True, offline_keyset=bundle,
            dsset_directory=None,
        )  # fmt: skip
        report = Report(time.monotonic)
        run(job, open_output(job), report, SILENT)
        return report

    def apex(self) -> dict[int, tuple[set[bytes], set[bytes]]]:
        """RDATA, and RDATA of the signatures, of the key records that are in the signed zone."""
        node = dns.zone.from_file(str(self.signed), "example.", relativize=False).find_node("example.")
        found = {}
        for rrtype in TYPES:
            covered = dns.rdatatype.RdataType(rrtype)
            sets = node.get_rdataset(1, covered), node.get_rdataset(1, dns.rdatatype.RRSIG, covered)
            found[rrtype] = tuple({rdata.to_wire() for rdata in rdataset or ()} for rdataset in sets)
        return found


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def is_of(scene: Scene, bundle: Bundle) -> bool:
    wanted = {rrtype: (set(bundle.of(rrtype).rdatas), set(bundle.of(rrtype).signatures)) for rrtype in TYPES}
    return scene.apex() == wanted


@pytest.mark.parametrize(
    "denial", [Wanted(), Wanted(b"", 0), Wanted(b"\xaa", 0, True)], ids=["nsec", "nsec3", "opt-out"]
)
def test_the_key_records_and_their_signatures_are_the_bundles(scene: Scene, denial: Wanted) -> None:
    bundle = scene.bundle()
    report = scene.sign(bundle, denial=denial)
    assert is_of(scene, bundle)
    assert (report.retained, report.dropped) == (3, 0)
    tools.accept(scene.signed, "example.")


def test_the_next_bundle_takes_the_place_of_the_one_before(scene: Scene) -> None:
    other = keygen(scene.keys, active="20990101")
    scene.sign(scene.bundle())
    bundle = scene.bundle(scene.zsk, other, inception=NOW + DAY, announced=False)
    report = scene.sign(bundle, NOW + DAY, "signed")
    assert is_of(scene, bundle)
    assert report.generated == 1  # the bitmap of the apex's NSEC is another one


def test_key_records_of_the_input_go(scene: Scene) -> None:
    foreign = keygen(scene.folder / "else", "-f", "KSK")
    lines = (scene.folder / "else" / f"{Path(foreign.path).name}.key").read_text()
    (scene.folder / "zone").write_text(f"{RECORDS}{lines}\n@ CDS 0 0 0 00\n")
    bundle = scene.bundle(announced=False)
    scene.sign(bundle)
    assert is_of(scene, bundle)


def test_the_signer_makes_none_though_the_secret_be_there(scene: Scene) -> None:
    scene.ksk = keygen(scene.keys, "-f", "KSK", algorithm=8)
    scene.zsk = keygen(scene.keys, algorithm=8)
    for path in scene.keys.glob("K*+013+*"):
        path.unlink()
    bundle = scene.bundle()
    scene.sign(bundle)
    assert is_of(scene, bundle)
    scene.sign(bundle, NOW + 13 * DAY, "signed")  # where others would be made anew
    assert is_of(scene, bundle)


def test_signatures_stay_to_their_end(scene: Scene) -> None:
    bundle = scene.bundle()
    scene.sign(bundle)
    scene.sign(bundle, NOW + 14 * DAY, "signed")
    assert is_of(scene, bundle)


def refused(scene: Scene, bundle: Bundle, why: str, now: int = NOW) -> None:
    scene.signed.write_text("as it was")
    with pytest.raises(SigningError, match=why):
        scene.sign(bundle, now)
    assert scene.signed.read_text() == "as it was"
    assert sorted(path.name for path in scene.folder.iterdir() if path.is_file()) == ["signed", "zone"]


def test_nothing_is_published_under_a_bundle_whose_time_is_not_now(scene: Scene) -> None:
    refused(scene, scene.bundle(), "RRSIG has expired", NOW + 14 * DAY + 1)
    refused(scene, scene.bundle(), "RRSIG validity period has not begun", NOW - 3601)


def test_nothing_is_published_under_a_bundle_with_a_wrong_signature(scene: Scene) -> None:
    good = scene.bundle()
    rdata = good.of(CDS).signatures[0]
    spoilt = good.of(CDS)._replace(signatures=(rdata[:-1] + bytes([rdata[-1] ^ 1]),))
    refused(scene, replace(good, rrsets={**good.rrsets, CDS: spoilt}), "offline KSK: bundle .* the CDS RRset has a sig")


def test_a_key_that_the_bundle_has_not_may_not_sign(scene: Scene) -> None:
    other = keygen(scene.folder / "else")
    refused(scene, scene.bundle(other), "offline KSK: key example/ECDSAP256SHA256/.* is not in the SKR bundle")


def test_a_key_that_is_to_be_published_waits_for_a_bundle_that_has_it(scene: Scene) -> None:
    keygen(scene.keys, active="20990101")  # published by its times
    bundle = scene.bundle()
    scene.sign(bundle)
    assert is_of(scene, bundle)
