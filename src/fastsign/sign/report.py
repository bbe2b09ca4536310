"""What a run did and how long each step took: one object that feeds statistics, benchmarks and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_SIGNATURES = ("generated", "retained", "dropped", "verified", "unverified")


@dataclass(slots=True)
class Report:
    """Counts and times of one signing. `tick` gives seconds that only go forward, for durations."""

    tick: Callable[[], float]
    generated: int = 0  # signatures made
    retained: int = 0  # signatures of the input that were kept
    dropped: int = 0  # signatures of the input that were not
    verified: int = 0  # signatures of the input that were checked and found right ...
    unverified: int = 0  # ... and wrong
    octets: int = 0  # of the output
    first_expiration: int | None = None  # of the signatures in the output, as read back: seconds until the first ends
    highest_ttl: int = 0  # in the output, as read back
    workers: int = 1
    phases: dict[str, float] = field(default_factory=dict)  # step -> seconds, in the order they ran
    watch: Callable[[str, int, int], None] | None = None  # told (step, done, all) while a step runs

    def conclude(self, total: float) -> SigningReport:
        """What is to be told of a run that took so many seconds in all."""
        counts = {name: getattr(self, name) for name in (*_SIGNATURES, "octets", "workers")}
        return SigningReport(**counts, seconds={**self.phases, "total": total}, peak_memory=_peak_memory())

    def restart(self) -> None:
        """Forget what was counted; the time that it took stays."""
        for name in (*_SIGNATURES, "octets"):
            setattr(self, name, 0)

    def add(self, other: Report) -> None:
        """Count what another run did as well."""
        for name in (*_SIGNATURES, "octets"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, seconds in other.phases.items():
            self.phases[name] = self.phases.get(name, 0.0) + seconds

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a step; its seconds add up if it runs more than once."""
        started = self.tick()
        self.progress(name, 0, 0)
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + self.tick() - started

    def progress(self, name: str, done: int, total: int) -> None:
        """Say how far a step has come."""
        if self.watch is not None:
            self.watch(name, done, total)


@dataclass(frozen=True, slots=True)
class SigningReport:
    """What a signing did: its counts, and the seconds that each of its steps took, in the order they ran.

    *verified* and *unverified* are signatures of the input that were checked, and were right or wrong; *octets* those
    of the output. *peak_memory* is what the process, or the largest of its workers, had at most since it began, in
    octets; what they share counts in each.
    """

    generated: int
    retained: int
    dropped: int
    verified: int
    unverified: int
    octets: int
    workers: int
    seconds: Mapping[str, float]
    peak_memory: int

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values, for JSON."""
        return {
            "signatures": {name: getattr(self, name) for name in _SIGNATURES},
            "octets": self.octets,
            "workers": self.workers,
            "seconds": {name: round(seconds, 6) for name, seconds in self.seconds.items()},
            "peak_memory": self.peak_memory,
        }


def _peak_memory() -> int:
    import resource

    return 1024 * max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
