"""Options, sources and refusals of signzone, each beside dnssec-signzone: the same records, the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

import tools
from differential_zones import ORIGIN, ZONE, records
from signing_scene import VALIDITY, Scene

SMALL = ["@ 60 SOA . . 1 2 3 4 5", "@ 60 NS .", "a 60 TXT x"]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene.begin(tmp_path, monkeypatch)


@pytest.fixture
def keyed(scene: Scene) -> Scene:
    """A scene with a ZSK and a KSK."""
    scene.keygen()
    scene.keygen("-f", "KSK")
    return scene


@pytest.mark.parametrize(("octets", "denial", "code"), [(222, ("-3", "-"), 0), (223, ("-3", "-"), 1), (223, (), 0)])
def test_an_apex_of_222_octets_is_the_longest_with_nsec3(octets, denial, code, scene):
    scene.origin = ".".join(["a" * 63] * 3 + ["b" * (octets - 3 * 64 - 2)])
    scene.keygen()
    scene.keygen("-f", "KSK")
    scene.write(*(SMALL[:2] if denial else SMALL))
    ours, theirs = scene.sign("-S", *denial)
    assert (ours.code, theirs.code) == (code, code)
    if code == 0:
        assert records(scene.folder / "ours", scene.origin) == records(scene.folder / "theirs", scene.origin)
    else:
        assert "leave room for 222" in ours.stderr


@pytest.mark.parametrize("algorithm", ["5", "7"])
def test_deprecated_algorithms_sign_and_are_warned_of(algorithm, scene):
    scene.keygen(algorithm=algorithm)
    scene.keygen("-f", "KSK", algorithm=algorithm)
    ours, theirs = scene.sign("-S")
    mine, bind = (records(scene.folder / name) for name in ("ours", "theirs"))
    assert mine == bind
    assert sum("RRSIG" in line for line in mine) > 5
    assert "is deprecated. Please migrate" in ours.stderr  # as BIND 9.20 does; 9.18 is silent
    assert ours.stdout.replace("ours", "theirs").splitlines()[2:] == theirs.stdout.splitlines()[2:]


@pytest.mark.parametrize("others", [(), ("15",)])
def test_nsec3_with_an_algorithm_of_before_nsec3_is_refused(others, scene):
    for algorithm in ("5", *others):
        scene.keygen(algorithm=algorithm)
        scene.keygen("-f", "KSK", algorithm=algorithm)
    ours, theirs = scene.sign("-S", "-3", "-")
    assert (ours.code, ours.stderr.splitlines()[-1:]) == (theirs.code, theirs.stderr.splitlines())
    assert "NSEC3 generation requested with NSEC-only DNSKEY" in ours.stderr


@pytest.mark.parametrize(("options", "code"), [((), 1), (("-P",), 0), (("-z",), 0), (("-z", "-3", "-"), 0)])
def test_a_zone_with_a_ksk_alone(options, code, scene):
    scene.keygen("-f", "KSK")
    assert bool(scene.sign_alike("-S", *options)) == (code == 0)
    said = scene.sign("-S", *options)[0].stderr
    assert ("No non-KSK DNSKEY found; supply a ZSK or use '-z'." in said) == ("-z" not in options)


def test_the_zone_comes_from_standard_input(keyed):
    text = "\n".join(ZONE) + "\n"
    common = ("-S", "-o", ORIGIN, *VALIDITY)
    ours = tools.fastsign("signzone", *common, "-f", "ours", "/dev/stdin", cwd=keyed.folder, stdin=text)
    theirs = tools.run("dnssec-signzone", *common, "-f", "theirs", "/dev/stdin", cwd=keyed.folder, stdin=text)
    assert ours.stderr == theirs.stderr
    assert records(keyed.folder / "ours") == records(keyed.folder / "theirs")


INCLUDED = ["x 60 A 192.0.2.1", "$ORIGIN deep", "y 60 TXT z", " TXT w", "@ TXT v"]


@pytest.mark.parametrize("where", ["", "Sub", "other.Example."])
@pytest.mark.parametrize("denial", [(), ("-3", "AB")], ids=["nsec", "nsec3"])
def test_include_with_and_without_an_origin(where, denial, keyed):
    keyed.write(*INCLUDED, name="part")
    keyed.write(*ZONE, "$ORIGIN before", f"$INCLUDE part {where}", "after 60 TXT the-origin-is-back", " TXT same-owner")
    made = keyed.sign_alike("-S", *denial)
    assert sum("the-origin-is-back" in line for line in made) == 1


@pytest.mark.parametrize(
    "line",
    [
        "$GENERATE 1-9 host$ 60 A 192.0.2.$",
        "$GENERATE 0-20/5 ${3,4,x}.rev CNAME h-${-1,2,d}.Example.",
        "$GENERATE 1-3 sub$ 60 NS ns.sub$",
        '$GENERATE 1-2 $ 60 IN MX "$ mail-${0,3,X}"',
        r"$GENERATE 7-8 a\$$ 60 TXT x$",
        "$GENERATE 1-3 ${0,3,n}ip6 60 PTR p$",
    ],
)
def test_generate(line, keyed):
    keyed.write("$TTL 120", *ZONE, line, "last 60 TXT x")
    keyed.sign_alike("-S")


def test_include_of_what_is_not_there_is_refused_with_its_place(keyed):
    keyed.write(*ZONE, "$INCLUDE nowhere")
    assert keyed.sign_alike("-S") == []


def test_class_in_may_be_said(keyed):
    assert keyed.sign_alike("-S", "-c", "IN")
    assert keyed.sign_alike("-S", "-c", "in")


CHAINS = {
    "nsec": (),
    "nsec3": ("-3", "AB", "-H", "1"),
    "opt-out": ("-3", "AB", "-H", "1", "-A"),
    "no-salt": ("-3", "-"),
}
WANTED = [
    (), ("-3", "-"), ("-3", "AB"), ("-3", "CDEF"), ("-3", "AB", "-H", "1"), ("-3", "AB", "-H", "5"), ("-H", "1"),
    ("-H", "5"), ("-A",), ("-AA",), ("-3", "AB", "-A"), ("-3", "AB", "-AA"), ("-3", "-", "-H", "0", "-A"),
]  # fmt: skip


@pytest.mark.parametrize("existing", sorted(CHAINS))
def test_an_existing_chain_is_changed_with_u_alone(existing, keyed):
    keyed.sign_alike("-S", *CHAINS[existing])
    keyed.keep("signed")
    outcomes = set()
    for wanted in WANTED:
        for update in ((), ("-u",)):
            made = keyed.sign_alike("-S", *update, *wanted, zone="signed")
            outcomes.add((bool(made), bool(update)))
    assert {(False, False), (True, False), (True, True)} <= outcomes


SIGNED_BY_NOBODY = f"15 1 60 20391201000000 20261101000000 1 {ORIGIN}. {'A' * 86}=="
ODD_CHAINS = {
    "parameters alone": ["@ 0 NSEC3PARAM 1 0 3 AB"],
    "two parameters": ["@ 0 NSEC3PARAM 1 0 3 CD", "@ 0 NSEC3PARAM 1 0 1 AB"],
    "parameters with flags": ["@ 0 NSEC3PARAM 1 1 3 AB"],
    "parameters of an unknown hash": ["@ 0 NSEC3PARAM 2 0 3 AB"],
    "an NSEC record": ["@ 60 NSEC ns NS SOA"],
    "both": ["@ 60 NSEC ns NS SOA", "@ 0 NSEC3PARAM 1 0 3 AB"],
    "NSEC3 records alone": [f"{'0' * 32} 60 NSEC3 1 0 0 - {'1' * 32} A", f"{'1' * 32} 60 NSEC3 1 0 0 - {'0' * 32} A"],
    "a signature over NSEC": [f"@ 60 RRSIG NSEC {SIGNED_BY_NOBODY}"],
    "a signature over NSEC3PARAM": [f"@ 60 RRSIG NSEC3PARAM {SIGNED_BY_NOBODY}"],
}


@pytest.mark.parametrize("odd", sorted(ODD_CHAINS))
@pytest.mark.parametrize("has_keys", [True, False], ids=["keys", "no keys"])
def test_what_counts_as_an_existing_chain(has_keys, odd, scene):
    names = scene.keygen(), scene.keygen("-f", "KSK")
    scene.write("$TTL 60", *ZONE, *ODD_CHAINS[odd], *(f"$INCLUDE {name}.key" for name in names if has_keys))
    for wanted in ((), ("-3", "-"), ("-3", "AB"), ("-3", "AB", "-H", "3"), ("-H", "1"), ("-A",), ("-3", "AB", "-A")):
        for update in ((), ("-u",)):
            scene.sign_alike("-S", *update, *wanted)


@pytest.mark.parametrize("options", [(), ("-3", "AB"), ("-H", "151"), ("-3", "AB", "-H", "151"), ("-u", "-3", "-")])
def test_too_many_iterations_are_refused_wherever_they_come_from(options, keyed):
    """BIND 9.18 allows 150."""
    keyed.write(*ZONE, "@ 0 NSEC3PARAM 1 0 151 AB", *(f"$INCLUDE {path}" for path in Path().glob("K*.key")))
    ours, theirs = keyed.sign("-S", *options)
    assert (ours.code, ours.stderr.replace("allowed 50", "allowed 150")) == (theirs.code, theirs.stderr)
    assert "iterations too big" in ours.stderr


def plain(scene: Scene) -> tuple[str, str, str]:
    """Put three keys' DNSKEY records into the zone; the names of a ZSK, a KSK and another KSK."""
    names = scene.keygen(), scene.keygen("-f", "KSK"), scene.keygen("-f", "KSK")
    scene.write(*ZONE, *(f"$INCLUDE {name}.key" for name in names))
    return names


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ((), ()),
        ((), (0, 1)),
        ((), (1, 2, 0)),
        ((), (0,)),
        (("-k", 1), ()),
        (("-k", 1), (0,)),
        (("-k", 1, "-k", 2), (0,)),
        (("-x", "-k", 2), (0,)),
        (("-z",), (1,)),
        (("-z", "-k", 1), ()),
        (("-P",), (2,)),
        (("-x",), ()),
        (("-3", "-"), (0, 1)),
    ],
    ids=str,
)
def test_keys_named_on_the_command_line(options, keys, scene):
    names = plain(scene)
    scene.sign_alike(*(names[x] if isinstance(x, int) else x for x in options), keys=[names[x] for x in keys])


