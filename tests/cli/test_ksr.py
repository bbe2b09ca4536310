"""`fastsign ksr`: dnssec-ksr's words and files. Debian 12 has no dnssec-ksr: its rules are worked out anew."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from fastsign.keys.files import KeyFile
from keyfile_scene import run_ours
from ksr_scene import (
    COMMON,
    DAY,
    HOUR,
    KSK_ROLL,
    NOW,
    YEAR,
    ZONE,
    Scene,
    Timing,
    blocks_of,
    in_zone,
    moment_of,
)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


# ---- keygen


def check_chain(keys: list[KeyFile], lifetime: int, timing: Timing, start: int = NOW) -> None:
    """Keys that take turns, each published in time and removed when nothing by it is left."""
    active = start
    for key in keys:
        times, state = key.times, key.state
        assert state is not None
        assert (times.created, times.activate, times.publish) == (NOW, active, active - timing.prepublication)
        assert (key.ttl, state.lifetime, state.ksk, state.zsk) == (
            timing.ttl,
            lifetime,
            key.flags == 257,
            key.flags == 256,
        )
        if not lifetime:
            assert (times.inactive, times.delete, times.sync_delete) == (None, None, None)
            continue
        active += lifetime
        stays = timing.parent if state.ksk else timing.max_ttl + timing.propagation + timing.signing_delay
        assert (times.inactive, times.delete) == (active, active + stays + timing.publish)
        assert times.sync_delete == (active if state.ksk else None)


def test_keys_are_made_for_the_whole_span(scene: Scene) -> None:
    zsks = scene.keygen("common")
    assert [(key.flags, key.algorithm, key.bits) for key in zsks] == [(256, 13, 256)] * 2
    check_chain(zsks, 186 * DAY, COMMON)


def test_ksks_are_made_with_o(scene: Scene) -> None:
    (ksk,) = scene.keygen("common", "+1y", "-o")
    assert ksk.flags == 257
    check_chain([ksk], 0, COMMON)
    assert ksk.times.sync_publish == NOW - COMMON.prepublication + DAY + 300  # once signatures are in all caches


def test_only_the_first_ksk_waits_for_signatures_before_its_ds(scene: Scene) -> None:
    ksks = scene.keygen("ksk-roll", "+1y", "-o")
    assert len(ksks) == 2
    check_chain(ksks, 186 * DAY, KSK_ROLL)
    first, second = (key.times for key in ksks)
    assert first.sync_publish == NOW - KSK_ROLL.prepublication + DAY + 300
    assert second.sync_publish == second.activate == first.inactive


def test_each_algorithm_has_its_chain(scene: Scene) -> None:
    zsks = scene.keygen("two-tone")
    by_algorithm = {number: [key for key in zsks if key.algorithm == number] for number in (8, 15)}
    check_chain(by_algorithm[8], 93 * DAY, COMMON)
    check_chain(by_algorithm[15], 155 * DAY, COMMON)
    assert [len(keys) for keys in by_algorithm.values()] == [4, 3]
    assert {key.bits for key in by_algorithm[8]} == {1024}


def test_a_key_without_end_serves_for_ever(scene: Scene) -> None:
    zsks = scene.keygen("unlimited", "+20y")
    assert len(zsks) == 1
    check_chain(zsks, 0, COMMON)


def test_keys_that_are_there_are_selected_and_left_alone(scene: Scene) -> None:
    made = [key.path for key in scene.keygen("common")]
    before = {path: path.read_bytes() for path in (scene.folder / "zsks").iterdir()}
    assert [key.path for key in scene.keygen("common")] == made
    assert {path: path.read_bytes() for path in (scene.folder / "zsks").iterdir()} == before
    done = scene.run("common", "-K", "zsks", "-e", "+2y", "-v", "1", "keygen")
    assert [line.split(" key pair for bundle ")[0] for line in done.stderr.splitlines()] == [
        "Selecting", "Selecting", "Generating", "Generating",
    ]  # fmt: skip
    assert {path: path.read_bytes() for path in before} == before
    more = scene.keygen("common", "+2y")
    assert [key.path for key in more][:2] == made
    check_chain(more, 186 * DAY, COMMON)


def test_keys_reach_the_end_where_the_first_is_near_its_own(scene: Scene) -> None:
    """Counted by lifetimes from the start, as BIND counts, the last one is missing."""
    scene.keygen("common")
    later = scene.keygen("common", "+722d", start="+350d")
    check_chain(later, 186 * DAY, COMMON, NOW + 186 * DAY)
    assert [key.times.inactive for key in later] == [NOW + number * 186 * DAY for number in (2, 3, 4)]
    assert "generated at" in scene.request("common", "+722d", "+350d")


def test_a_span_that_begins_in_the_middle_goes_on_from_the_key_that_is_there(scene: Scene) -> None:
    made = scene.keygen("common")
    later = scene.keygen("common", "+2y", start="+100d")
    assert [key.path for key in later[:2]] == [key.path for key in made]
    check_chain(later, 186 * DAY, COMMON)
    assert (later[-1].times.inactive or 0) > NOW + 100 * DAY + YEAR


def test_a_new_key_has_a_tag_that_is_free(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastsign.cli.compat import ksr_keygen

    make_key, made = ksr_keygen.make_key, []

    def thrice(algorithm: int, bits: int) -> object:
        made.append(make_key(algorithm, bits))
        return made[0] if len(made) == 2 else made[-1]  # the second is the first once more

    monkeypatch.setattr(ksr_keygen, "make_key", thrice)
    done = scene.run("common", "-K", "zsks", "-e", "+1y", "-v", "1", "keygen")
    assert len(set(done.stdout.split())) == 2
    assert done.stderr.count("already exists, or might collide with another key upon revokation.") == 1
    assert len(made) == 3


# ---- request


@pytest.mark.parametrize(
    ("policy", "end", "length"), [("common", "+1y", YEAR), ("two-tone", "+1y", YEAR), ("unlimited", "+4y", 4 * YEAR)]
)
def test_a_request_has_a_bundle_for_each_set_of_keys(scene: Scene, policy: str, end: str, length: int) -> None:
    zsks = scene.keygen(policy, end)
    blocks = blocks_of(scene.request(policy, end), "KeySigningRequest")
    events = {moment for key in zsks for moment in (key.times.publish, key.times.delete)}
    expected = sorted({NOW, *(moment for moment in events if moment is not None and NOW < moment <= NOW + length)})
    assert [block.inception for block in blocks] == expected
    for block in blocks:
        wanted = [f"256 3 {key.algorithm} {chunks(key.public_key)}" for key in in_zone(zsks, block.inception)]
        assert sorted(block.of("DNSKEY")) == sorted(wanted)
        assert {record.rpartition(" DNSKEY ")[0] for record in block.records} == {f"{ZONE}. 3600 IN"}


def chunks(octets: bytes) -> str:
    text = base64.b64encode(octets).decode()
    return " ".join(text[at : at + 56] for at in range(0, len(text), 56))


def test_records_stand_in_the_columns_of_bind(scene: Scene) -> None:
    scene.keygen("common")
    lines = scene.request("common").splitlines()
    assert lines[0] == ";; KeySigningRequest 1.0 20261118110640 (Wed Nov 18 11:06:40 2026)"
    assert lines[1].startswith("example.test.\t\t3600\tIN\tDNSKEY\t256 3 13 ")


def test_a_request_is_refused_where_keys_are_missing(scene: Scene) -> None:
    scene.keygen("common")
    done = scene.run("common", "-K", "zsks", "-e", "+3y", "request")
    assert done.code == 1
    assert done.stdout == ""
    assert done.stderr.startswith("dnssec-ksr: fatal: no example.test/ECDSAP256SHA256 zsk key pair found for bundle ")


# ---- the command line


def test_errors_are_those_of_bind(scene: Scene) -> None:
    named = ("-l", "named.conf", "-k", "common")
    for arguments, message in (
        ((*named, "foobar", ZONE), "unknown command 'foobar'"),
        ((*named, "keygen", ZONE), "keygen requires an end date"),
        ((*named, "request", ZONE), "request requires an end date"),
        ((*named, "-e", "+1y", "sign", ZONE), "'sign' requires a KSR file"),
        ((*named, "-e", "never", "keygen", ZONE), "keygen requires an end date"),
        ((*named, "-e", "+1y", "keygen"), "must provide a command and zone name"),
        ((*named, "-e", "+1y", "keygen", "a..b"), "invalid zone name a..b: empty label"),
        (("-k", "common", "-e", "+1y", "keygen", ZONE), "keygen requires a configuration file"),
        (("-l", "named.conf", "-e", "+1y", "request", ZONE), "request requires a dnssec-policy"),
        ((*named[:3], "csk", "-e", "+1y", "keygen", ZONE), "no keys created for policy 'csk'"),
        ((*named[:3], "insecure", "-e", "+1y", "keygen", ZONE), "failed to load dnssec-policy 'insecure'"),
        ((*named[:3], "other", "-e", "+1y", "keygen", ZONE), "failed to load dnssec-policy 'other'"),
        ((*named, "-K", "none", "-e", "+1y", "keygen", ZONE), "cannot open directory none: file not found"),
        ((*named, "-v", "x", "-e", "+1y", "keygen", ZONE), "-v must be followed by a number"),
        ((*named, "-F", "-e", "+1y", "keygen", ZONE), "option -F is not supported by fastsign-"),
        ((*named, "-E", "softhsm", "keygen", ZONE), "-E softhsm: no such engine"),
        ((*named, "-e", "+1y", "-f", "none", "sign", ZONE), "unable to open KSR file none: file not found"),
        (("-l", "none", "-k", "a", "-e", "+1y", "keygen", ZONE), "unable to load dnssec-policy 'a' from 'none'"),
    ):
        done = run_ours(scene.folder, "dnssec-ksr", *arguments, now=NOW)
        assert done.code == 1, arguments
        assert done.stderr.splitlines()[-1].startswith(f"dnssec-ksr: fatal: {message}"), done.stderr
        assert done.stdout == ""


def test_a_configuration_with_an_error_is_told_of_by_its_place(scene: Scene) -> None:
    (scene.folder / "bad.conf").write_text('dnssec-policy "common" { keys { ksk algorithm nonsense; }; };\n')
    done = run_ours(scene.folder, "dnssec-ksr", "-l", "bad.conf", "-k", "common", "-e", "+1y", "keygen", ZONE)
    assert "bad.conf:1:" in done.stderr
    assert done.stderr.endswith("fatal: unable to load dnssec-policy 'common' from 'bad.conf'\n")


def test_moments_may_be_dates(scene: Scene) -> None:
    (zsk,) = scene.keygen("common", "20270201", start="20270101")
    assert zsk.times.activate == moment_of("20270101000000")
    assert zsk.times.publish == moment_of("20270101000000") - 2 * HOUR - 300
