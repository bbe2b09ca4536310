"""The picture of a forecast: a bar for each key, coloured by what it is doing, and the DS RRset below."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from fastsign.cli.compat.common import FatalError
from fastsign.rollover.forecast import Subject, Timeline

# What a key does -> its colour; light while caches do not agree yet.
_COLOURS = {
    "published": "#b9c9d8",
    "ready": "#6d8fb3",
    "taking over": "#9fd3ad",
    "in use": "#2f8f5b",
    "giving way": "#f3b562",
    "leaving": "#d9d4cc",
}
_DS_COLOURS = ("#4a4e69", "#8d91b5")
_INK, _FAINT = "#2b2d33", "#d5d8dd"


def draw(timeline: Timeline, title: str, path: str) -> None:
    """Write the picture, in the format that the file's name ends with. FatalError without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        raise FatalError("a picture needs matplotlib: install fastsign[plot]") from None
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "fastsign", "font.family": "sans-serif", "font.size": 9})
    from matplotlib.figure import Figure

    rows = [subject for subject in timeline.subjects if any(span.key == subject.key.name for span in timeline.spans)]
    rows.sort(key=lambda subject: (not subject.key.ksk, _begins(timeline, subject)))
    figure = Figure(figsize=(11, 1.5 + 0.34 * (len(rows) + 1.3)), layout="constrained")
    axes = figure.add_subplot()
    shortest = (timeline.ends - timeline.begins) // 400
    for row, subject in enumerate(rows):
        for since, until, phase in reversed([*phases(timeline, subject)]):  # a short one is seen before the next
            _bar(axes, row, since, max(until, since + shortest), _COLOURS[phase], 0.62)
    _draw_ds(axes, timeline, len(rows) + 0.3)
    _dress(axes, timeline, [subject.label for subject in rows], title)
    _legend(figure)
    metadata = {"Date": None} if path.endswith(".svg") else None
    figure.savefig(path, dpi=160, facecolor="white", metadata=metadata)


def phases(timeline: Timeline, subject: Subject) -> Iterator[tuple[int, int, str]]:
    """(since, until, what the key does), in the order of time."""
    mine = [span for span in timeline.spans if span.key == subject.key.name]
    moments = sorted({moment for span in mine for moment in (span.since, span.until)})
    run: tuple[int, int, str] | None = None
    for since, until in pairwise(moments):
        states = {span.record: span.state for span in mine if span.since <= since and until <= span.until}
        phase = _phase(states, subject.key.ksk, subject.key.zsk)
        if phase is None:
            continue
        if run and run[1] == since and run[2] == phase:
            run = (run[0], until, phase)
            continue
        if run:
            yield run
        run = (since, until, phase)
    if run:
        yield run


def _phase(states: dict[str, str], ksk: bool, zsk: bool) -> str | None:
    """By the DNSKEY, and by what the key is there for: a KSK for its DS, a ZSK for its signatures, a CSK for both."""
    dnskey = states.get("dnskey")
    if dnskey is None:
        return None
    if dnskey == "unretentive":
        return "leaving"
    serves = {states.get(record, "hidden") for record, has in (("ds", ksk), ("zrrsig", zsk)) if has}
    for state, phase in (("rumoured", "taking over"), ("unretentive", "giving way"), ("omnipresent", "in use")):
        if state in serves:
            return phase
    return "published" if dnskey == "rumoured" else "ready"


def _begins(timeline: Timeline, subject: Subject) -> int:
    return min(span.since for span in timeline.spans if span.key == subject.key.name)


def _day(moment: int) -> float:
    """Days since 1970, as matplotlib counts."""
    return moment / 86400


def _bar(axes: Any, row: float, since: int, until: int, colour: str, height: float) -> None:
    axes.barh(row, _day(until) - _day(since), left=_day(since), height=height, color=colour, linewidth=0)


def _draw_ds(axes: Any, timeline: Timeline, row: float) -> None:
    labels = {subject.key.name: subject.label for subject in timeline.subjects}
    whole = timeline.ends - timeline.begins
    for number, one in enumerate(timeline.delegations):
        _bar(axes, row, one.since, one.until, _DS_COLOURS[number % 2], 0.5)
        text = " + ".join(labels.get(key, key) for key in one.keys)
        if (one.until - one.since) > whole * 0.012 * len(text):
            middle = (_day(one.since) + _day(one.until)) / 2
            axes.text(middle, row, text, ha="center", va="center", color="white", fontsize=8)


def _dress(axes: Any, timeline: Timeline, labels: list[str], title: str) -> None:
    from matplotlib import dates

    make: Any = dates
    places = [*range(len(labels)), len(labels) + 0.3]
    axes.set_yticks(places, [*labels, "DS at the parent"])
    axes.set_ylim(len(labels) + 0.9, -0.7)
    margin = (timeline.ends - timeline.begins) * 0.01
    axes.set_xlim(_day(timeline.begins) - margin / 86400, _day(timeline.ends) + margin / 86400)
    locator = make.AutoDateLocator(minticks=4, maxticks=10)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(make.ConciseDateFormatter(locator, tz=UTC))
    axes.grid(axis="x", color=_FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.axvline(_day(timeline.begins), color="#c0392b", linewidth=1.4)
    now = datetime.fromtimestamp(timeline.begins, UTC).strftime("%Y-%m-%d %H:%M UTC")
    axes.annotate(
        f"now, {now}", (_day(timeline.begins), 1), (4, 3), xycoords=("data", "axes fraction"),
        textcoords="offset points", color="#c0392b", fontsize=8, va="bottom",
    )  # fmt: skip
    axes.set_title(title, loc="right", color=_INK, fontsize=11, pad=8)
    axes.tick_params(length=0, colors=_INK)
    for side in axes.spines.values():
        side.set_visible(False)


def _legend(figure: Any) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(color=colour, label=phase) for phase, colour in _COLOURS.items()]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(patches), frameon=False, fontsize=8.5)
