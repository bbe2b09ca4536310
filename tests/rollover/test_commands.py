"""What an operator says of a DS or of a key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastsign.errors import RolloverError
from fastsign.kasp.policy import DAY, HOUR, MINUTE
from fastsign.keys.metadata import KeyTimes
from fastsign.rollover.commands import NO_MATCH, NOT_ACTIVE, TOO_MANY, checkds, rollover_now
from rollover_scene import CSK, KSK, START, ZSK, key, letters, policy

ACTIVE = KeyTimes(created=START, publish=START, activate=START)
OTHER = replace(KSK, algorithm=14, bits=384)


@pytest.mark.parametrize(
    ("published", "state", "field"),
    [(True, "O:O-OR", "ds_publish"), (False, "O:O-OU", "ds_delete")],
)
def test_checkds_moves_the_ds_of_the_only_ksk(published, state, field):
    zsk, ksk = key(1, ZSK, "OO--"), key(2, KSK, "O-OH")
    after = checkds([zsk, ksk], policy(KSK, ZSK), START + 5, published)
    assert after[0] is zsk
    assert letters(after[1]) == state
    assert getattr(after[1].times, field) == START + 5
    assert after[1].times.ds_change is None


@pytest.mark.parametrize(
    ("tag", "algorithm", "reason", "message"),
    [
        (None, None, TOO_MANY, "multiple possible keys found, retry command with -key id"),
        (9, None, NO_MATCH, "key 9: no matching key found"),
        (2, 14, NO_MATCH, "key 2: no matching key found"),
        (1, None, NO_MATCH, "key 1: no matching key found"),  # a ZSK has no DS
    ],
)
def test_checkds_is_about_one_ksk(tag, algorithm, reason, message):
    keys = [key(1, ZSK, "OO--"), key(2, KSK, "O-OH"), key(3, OTHER, "O-OH")]
    with pytest.raises(RolloverError) as error:
        checkds(keys, policy(), START, True, tag, algorithm)
    assert (error.value.reason, str(error.value)) == (reason, message)


def test_checkds_names_a_key_by_tag_and_algorithm():
    keys = [key(2, KSK, "O-OH"), key(2, OTHER, "O-OH")]
    after = checkds(keys, policy(), START, True, 2, 14)
    assert [letters(one) for one in after] == ["O:O-OH", "O:O-OR"]


def test_rollover_sets_when_the_key_retires():
    one = key(1, CSK, "OOOO", times=ACTIVE)
    (after,) = rollover_now([one], policy(), 1, None, START + 7 * DAY, START)
    assert after == one.with_times(inactive=START + 7 * DAY + 2 * HOUR + 5 * MINUTE)


@pytest.mark.parametrize(
    ("tag", "times", "reason"),
    [
        (9, ACTIVE, NO_MATCH),
        (1, ACTIVE, TOO_MANY),
        (2, KeyTimes(created=START), NOT_ACTIVE),
        (2, ACTIVE._replace(activate=START + 1), NOT_ACTIVE),
    ],
)
def test_rollover_is_about_one_key_in_use(tag, times, reason):
    keys = [key(1, KSK, times=ACTIVE), key(1, OTHER, times=ACTIVE), key(2, ZSK, times=times)]
    with pytest.raises(RolloverError) as error:
        rollover_now(keys, policy(), tag, None, START, START)
    assert error.value.reason == reason
