"""What holds whatever happens: random policies, schedules, commands and changes of policy."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from fastsign.errors import RolloverError
from fastsign.kasp.policy import DAY, HOUR, Policy
from fastsign.rollover import rules
from fastsign.rollover.commands import rollover_now
from fastsign.rollover.key import CHANGE_OF
from fastsign.rollover.outcome import Observations
from fastsign.rollover.rules import View
from rollover_scene import CSK, KSK, ZSK, Zone, letters, policy

SEQUENCES = [(CSK,), (KSK, ZSK), (ZSK, KSK)]
OTHER = {"algorithm": 14, "bits": 384}
delays = st.sampled_from([0, 60, HOUR, DAY])
lifetimes = st.sampled_from([0, 5 * DAY, 30 * DAY, 90 * DAY])


@st.composite
def policies(draw, insecure: bool = True) -> Policy:
    lines = draw(st.sampled_from([*SEQUENCES, ()] if insecure else SEQUENCES))
    other = draw(st.booleans())
    lines = [replace(line, lifetime=draw(lifetimes), **(OTHER if other else {})) for line in lines]
    return replace(
        policy(),
        keys=tuple(lines),
        dnskey_ttl=draw(delays),
        max_zone_ttl=draw(delays),
        parent_ds_ttl=draw(delays),
        parent_propagation_delay=draw(delays),
        publish_safety=draw(delays),
        retire_safety=draw(delays),
        zone_propagation_delay=draw(delays),
        purge_keys=draw(st.sampled_from([0, DAY, 90 * DAY])),
        manual_mode=draw(st.sampled_from([False, False, True])),
    )


class Watched(Zone):
    """A zone whose every change is looked at."""

    def step(self, **options):
        ttls = (self.policy.dnskey_ttl, self.seen.dnskey_ttl or 0, *(key.ttl for key in self.keys))
        self.seen = Observations(dnskey_ttl=max(ttls))
        before, done = View(self.keys), super().step(**options)
        after = View(done.keys)
        insecure = not self.policy.keys
        if rules.have_ds(before, insecure):
            assert rules.have_ds(after, insecure)
        for algorithm in {key.algorithm for key in self.keys}:
            for rule in (2, 3):
                if rules.holds(rule, before, algorithm):
                    assert rules.holds(rule, after, algorithm), (rule, done)
        assert done.next_event is None or done.next_event > self.now
        self.check_twice(done)
        self.check_keys(done)
        return done

    def check_twice(self, done):
        """The same step again changes nothing."""
        counted, parent_follows, self.parent_follows = len(self.steps), self.parent_follows, False
        kept, self.keys = self.keys, done.keys
        again = Zone.step(self)
        assert (again.keys, again.made, again.purged, again.changes) == (done.keys, (), (), ())
        assert again.next_event == done.next_event or self.policy.manual_mode
        self.keys, self.parent_follows = kept, parent_follows
        del self.steps[counted:]

    def check_keys(self, done):
        tags = [(key.algorithm, tag) for key in done.keys for tag in (key.tag, key.revoked_tag)]
        assert len(tags) == len(set(tags))
        for key in done.keys:
            assert key.ttl == self.policy.dnskey_ttl
            assert (key.state.ksk, key.state.zsk) == (key.ksk, key.zsk)
            for record, change in CHANGE_OF.items():
                assert (key.state_of(record) is None) == (getattr(key.times, change) is None)


actions = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(0, 40 * DAY)),
        st.tuples(st.just("events"), st.integers(1, 6)),
        st.tuples(st.just("parent"), st.booleans()),
        st.tuples(st.just("roll"), st.integers(0, 3)),
        st.tuples(st.just("step"), st.just(0)),
        st.tuples(st.just("policy"), policies()),
    ),
    max_size=14,
)


def perform(zone: Zone, action: str, value: object) -> None:
    if action == "wait":
        zone.now += value
        zone.step()
    elif action == "events":
        for _ in range(value):
            zone.now = zone.step().next_event or zone.now
    elif action == "parent":
        zone.parent_follows = value
    elif action == "policy":
        zone.policy = value
        zone.step()
    elif action == "step":
        zone.step(force=True)
    elif zone.keys:
        key = zone.keys[value % len(zone.keys)]
        try:
            zone.keys = rollover_now(zone.keys, zone.policy, key.tag, key.algorithm, zone.now, zone.now)
        except RolloverError:
            return
        zone.step()


@settings(max_examples=150, deadline=None)
@given(policies(), actions)
def test_a_rule_that_holds_goes_on_holding(first, schedule):
    zone = Watched(first)
    zone.step(force=True)
    for action, value in schedule:
        perform(zone, action, value)


@settings(max_examples=60, deadline=None)
@given(policies(insecure=False), st.lists(policies(insecure=False), max_size=3), st.integers(0, 40 * DAY))
def test_in_the_end_each_line_has_its_key_and_all_others_are_hidden(last, earlier, pause):
    last = replace(last, keys=tuple(replace(line, lifetime=0) for line in last.keys), manual_mode=False)
    zone = Watched(earlier[0] if earlier else last)
    for one in [*earlier, last]:
        zone.policy = replace(one, manual_mode=False)
        zone.now += pause
        zone.step()
    zone.run(120 * DAY)
    wanted = [key for key in zone.keys if key.is_wanted]
    assert sorted((key.role, key.algorithm) for key in wanted) == sorted(
        (line.role, line.algorithm) for line in last.keys
    )
    for key in zone.keys:
        assert set(letters(key)[2:]) - {"-"} == ({"O"} if key.is_wanted else {"H"})
    assert zone.steps[-1].waits == ()


@settings(max_examples=15, deadline=None)
@given(policies(insecure=False), st.data())
def test_nothing_changes_before_the_next_event(first, data):
    zone = Zone(replace(first, purge_keys=0))
    for _ in range(25):
        zone.step(force=True)  # after which the parent does as it is asked
        zone.parent_follows = False
        event = zone.step(force=True).next_event
        if event is None:
            break
        keys, zone.now = zone.keys, data.draw(st.integers(zone.now, event - 1), label="between")
        between = zone.step(force=True)
        assert between.keys == keys
        assert between.next_event == event
        zone.now, zone.parent_follows = event, True


@settings(max_examples=15, deadline=None)
@given(policies(insecure=False), st.lists(st.integers(0, 9 * DAY), min_size=25, max_size=25))
def test_a_late_step_is_never_ahead_of_one_in_time(first, lateness):
    first = replace(first, purge_keys=0, manual_mode=False)
    first = replace(first, keys=tuple(replace(line, lifetime=90 * DAY) for line in first.keys if line.ksk))

    def moments(delays):
        zone, found = Zone(first), {}
        for late in delays:
            done = zone.step()
            for change in done.changes:
                found[change.key, change.record, change.after] = zone.now
            zone.now = (done.next_event or zone.now) + late
        return found

    in_time, late = moments([0] * len(lateness)), moments(lateness)
    for change in in_time.keys() & late.keys():
        assert late[change] >= in_time[change]
