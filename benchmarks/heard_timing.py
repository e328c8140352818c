"""Planned against heard timing: onsets found on the finished audio, and an outside judge's count of gaps and overlaps.

Scenes in profile `human`, of sentences that Piper and Kokoro speak, with the built-in noise behind the user. Onsets are
found channel by channel by the VAD and energy, without the plan, and then matched with it. pympi-ling reads who speaks
when from ELAN tiers, as an annotator would have written them, and tells gaps and overlaps apart by itself.
"""

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from reporting import Figures, parser, report
from rich.progress import track
from sentences import HELD_OUT

from manifests.randomness import generator
from manifests.records import Dialogue, Role, Scene, Slot, SpokenDialogue, SpokenTurn, TextTurn
from noise import Catalogue, CategoryWeights, builtin_noise
from stages.scenes import ScenesConfig, SceneStage
from stages.scenes.heard import utterances_heard
from stages.speech import SpeechConfig, SpeechStage

SEED = 12
SENTENCES = 20
DIALOGUES = 40
TURNS = 8
ROLES: tuple[Role, Role] = ("user", "assistant")

NOTES = {
    "onset_error_ms_p50": "planned against audible onsets, median absolute difference; goal <= 20",
    "onset_error_ms_p95": "the same, 95th percentile; goal <= 60",
    "end_error_ms_p50": "planned against audible ends, median absolute difference",
    "onsets": "onsets compared",
    "onsets_unheard": "onsets that run into the speaker's own last utterance, or are not heard",
    "onset_error_user_ms_p95": "of the user's channel alone, noise of 15 to 30 dB behind it",
    "pympi_count_error": "gaps and overlaps of either direction that pympi counts otherwise, over all; goal <= .01",
    "transitions": "gaps and overlaps counted",
}


def main() -> None:
    """Measure and report."""
    options = parser(__doc__ or "").parse_args()
    scenes = _scenes()
    report("heard_timing", _onsets(scenes) | _counts(scenes), NOTES, options.save)


def _scenes() -> list[Scene]:
    config = SpeechConfig.model_validate(
        {"user": {"engine": "kokoro", "blends": 6}, "gate": {"asr": {"model": "none"}}}
    )
    stage = SpeechStage(config, SEED)
    said: dict[Role, list[SpokenTurn]] = {"user": [], "assistant": []}
    for index in track(range(SENTENCES // 2), "speaking"):
        pair = zip(ROLES, HELD_OUT[2 * index :], strict=False)
        turns = tuple(TextTurn(role, text, text) for role, text in pair)
        for spoken in stage.process([Dialogue(Slot(index, f"s{index}", "train"), "en", "", "", turns)]):
            if isinstance(spoken, SpokenDialogue):
                for turn in spoken.turns:
                    said[turn.turn.role].append(turn)
    stage.close()
    rate = config.sample_rate
    with tempfile.TemporaryDirectory() as folder:
        for path, data in builtin_noise(SEED, [turn.samples for turn in said["user"]], rate):
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        catalogue = Catalogue.open(folder, CategoryWeights())
        scenes = SceneStage(ScenesConfig.model_validate({"timing": {"profile": "human"}}), SEED, catalogue)
        made = scenes.process([_dialogue(index, said, rate) for index in range(DIALOGUES)])
        return [scene for scene in track(made, "placing", DIALOGUES) if isinstance(scene, Scene)]


def _dialogue(index: int, said: dict[Role, list[SpokenTurn]], rate: int) -> SpokenDialogue:
    draws = generator(SEED, "benchmark heard timing", index)
    turns = tuple(said[role][draws.integers(len(said[role]))] for _ in range(TURNS // 2) for role in ROLES)
    return SpokenDialogue(Slot(index, f"d{index}", "train"), "en", "benchmark", rate, turns)


def _onsets(scenes: Sequence[Scene]) -> Figures:
    onsets: dict[Role, list[float]] = {"user": [], "assistant": []}
    ends: list[float] = []
    unheard = 0
    for scene in track(scenes, "listening"):
        for role in ROLES:
            for planned, heard in utterances_heard(scene, role):
                if heard.start_s is None:
                    unheard += 1
                else:
                    onsets[role].append(abs(heard.start_s - planned.start_s) * 1000)
                if heard.end_s is not None:
                    ends.append(abs(heard.end_s - planned.end_s) * 1000)
    every = onsets["user"] + onsets["assistant"]
    return {
        "onset_error_ms_p50": float(np.median(every)),
        "onset_error_ms_p95": float(np.quantile(every, 0.95)),
        "end_error_ms_p50": float(np.median(ends)),
        "onsets": len(every),
        "onsets_unheard": unheard,
        "onset_error_user_ms_p95": float(np.quantile(onsets["user"], 0.95)),
    }


def _counts(scenes: Sequence[Scene]) -> Figures:
    own: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    for scene in scenes:
        own.update(_own_kinds(scene))
        theirs.update(_pympi_kinds(scene))
    differing = sum(abs(own[kind] - theirs[kind]) for kind in own | theirs)
    return {"pympi_count_error": differing / own.total(), "transitions": own.total()}


def _own_kinds(scene: Scene) -> list[str]:
    """Return G (gap) or O (overlap) and who gives the floor to whom, for every transfer between the scene's turns."""
    kinds = []
    for event in scene.events:
        if event.kind == "turn" and event.turn > 0:
            before = scene.turns[event.turn - 1]
            offset_ms = round(event.start_s * 1000) - round(before.end_s * 1000)
            if offset_ms:
                kinds.append(f"{'G' if offset_ms > 0 else 'O'}{before.role}-{event.role}")
    return kinds


def _pympi_kinds(scene: Scene) -> list[str]:
    from pympi.Elan import Eaf

    tiers = Eaf(author="build-corpus")
    for role in ROLES:
        tiers.add_tier(role)
    for turn in scene.turns:
        tiers.add_annotation(turn.role, round(turn.start_s * 1000), round(turn.end_s * 1000), turn.text)
    found = [kind for _, _, kind in tiers.get_gaps_and_overlaps2(*ROLES)]
    return [f"{kind[0]}{ROLES[int(kind[1]) - 1]}-{ROLES[int(kind[2]) - 1]}" for kind in found if kind[0] in "GO"]


if __name__ == "__main__":
    main()