def test_the_names_of_keys_may_be_those_of_their_files(scene):
    zsk, ksk, _ = plain(scene)
    assert scene.sign_alike("-k", f"{ksk}.private", keys=[f"{zsk}.key"])
    assert scene.sign_alike("-k", f"{ksk}.", keys=[f"./{zsk}"])


@pytest.mark.parametrize("first", [(), ("-x",), ("-z",), ("-x", "-z")], ids=str)
@pytest.mark.parametrize("second", [(), ("-x",), ("-z",), ("-x", "-z")], ids=str)
def test_roles_of_keys_on_a_zone_signed_otherwise(first, second, keyed):
    keyed.sign_alike("-S", *first)
    keyed.keep("signed")
    keyed.sign_alike("-S", *second, zone="signed")


@pytest.mark.parametrize("engine", ["openssl", "pkcs11", ""])
def test_a_known_engine_changes_no_record(engine, keyed):
    keyed.write(*SMALL)
    assert keyed.sign_alike("-S", "-E", engine)


def test_the_engine_openssl_leaves_all_to_libcrypto(keyed, monkeypatch):
    """Each signature is verified by itself: no table for many of them is made."""
    from fastsign import _core

    made = []
    monkeypatch.setattr(_core, "verify_count_signatures", lambda *_: made.append(1) or [])
    keyed.write(*SMALL)
    assert keyed.sign("-S", "-E", "openssl")[0].code == 0
    assert not made


@pytest.mark.parametrize("engine", ["chil", "OpenSSL"])
def test_an_engine_that_there_is_none_of_is_refused(engine, keyed):
    keyed.write(*SMALL)
    ours, _ = keyed.sign("-S", "-E", engine)
    assert ours.code == 1
    assert f"fatal: -E {engine}: no such engine" in ours.stderr
