"""A signed zone signed again after its keys have changed: the records that dnssec-signzone makes of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import dns.dnssec
import dns.zone
import pytest
from dns.rdatatype import RRSIG

from signing_scene import Scene

CHAINS = {"nsec": (), "opt-out": ("-3", "AB", "-A")}


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene.begin(tmp_path, monkeypatch)


Change = Callable[[Scene, str, str], object]  # scene, ZSK, KSK


def roll(scene: Scene, name: str, *role: str) -> None:
    """Replace a key by another at once."""
    scene.settime(name, "-I", "now-2h", "-D", "now-1h")
    scene.keygen(*role)


CHANGES: dict[str, Change] = {
    "a ZSK is added": lambda scene, zsk, ksk: scene.keygen(),
    "a KSK is added": lambda scene, zsk, ksk: scene.keygen("-f", "KSK"),
    "a ZSK is published early": lambda scene, zsk, ksk: scene.keygen("-P", "now-1h", "-A", "now+30d"),
    "a KSK is published early": lambda scene, zsk, ksk: scene.keygen("-f", "KSK", "-P", "now-1h", "-A", "now+30d"),
    "a key of the far future is there": lambda scene, zsk, ksk: scene.keygen("-P", "now+30d", "-A", "now+60d"),
    "the ZSK is replaced": lambda scene, zsk, ksk: roll(scene, zsk),
    "the KSK is replaced": lambda scene, zsk, ksk: roll(scene, ksk, "-f", "KSK"),
    "the ZSK is inactive and another signs": lambda scene, zsk, ksk: (
        scene.settime(zsk, "-I", "now-1h", "-D", "now+30d"),
        scene.keygen(),
    ),
    "the KSK is inactive and another signs": lambda scene, zsk, ksk: (
        scene.settime(ksk, "-I", "now-1h", "-D", "now+30d"),
        scene.keygen("-f", "KSK"),
    ),
    "the ZSK is inactive": lambda scene, zsk, ksk: scene.settime(zsk, "-I", "now-1h", "-D", "now+30d"),
    "the KSK is revoked": lambda scene, zsk, ksk: scene.settime(ksk, "-R", "now-1h"),
    "the KSK is revoked and another signs": lambda scene, zsk, ksk: (
        scene.settime(ksk, "-R", "now-1h"),
        scene.keygen("-f", "KSK"),
    ),
    "the ZSK is deleted": lambda scene, zsk, ksk: scene.settime(zsk, "-I", "now-2h", "-D", "now-1h"),
    "all keys are deleted": lambda scene, zsk, ksk: [
        scene.settime(key, "-I", "now-2h", "-D", "now-1h") for key in (zsk, ksk)
    ],
    "another algorithm comes": lambda scene, zsk, ksk: (
        scene.keygen(algorithm="8"),
        scene.keygen("-f", "KSK", algorithm="8"),
    ),
    "another algorithm replaces the first": lambda scene, zsk, ksk: (
        [scene.settime(key, "-I", "now-2h", "-D", "now-1h") for key in (zsk, ksk)],
        scene.keygen(algorithm="8"),
        scene.keygen("-f", "KSK", algorithm="8"),
    ),
    "another algorithm has a ZSK alone": lambda scene, zsk, ksk: scene.keygen(algorithm="8"),
    "CDS are published": lambda scene, zsk, ksk: scene.settime(ksk, "-P", "sync", "now-1h"),
    "CDS are not yet published": lambda scene, zsk, ksk: scene.settime(ksk, "-P", "sync", "now+1h"),
    "CDS of two keys are published": lambda scene, zsk, ksk: (
        scene.settime(ksk, "-P", "sync", "now-1h"),
        scene.keygen("-f", "KSK", "-P", "sync", "now-1h"),
    ),
    "the private file has gone": lambda scene, zsk, ksk: (scene.folder / f"{zsk}.private").unlink(),
    "both files of the ZSK have gone": lambda scene, zsk, ksk: [
        (scene.folder / f"{zsk}.{kind}").unlink() for kind in ("private", "key")
    ],
    "the default TTL of the keys changes": lambda scene, zsk, ksk: scene.settime(ksk, "-L", "1234"),
}


OFFLINE = {"the private file has gone", "both files of the ZSK have gone"}


def bogus(path: Path) -> set[str]:
    """The signatures of a zone (base64) that none of its own keys has made over what the zone has now."""
    zone = dns.zone.from_file(str(path), "Example", relativize=False)
    keys = {zone.origin: zone.get_rdataset(zone.origin, "DNSKEY")}
    found = set()
    for name, rdataset in zone.iterate_rdatasets():
        if rdataset.rdtype != RRSIG:
            continue
        rrset = zone.get_rrset(name, rdataset.covers)
        for rrsig in rdataset:
            try:
                dns.dnssec.validate_rrsig(rrset, rrsig, keys)
            except dns.dnssec.ValidationFailure:
                found.add(base64.b64encode(rrsig.signature).decode())
    return found


@pytest.mark.parametrize("change", sorted(CHANGES))
@pytest.mark.parametrize("chain", sorted(CHAINS))
def test_a_signed_zone_after_its_keys_changed(change, chain, scene):
    """BIND's records; with -R also without the signatures of keys that have left the zone."""
    zsk, ksk = scene.keygen(), scene.keygen("-f", "KSK")
    assert scene.sign_alike("-S", *CHAINS[chain])
    scene.keep("signed")
    CHANGES[change](scene, zsk, ksk)
    for options in ((), ("-P", "-z")):
        scene.sign_alike("-S", *options, zone="signed")
    if change in OFFLINE:
        return  # BIND takes a key without files for one that has left the zone
    if scene.sign_alike("-S", "-R", zone="signed"):
        assert not bogus(scene.folder / "ours")
