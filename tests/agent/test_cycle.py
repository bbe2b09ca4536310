"""One pass over a zone: what is published, what is kept, what is never done."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import tools
from agent_scene import CSK, DAY, HOUR, INSECURE, PAIR, START, ZONE, Scene
from fastsign.agent import publish
from fastsign.errors import FastsignError, KeyFileError, SigningError, ZoneError
from fastsign.kasp.policy import Nsec3Rule
from fastsign.zone.arithmetic import is_greater


def test_default_policy_from_nothing_makes_one_csk_and_a_zone_that_verifies(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    outcome = scene.run()
    assert outcome.deed == "signed"
    scene.accept()
    (key,) = scene.keys
    assert (key.role, key.algorithm, key.ttl, key.state.lifetime) == ("CSK", 13, 3600, 0)
    assert key.times.publish == key.times.activate == START
    assert (key.state.goal, key.state.dnskey, key.state.zrrsig) == ("omnipresent", "rumoured", "rumoured")
    assert scene.signers("DNSKEY") == scene.signers("SOA") == {key.tag}
    assert scene.rdata("CDS") == [], "before all caches can have the signatures"
    assert outcome.due == START + HOUR + HOUR + 300
    assert scene.leftovers() == []


def test_key_files_are_those_of_keygen_but_for_the_states(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run()
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    tools.run("dnssec-keygen", "-q", "-k", "default", scene.origin, cwd=theirs)

    def tags(folder: Path, suffix: str) -> list[str]:
        (path,) = folder.glob(f"*{suffix}")
        return [line.partition(":")[0] for line in path.read_text().splitlines() if line[0] != ";"]

    ours, keygens = tags(scene.keys_folder, ".state"), tags(theirs, ".state")
    assert [line for line in ours if line in keygens] == keygens
    assert tags(scene.keys_folder, ".private")[:4] == tags(theirs, ".private")[:4]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in scene.keys_folder.glob("*.private"))


def test_unchanged_zone_is_not_written_again(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run()
    before = os.stat(scene.signed), scene.signed.read_bytes()
    scene.now += HOUR
    assert scene.run().deed == "unchanged"
    after = os.stat(scene.signed)
    assert (after.st_ino, after.st_mtime_ns) == (before[0].st_ino, before[0].st_mtime_ns)
    assert scene.signed.read_bytes() == before[1]


def test_changed_zone_costs_its_changes(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    first = scene.run()
    scene.now += HOUR
    scene.edit(lambda text: text + "new A 192.0.2.9\n")
    second = scene.run()
    scene.accept()
    assert second.deed == "signed"
    assert second.generated == 4, "SOA, the new RRset, its NSEC and the one before"
    assert second.retained == first.generated - 2


def test_the_zone_published_last_is_not_read_for_its_signatures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path)
    first = scene.run()
    monkeypatch.setattr(publish, "add_signatures", None)  # it can't be called
    scene.now += HOUR
    scene.edit(lambda text: text + "new A 192.0.2.9\n")
    assert scene.run().retained == first.generated - 2
    scene.accept()


@pytest.mark.parametrize("spoil", [os.unlink, lambda path: os.truncate(path, 100), lambda path: os.truncate(path, 0)])
def test_without_a_good_image_nothing_is_wrong(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    scene = Scene(tmp_path)
    first = scene.run()
    spoil(Path(f"{scene.signed}.fsi"))
    scene.now += HOUR
    scene.edit(lambda text: text + "new A 192.0.2.9\n")
    assert scene.run().retained == first.generated - 2, "the published zone has them too"
    scene.accept()
    assert Path(f"{scene.signed}.fsi").stat().st_size > 500


def test_serial_is_respected_and_always_ahead(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run()
    assert scene.serial() == 1
    for own, expected in ((1, 2), (2, 3), (10, 10), (5, 11), (2**31 + 5, 2**31 + 5), (1, 1)):
        scene.now += HOUR
        scene.write(ZONE.replace("host 1 ", f"host {own} ") + f"at{scene.now} A 192.0.2.9\n")
        before = scene.serial()
        scene.run()
        assert scene.serial() == expected
        assert is_greater(scene.serial(), before)


@pytest.mark.parametrize("method", ["unixtime", "date"])
def test_serial_by_other_methods_is_ahead_too(tmp_path: Path, method: str) -> None:
    scene = Scene(tmp_path, options={"serial_update_method": method})
    serials = []
    for _ in range(3):
        scene.edit(lambda text: text + f"at{scene.now} A 192.0.2.9\n")
        scene.run()
        serials.append(scene.serial())
        scene.now += 1
    assert serials == sorted(set(serials))
    assert str(serials[0]).startswith(str(START) if method == "unixtime" else "20261118")


def test_cds_follows_the_ds_state_and_the_policy(tmp_path: Path) -> None:
    policy = replace(PAIR, cds_digest_types=(2, 4), cdnskey=False)
    scene = Scene(tmp_path, policy)
    list(scene.run_until(START + 2 * DAY))
    assert {rdata.split()[2] for rdata in scene.rdata("CDS")} == {"2", "4"}
    assert scene.rdata("CDNSKEY") == []
    assert scene.signers("CDS") == {scene.key("KSK").tag}
    scene.policy = PAIR
    scene.run()
    assert {rdata.split()[2] for rdata in scene.rdata("CDS")} == {"2"}
    assert scene.rdata("CDNSKEY") == scene.rdata("DNSKEY")[1:]
    scene.accept()


def test_broken_zone_file_leaves_the_good_zone_and_keeps_it_signed(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run()
    good = scene.rdata("A", "www.example.")
    scene.write("$TTL 3600\n@ IN SOA broken\n")
    scene.now += HOUR
    outcome = scene.run()
    assert outcome.deed == "unchanged"
    assert "example.db:2" in outcome.problems[0]
    scene.now += 12 * DAY
    outcome = scene.run()
    assert (outcome.deed, len(outcome.problems)) == ("signed", 1)
    scene.accept()
    assert scene.rdata("A", "www.example.") == good
    scene.write(ZONE.replace("192.0.2.2", "192.0.2.7"))
    assert scene.run().problems == ()
    assert scene.rdata("A", "www.example.") == ["192.0.2.7"]
    scene.accept()


def test_ttl_above_max_zone_ttl_is_refused(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.edit(lambda text: text + "long 172800 A 192.0.2.9\n")
    with pytest.raises(ZoneError, match="TTL 172800 exceeds configured max-zone-ttl 86400"):
        scene.run()
    assert not scene.signed.exists()


def test_unreadable_key_is_an_error_and_makes_no_new_key(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run()
    (private,) = scene.keys_folder.glob("*.private")
    content = private.read_text()
    private.write_text("Private-key-format: v1.3\nnonsense\n")
    scene.now += 13 * DAY
    with pytest.raises(KeyFileError):
        scene.run()
    assert len(list(scene.keys_folder.glob("*.key"))) == 1
    private.write_text(content)
    assert scene.run().deed == "signed"


def test_lost_keys_are_an_error_and_the_zone_stays(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run()
    before = scene.signed.read_bytes()
    for path in scene.keys_folder.glob("K*"):
        path.unlink()
    scene.edit(lambda text: text + "new A 192.0.2.9\n")
    with pytest.raises(SigningError, match="are missing"):
        scene.run()
    assert scene.signed.read_bytes() == before
    assert list(scene.keys_folder.glob("K*")) == []


def test_loss_of_the_memory_is_survived(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run()
    serial = scene.serial()
    (scene.keys_folder / ".fastsign" / "example.json").write_text("{ not json")
    scene.now += HOUR
    outcome = scene.run()
    assert (outcome.deed, outcome.generated) == ("signed", 1)
    assert scene.serial() == serial + 1
    scene.accept()
    assert scene.run().deed == "unchanged"


def test_signed_zone_that_went_missing_or_bad_is_made_anew_with_a_later_serial(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run()
    scene.signed.unlink()
    scene.now += HOUR
    scene.run()
    assert scene.serial() == 2
    scene.signed.write_text("garbage")
    scene.run()
    assert scene.serial() == 3
    assert any("can't be read" in text for text in scene.said)
    scene.accept()


def test_zone_without_inline_signing_is_signed_in_place(tmp_path: Path) -> None:
    scene = Scene(tmp_path, PAIR, inline=False)
    scene.run()
    scene.accept()
    assert scene.serial() == 2
    scene.now += HOUR
    assert scene.run().deed == "unchanged"
    scene.edit(lambda text: text + "new.example. 3600 IN A 192.0.2.9\n")
    outcome = scene.run()
    assert (outcome.deed, outcome.generated) == ("signed", 4)
    assert scene.serial() == 3
    scene.accept()
    assert scene.leftovers() == []


@pytest.mark.parametrize("inline", [True, False])
def test_other_signers_keys_are_published_and_never_removed(tmp_path: Path, inline: bool) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    ksk = tools.run("dnssec-keygen", "-q", "-a", "13", "-f", "KSK", "example.", cwd=theirs).stdout.strip()
    zsk = tools.run("dnssec-keygen", "-q", "-a", "13", "example.", cwd=theirs).stdout.strip()
    dnskeys = "".join((theirs / f"{name}.key").read_text() for name in (ksk, zsk))
    cds = tools.run("dnssec-dsfromkey", "-C", "-2", f"{ksk}.key", cwd=theirs).stdout
    scene = Scene(tmp_path, PAIR, inline=inline)
    scene.run()
    scene.edit(lambda text: text + dnskeys + cds)
    list(scene.run_until(scene.now + 3 * DAY))
    assert len(scene.rdata("DNSKEY")) == 4
    assert len(scene.rdata("CDS")) == 2
    assert scene.signers("DNSKEY") == scene.signers("CDS") == {scene.key("KSK").tag}
    scene.accept()
    list(scene.run_until(scene.now + 40 * DAY))
    published = scene.rdata("DNSKEY")
    assert all(
        line.split("DNSKEY ")[1].split()[3][:20] in "".join(published)
        for line in dnskeys.splitlines()
        if ";" not in line
    )
    scene.accept()


def test_nsec3_salt_changes_only_with_the_parameters(tmp_path: Path) -> None:
    policy = replace(PAIR, nsec3=Nsec3Rule(0, False, 8))
    scene = Scene(tmp_path, policy)
    scene.run()
    scene.accept()
    (first,) = scene.rdata("NSEC3PARAM")
    scene.edit(lambda text: text + "new A 192.0.2.9\n")
    scene.now += 12 * DAY
    scene.run()
    assert scene.rdata("NSEC3PARAM") == [first]
    scene.policy = replace(policy, nsec3=Nsec3Rule(0, True, 4))
    scene.run()
    scene.accept()
    (second,) = scene.rdata("NSEC3PARAM")
    assert len(second.split()[3]) == 8
    scene.policy = PAIR
    scene.run()
    scene.accept()
    assert scene.rdata("NSEC3PARAM") == []


def test_policy_none_does_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path, None)
    assert scene.run().deed == "none"
    assert list(scene.keys_folder.iterdir()) == []
    assert not scene.signed.exists()


def test_zone_goes_insecure_safely_and_is_unsigned_in_the_end(tmp_path: Path) -> None:
    scene = Scene(tmp_path, PAIR)
    for _ in scene.run_until(START + 4 * DAY):
        scene.hand_ds_over()
    scene.policy = INSECURE
    saw_delete = False
    for outcome in scene.run_until(scene.now + 30 * DAY):
        if outcome.deed == "signed":
            scene.accept()
            saw_delete |= scene.rdata("CDS") == ["0 0 0 00"] and scene.rdata("CDNSKEY") == ["0 3 0 AA=="]
        if outcome.deed == "unsigned":
            assert all(key.state.ds in (None, "hidden") for key in scene.keys)
        scene.hand_ds_over()
    assert saw_delete
    types = {line.split()[3] for line in scene.records()}
    assert types == {"SOA", "NS", "A", "TXT"}
    assert {key.state.dnskey for key in scene.keys} == {"hidden"}
    assert scene.run().deed == "unchanged"


def test_zone_that_does_not_verify_is_not_published_and_nothing_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastsign.errors import VerificationError
    from fastsign.sign import verify

    scene = Scene(tmp_path, PAIR)
    scene.run()
    before = scene.signed.read_bytes(), scene.keys

    def fail(*_: object) -> None:
        raise VerificationError("it does not verify")

    scene.now += 25 * HOUR + 300
    with monkeypatch.context() as patch:
        patch.setattr(verify, "gate", fail)
        with pytest.raises(FastsignError, match="does not verify"):
            scene.run()
    assert (scene.signed.read_bytes(), scene.keys) == before
    assert scene.leftovers() == []
    assert scene.run().deed == "signed"


def test_csk_policy_is_the_default(tmp_path: Path) -> None:
    assert CSK.keys[0].role == "CSK"
    scene = Scene(tmp_path, CSK)
    scene.run()
    assert len(scene.rdata("DNSKEY")) == 1
