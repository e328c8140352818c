"""A scene laid out for viewing: where bars, marks, labels and ticks are, in per cent of the width."""

from collections.abc import Sequence
from dataclasses import dataclass

from manifests.audio import Samples
from manifests.records import Aside, Event, PlacedTurn, Role, Scene
from previews.waveform import bins_for, levels, outline

TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60)
MOST_TICKS = 16


@dataclass(frozen=True)
class Bar:
    """The span of a turn, or of an aside, in its lane.

    Attributes:
        line: its place in `said_in_order`, which is also its line in the transcript.
    """

    role: Role
    line: int
    left: float
    width: float
    start_s: float
    end_s: float
    cut: bool


@dataclass(frozen=True)
class Mark:
    """An event in the middle lane, with the words that describe it."""

    kind: str
    role: Role
    left: float
    width: float
    label: str
    title: str


@dataclass(frozen=True)
class Tick:
    """A time on the axis."""

    left: float
    label: str


@dataclass(frozen=True)
class Wave:
    """One channel's outlines; the view box is `bins` wide and 200 high."""

    role: Role
    bins: int
    peak: str
    rms: str
    peak_level: float


@dataclass(frozen=True)
class Timeline:
    """Everything that is drawn of one scene."""

    duration_s: float
    waves: tuple[Wave, Wave]
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]


def timeline_of(scene: Scene) -> Timeline:
    """Lay out a scene. Both waveforms share one scale, so that loudness can be compared visually."""
    duration_s = max(len(scene.samples) / scene.sample_rate, 1e-3)
    return Timeline(
        duration_s=duration_s,
        waves=_waves(scene, duration_s),
        bars=tuple(_bar(said, line, duration_s) for line, said in enumerate(said_in_order(scene))),
        marks=tuple(_mark(event, scene, duration_s) for event in _marked(scene.events)),
        ticks=_ticks(duration_s),
    )


def said_in_order(scene: Scene) -> tuple[PlacedTurn | Aside, ...]:
    """Return turns and asides in the order of their onsets."""
    said: list[PlacedTurn | Aside] = [*scene.turns, *scene.asides]
    return tuple(sorted(said, key=lambda each: each.start_s))


def transfer_s(scene: Scene, turn: int) -> float | None:
    """Return the seconds from the turn before to this one, negative for overlap; None for the first turn."""
    return scene.turns[turn].start_s - scene.turns[turn - 1].end_s if turn else None


def signed(seconds: float) -> str:
    """Return seconds with a sign, for example ``+0.32 s`` or ``−0.20 s``; ``0.00 s`` has none."""
    return f"{round(seconds, 2):+.2f} s".replace("+0.00", "0.00").replace("-0.00", "0.00").replace("-", "−")


def _waves(scene: Scene, duration_s: float) -> tuple[Wave, Wave]:
    bins = bins_for(duration_s)
    user, assistant = (levels(scene.samples[:, channel], bins) for channel in (0, 1))
    loudest = max(float(user[0].max()), float(assistant[0].max()), 1e-4)
    return _wave("user", *user, loudest), _wave("assistant", *assistant, loudest)


def _wave(role: Role, peaks: Samples, rms: Samples, loudest: float) -> Wave:
    return Wave(role, len(peaks), outline(peaks / loudest), outline(rms / loudest), float(peaks.max()))


def _bar(said: PlacedTurn | Aside, line: int, duration_s: float) -> Bar:
    left, width = _span(said.start_s, said.end_s, duration_s)
    return Bar(said.role, line, left, width, said.start_s, said.end_s, said.cut)


def _marked(events: Sequence[Event]) -> list[Event]:
    """Leave out the first turn, which follows nothing, and turns whose onset an interruption describes already."""
    described = {event.turn for event in events if event.kind == "interruption"} | {0}
    return [event for event in events if event.kind != "turn" or event.turn not in described]


def _mark(event: Event, scene: Scene, duration_s: float) -> Mark:
    drawn = "" if event.offset_s is None else f", drawn {signed(event.offset_s)}"
    if event.kind == "turn":
        # A bracket over the gap or the overlap between this turn and the one before.
        ends = (scene.turns[event.turn - 1].end_s, scene.turns[event.turn].start_s)
        left, width = _span(min(ends), max(ends), duration_s)
        label = signed(ends[1] - ends[0])
        return Mark("overlap" if ends[1] < ends[0] else "gap", event.role, left, width, label, f"{label}{drawn}")
    left, width = _span(event.start_s, event.end_s, duration_s)
    length_s = round(event.end_s - event.start_s, 2)
    name = event.kind.replace("_", " ")
    label = f"{name} {length_s:.2f} s"
    if event.kind == "interruption":
        label = f"stops after {length_s:.2f} s" if length_s else "stops at once"
    return Mark(event.kind, event.role, left, width, label, f"{name}, {length_s:.2f} s{drawn}")


def _ticks(duration_s: float) -> tuple[Tick, ...]:
    step = next((step for step in TICK_STEPS_S if duration_s / step <= MOST_TICKS), 120)
    return tuple(
        Tick(_percent(second, duration_s), f"{second // 60}:{second % 60:02d}")
        for second in range(0, int(duration_s) + 1, step)
    )


def _span(start_s: float, end_s: float, duration_s: float) -> tuple[float, float]:
    left = _percent(start_s, duration_s)
    return left, max(round(_percent(end_s, duration_s) - left, 3), 0)


def _percent(time_s: float, duration_s: float) -> float:
    return round(min(max(100 * time_s / duration_s, 0), 100), 3)
