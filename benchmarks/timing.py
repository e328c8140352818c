"""How near planned dialogues come to people's timing, and how fast they are planned.

The reference is the histogram of Switchboard's floor-transfer offsets; two samples of 200 calls each differ from one
another by KS 0.032 or less in 95 of 100 cases. Offsets are measured between the placed turns, interruptions included.
"""

import statistics
import time
from collections.abc import Iterator
from itertools import pairwise

from made_up_turns import RATE, made_up_dialogue
from reporting import Figures, parser, report
from rich.progress import track

from manifests.randomness import generator
from stages.scenes.audit.goodness import ks_distance
from stages.scenes.draws import draw_timing
from stages.scenes.laws import Law, NormalLaw
from stages.scenes.planning import ScenePlan, plan_scene
from stages.scenes.profile import TimingProfile, load_profile
from stages.scenes.utterance import Utterance

SEED = 7
DIALOGUES = 200
SHORT, LONG = 8, 40
"""Turns of a dialogue: of a corpus, and of a call, which in Switchboard has some 90."""
NORMAL = NormalLaw(mean=0.149, sd=0.488)
"""Switchboard's offsets by their mean and standard deviation: the paper's law."""
SEEDS = 20

Made = tuple[list[Utterance], list[Utterance]]


def main() -> None:
    """Measure and report."""
    arguments = parser(__doc__ or "").parse_args()
    human = load_profile("human")
    figures: Figures = {
        "ks_human": _ks(human, LONG, SEED),
        "ks_normal": _ks(_with_transfers(human, NORMAL), LONG, SEED),
        "ks_human_short": statistics.median(
            _ks(human, SHORT, seed) for seed in track(range(SEEDS), "short dialogues", transient=True)
        ),
        "plans_per_s": _plans_per_s(human),
    }
    report(
        "timing",
        figures,
        {
            "ks_human": f"{DIALOGUES} planned dialogues of {LONG} turns in profile human, to Switchboard (goal 0.032)",
            "ks_normal": "the same with normal floor transfers of Switchboard's mean and sd",
            "ks_human_short": f"{DIALOGUES} dialogues of {SHORT} turns; median of {SEEDS} seeds",
            "plans_per_s": f"dialogues of {SHORT} turns drawn and planned a second and core (goal 2,000)",
        },
        arguments.save,
    )


def _ks(profile: TimingProfile, turns: int, seed: int) -> float:
    """Return the KS distance of the achieved offsets of planned dialogues to Switchboard's histogram."""
    reference = load_profile("human").floor_transfer_s.user
    plans = (_plan(profile, _made(turns, seed, index), seed, index) for index in range(DIALOGUES))
    return ks_distance([offset for plan in plans for offset in _offsets(plan)], reference)


def _made(turns: int, seed: int, index: int) -> Made:
    return made_up_dialogue(turns, generator(seed, "benchmark/turns", index))


def _plan(profile: TimingProfile, made: Made, seed: int, index: int) -> ScenePlan:
    """Draw and plan a dialogue as the scenes stage does."""
    turns, backchannels = made
    draws = draw_timing(turns, backchannels, profile, RATE, generator(seed, "scenes/timing", index))
    return plan_scene(turns, backchannels, draws.turns, round(profile.tail_s * RATE), RATE)


def _offsets(plan: ScenePlan) -> Iterator[float]:
    """Yield the floor-transfer offsets of a plan in seconds."""
    for before, after in pairwise(plan.placements):
        yield (after.start_samples - before.end_samples) / RATE


def _with_transfers(profile: TimingProfile, law: Law) -> TimingProfile:
    transfers = profile.floor_transfer_s.model_copy(update={"user": law, "assistant": law})
    return profile.model_copy(update={"floor_transfer_s": transfers})


def _plans_per_s(profile: TimingProfile) -> float:
    """Return how many dialogues are drawn and planned a second of processor time; the best of five rounds."""
    made = [_made(SHORT, SEED, index) for index in range(1000)]
    rounds = []
    for _ in range(5):
        begun = time.process_time()
        for index, dialogue in enumerate(made):
            _plan(profile, dialogue, SEED, index)
        rounds.append(len(made) / (time.process_time() - begun))
    return max(rounds)


if __name__ == "__main__":
    main()
