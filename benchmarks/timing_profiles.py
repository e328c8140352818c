"""What the shipped timing profiles sound like in numbers, beside Switchboard: table and pictures of docs/timing.md.

The same made-up dialogues are planned in each profile. Floor transfers are measured between the placed turns,
interruptions included; a speaker is silent in the pauses that were set, which last 0.2 s or more, as Switchboard's
were counted; silence before the first turn and after the last one is left out. No script marks anything in these
dialogues, so that profile `paper` interrupts nobody. With --save the pictures are drawn into docs/timing/.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
from bars import rate_bars, rate_text, share_bars
from made_up_turns import RATE, made_up_dialogue
from reporting import ROOT, Figures, parser, report
from rich.progress import track

from manifests.randomness import generator
from manifests.records import Role
from stages.scenes import timing_plot
from stages.scenes.audit.goodness import ks_distance
from stages.scenes.draws import draw_timing
from stages.scenes.laws import Law
from stages.scenes.planning import ScenePlan, plan_scene
from stages.scenes.profile import TimingProfile, load_profile

SEED = 11
DIALOGUES = 300
TURNS = 40
ROLES: tuple[Role, Role] = ("user", "assistant")
QUANTILES = (0.1, 0.5, 0.9)
PLOTS = ROOT / "docs" / "timing"
SPEAKERS = (
    ("nobody speaks", "#d9d9d9", "#333333"),
    ("one speaks", "#1f77b4", "white"),
    ("both speak", "#d62728", "#d62728"),
)
PROFILES = ("human", "assistant", "paper")


@dataclass
class Sound:
    """What was planned, taken together.

    Attributes:
        offsets: of floor transfers by whose onset it is, in seconds.
        pauses: inside turns, in seconds.
        counts: of events by kind.
        spoken_s: seconds in which nobody, one and both speak.
    """

    offsets: dict[Role, list[float]] = field(default_factory=lambda: {"user": [], "assistant": []})
    pauses: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    spoken_s: np.ndarray[Any, np.dtype[np.float64]] = field(default_factory=lambda: np.zeros(3))

    @property
    def transfers(self) -> list[float]:
        """The offsets of both roles."""
        return self.offsets["user"] + self.offsets["assistant"]

    def per_minute(self, kind: str) -> float:
        """Return how often an event happens a minute of conversation."""
        return self.counts[kind] / float(self.spoken_s.sum()) * 60

    def shares(self) -> list[float]:
        """Return the shares of time in which nobody, one and both speak."""
        return [float(share) for share in self.spoken_s / self.spoken_s.sum()]


def main() -> None:
    """Measure, report and draw."""
    arguments = parser(__doc__ or "").parse_args()
    switchboard = json.loads((files("stages.scenes") / "profiles" / "switchboard.json").read_text(encoding="utf-8"))
    law = load_profile("human").floor_transfer_s.user
    sounds = {name: _planned(load_profile(name)) for name in PROFILES}
    print("\n".join(_table(sounds, switchboard, law)))
    if arguments.save:
        PLOTS.mkdir(exist_ok=True)
        for name, picture in _pictures(sounds, switchboard, law):
            (PLOTS / name).write_text(picture, encoding="utf-8")
    figures: Figures = {}
    notes: dict[str, str] = {}
    for name, sound in sounds.items():
        figures[f"ks_{name}"] = ks_distance(sound.transfers, law)
        notes[f"ks_{name}"] = f"floor transfers of {DIALOGUES} dialogues of {TURNS} turns to Switchboard's"
        figures[f"both_speak_{name}"] = sound.shares()[2]
        notes[f"both_speak_{name}"] = f"share of time; Switchboard's {switchboard['time_share']['both']:g}"
    report("timing_profiles", figures, notes, arguments.save)


def _planned(profile: TimingProfile) -> Sound:
    sound = Sound()
    for index in track(range(DIALOGUES), profile.name, transient=True):
        turns, backchannels = made_up_dialogue(TURNS, generator(SEED, "benchmark/turns", index))
        draws = draw_timing(turns, backchannels, profile, RATE, generator(SEED, "scenes/timing", index))
        _add(sound, plan_scene(turns, backchannels, draws.turns, 0, RATE))
    return sound


def _add(sound: Sound, plan: ScenePlan) -> None:
    for before, after in pairwise(plan.placements):
        sound.offsets[after.utterance.turn.role].append((after.start_samples - before.end_samples) / RATE)
    for event in plan.events:
        sound.counts[event.kind] += 1
        if event.kind == "pause":
            sound.pauses.append(event.end_s - event.start_s)
    speaking = np.zeros(plan.length_samples + 1, np.int64)
    for start, end, step in _speech(plan):
        speaking[start] += step
        speaking[end] -= step
    at_once = np.cumsum(speaking)[plan.placements[0].start_samples : plan.length_samples]
    sound.spoken_s += np.bincount(at_once, minlength=3) / RATE


def _speech(plan: ScenePlan) -> Iterator[tuple[int, int, int]]:
    """Yield (start, end, 1) of all that is said, and (start, end, -1) of the pauses in it."""
    for placement in [*plan.placements, *(aside.placement for aside in plan.asides)]:
        yield placement.start_samples, placement.end_samples, 1
        for pause in placement.pauses:
            yield pause.start_samples, pause.end_samples, -1


def _table(sounds: dict[str, Sound], switchboard: dict[str, Any], law: Law) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    transfer, pause, time = (switchboard[key] for key in ("floor_transfer", "pause_within_turn", "time_share"))
    rows: list[tuple[str, str, Callable[[Sound], str]]] = [
        (
            "floor transfers: mean, sd",
            _seconds([transfer["mean"], transfer["sd"]]),
            lambda sound: _seconds([np.mean(sound.transfers), np.std(sound.transfers)]),
        ),
        (
            "... 10, 50, 90 %",
            _seconds(law.quantile(QUANTILES)),
            lambda sound: _seconds(np.quantile(sound.transfers, QUANTILES)),
        ),
        (
            "... that overlap",
            f"{100 * transfer['share_below_0']:.0f} %",
            lambda sound: f"{100 * np.mean(np.array(sound.transfers) < 0):.0f} %",
        ),
        (
            "... with a gap over 1 s",
            f"{100 * transfer['share_above_1']:.0f} %",
            lambda sound: f"{100 * np.mean(np.array(sound.transfers) > 1):.0f} %",
        ),
        (
            "... KS to Switchboard, user's / assistant's",
            "",
            lambda sound: " / ".join(f"{ks_distance(sound.offsets[role], law):.3f}" for role in ROLES),
        ),
        (
            "pauses in turns: mean, sd",
            _seconds([pause["mean"], pause["sd"]]),
            lambda sound: _seconds([np.mean(sound.pauses), np.std(sound.pauses)]) if sound.pauses else "none",
        ),
        (
            "... 10, 50, 90 %",
            _seconds([pause["p10"], pause["p50"], pause["p90"]]),
            lambda sound: _seconds(np.quantile(sound.pauses, QUANTILES)) if sound.pauses else "none",
        ),
        *(
            (f"{name} a minute", rate_text(theirs), lambda sound, kind=kind: rate_text(sound.per_minute(kind)))
            for kind, name, theirs in _rates(switchboard)
        ),
        (
            "time in which nobody, one, both speak",
            _percent([time["silence"], time["one_speaker"], time["both"]]),
            lambda sound: _percent(sound.shares()),
        ),
    ]
    yield f"| | Switchboard | {' | '.join(sounds)} |"
    yield f"|---|--:|{'--:|' * len(sounds)}"
    for name, theirs, ours in rows:
        yield f"| {name} | {theirs} | {' | '.join(ours(sound) for sound in sounds.values())} |"


def _rates(switchboard: dict[str, Any]) -> list[tuple[str, str, float | None]]:
    """Return (event, its name, how often Switchboard has it a minute), as far as times tell."""
    return [
        ("pause", "pauses", switchboard["per_minute"]["pauses"]),
        ("backchannel", "backchannels", switchboard["backchannel"]["per_minute"]),
        ("interruption", "interruptions", None),
        ("failed_interruption", "failed interruptions", None),
    ]


def _pictures(sounds: dict[str, Sound], switchboard: dict[str, Any], law: Law) -> Iterator[tuple[str, str]]:
    """Yield (file name, SVG)."""
    time = switchboard["time_share"]
    for name, sound in sounds.items():
        curves = [(f"{role}'s onsets", sound.offsets[role]) for role in ROLES]
        title = f"Profile {name}: when the next speaker starts"
        axis = "seconds after the other's end; below 0 they overlap"
        yield f"floor-transfers-{name}.svg", timing_plot(title, law, curves, axis, "Switchboard")
    shares = [("Switchboard", [time["silence"], time["one_speaker"], time["both"]])]
    shares += [(name, sound.shares()) for name, sound in sounds.items()]
    yield "time.svg", share_bars("How the time of a conversation is shared", SPEAKERS, shares)
    panels = [
        (name, [theirs, *(sound.per_minute(kind) for sound in sounds.values())])
        for kind, name, theirs in _rates(switchboard)
    ]
    yield "events.svg", rate_bars("Events a minute of conversation", ["Switchboard", *sounds], panels)


def _seconds(values: Iterable[Any]) -> str:
    return ", ".join(f"{value:.2f}" for value in values) + " s"


def _percent(shares: Iterable[float]) -> str:
    return ", ".join(f"{100 * share:.1f}" for share in shares) + " %"


if __name__ == "__main__":
    main()
