"""Planned against heard timing: onsets found on the finished audio, and an outside judge's count of what lies between.

Scenes in profile `human`, of sentences and backchannels that Piper and Kokoro speak. Onsets are found channel by
channel by the VAD and energy, without the plan, and then matched with it. Behind the user stands every recording of the
built-in noise as often as every other, at 15 to 30 dB; then there are scenes with room and echo besides, on telephone
lines, and in noise too loud for the listener. pympi-ling reads who speaks when from ELAN tiers, as an annotator would
have written them: turns parted at their pauses, and what is said beside them. It tells gaps, overlaps and pauses apart
by itself, also in scenes where users interrupt often; ours is the count that `timing fit` makes of the same stretches.

The listener's settings were chosen on scenes of other sentences, other users' voices and other noise (seeds 12 and 31,
sentences 1 to 40).
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from reporting import Figures, parser, report
from rich.progress import track

from manifests.randomness import generator
from manifests.records import Dialogue, Role, Scene, Slot, SpokenDialogue, SpokenTurn, TextTurn
from noise import Catalogue, CategoryWeights, builtin_noise
from stages.scenes import ScenesConfig, SceneStage, backchannels_of
from stages.scenes.audit.heard import CHANNELS, utterances_heard
from stages.scenes.fit.ipus import Ipu
from stages.scenes.fit.transitions import FloorTransfer, OverlapInside, Pause, transitions
from stages.speech import SpeechConfig, SpeechStage
from training.units.held_out import HELD_OUT

SEED = 58
SENTENCES = HELD_OUT[40:]
DIALOGUES_PER_RECORDING = 3
DIALOGUES_IN_ROOMS = 20
DIALOGUES_ON_LINES = 20
DIALOGUES_IN_LOUD_NOISE = 20
DIALOGUES_INTERRUPTED = 40
FAR_OFF_MS = 60.0
TURNS = 8
HUMAN: dict[str, Any] = {"timing": {"profile": "human"}}
IN_ROOMS: dict[str, Any] = HUMAN | {"acoustics": {"room": {"share": 1.0}, "echo": {"share": 1.0}}}
ON_LINES: dict[str, Any] = HUMAN | {"acoustics": {"line": {"share": 1.0}}}
IN_LOUD_NOISE: dict[str, Any] = HUMAN | {"noise": {"snr_db": {"min": 3.0, "max": 7.0}}}
INTERRUPTED: dict[str, Any] = {
    "timing": {"profile": "human", "interruption": {"rate": 0.5}, "failed_interruption": {"rate": 0.2}},
    "noise": {"source": "none"},
}

NOTES = {
    "onset_error_ms_p50": "planned against audible onsets, median absolute difference; goal <= 20",
    "onset_error_ms_p95": "the same, 95th percentile; goal <= 60",
    "end_error_ms_p50": "planned against audible ends, median absolute difference",
    "end_error_ms_p95": "the same, 95th percentile: noise hides decays and last releases",
    "onsets": "onsets compared",
    "onsets_unheard": "onsets that run into the speaker's own last utterance, or are not heard",
    "onset_error_user_ms_p50": "of the user's channel alone, noise of 15 to 30 dB behind it",
    "onset_error_user_ms_p95": "the same, 95th percentile",
    "onset_error_worst_kind_ms_p95": "of the user's channel, in the kind of noise in which it is greatest",
    "worst_kind": "which that is",
    "onset_error_in_rooms_ms_p50": "of the user's channel in rooms, with the assistant's echo and with noise",
    "onset_error_in_rooms_ms_p95": "the same, 95th percentile",
    "onsets_in_rooms_unheard": "as above, of the user's channel in rooms",
    "end_early_user_ms_p50": "how long before their planned ends the user's are heard, in noise of 15 to 30 dB, median",
    "end_early_user_ms_p90": "the same, 90th percentile",
    "onset_error_on_lines_ms_p95": "of both channels where all users are on a telephone line, 95th percentile",
    "onset_error_on_lines_user_ms_p95": "the same of the user's channel alone",
    "onsets_far_off_in_loud_noise": "share of the user's onsets over 60 ms off, or not heard, in noise of 3 to 7 dB",
    "pympi_count_error": "gaps, overlaps and pauses, by speaker, that pympi counts otherwise, over all; goal <= .01",
    "transitions": "gaps, overlaps and pauses counted",
    "pympi_count_error_interrupted": "the same where users interrupt half of the assistant's turns; goal <= .01",
    "transitions_interrupted": "gaps, overlaps and pauses counted there",
    "turns_cut": "turns that were stopped there",
}


@dataclass(frozen=True)
class Said:
    """Clips to make dialogues of, by role."""

    sample_rate: int
    turns: Mapping[Role, Sequence[SpokenTurn]]
    backchannels: tuple[SpokenTurn, ...]


@dataclass(frozen=True)
class Onset:
    """An onset that was heard: by how much elsewhere than planned, and in what noise."""

    role: Role
    noise: str
    error_ms: float


def main() -> None:
    """Measure and report."""
    options = parser(__doc__ or "").parse_args()
    said = _speak()
    with tempfile.TemporaryDirectory() as folder:
        recordings = list(_recordings(said, Path(folder)))
        in_noise = [
            scene
            for number, catalogue in enumerate(track(recordings, "placing"))
            for scene in _scenes(said, HUMAN, number * DIALOGUES_PER_RECORDING, DIALOGUES_PER_RECORDING, catalogue)
        ]
        every = Catalogue.open(folder, CategoryWeights())
        in_rooms = _scenes(said, IN_ROOMS, 1000, DIALOGUES_IN_ROOMS, every)
        on_lines = _scenes(said, ON_LINES, 3000, DIALOGUES_ON_LINES, every)
        in_loud_noise = _scenes(said, IN_LOUD_NOISE, 4000, DIALOGUES_IN_LOUD_NOISE, every)
        interrupted = _scenes(said, INTERRUPTED, 2000, DIALOGUES_INTERRUPTED, every)
    counts = _counts(in_noise) | {f"{name}_interrupted": count for name, count in _counts(interrupted).items()}
    cut = sum(turn.cut for scene in interrupted for turn in scene.turns)
    heard = _in_noise(in_noise) | _in_rooms(in_rooms) | _on_lines(on_lines) | _in_loud_noise(in_loud_noise)
    report("heard_timing", heard | counts | {"turns_cut": cut}, NOTES, options.save)


def _speak() -> Said:
    config = SpeechConfig.model_validate(
        {"user": {"engine": "kokoro", "blends": 6}, "gate": {"asr": {"model": "none"}}}
    )
    scenes = ScenesConfig.model_validate(HUMAN)
    stage = SpeechStage(
        config,
        SEED,
        backchannels_of=lambda dialogue: backchannels_of(dialogue, scenes.timing, scenes.backchannel_phrases, SEED),
    )
    turns: dict[Role, list[SpokenTurn]] = {"user": [], "assistant": []}
    backchannels: dict[tuple[Role, str], SpokenTurn] = {}
    for index in track(range(len(SENTENCES) // 2), "speaking"):
        pair = zip(CHANNELS, SENTENCES[2 * index :], strict=False)
        written = tuple(TextTurn(role, text, text) for role, text in pair)
        for spoken in stage.process([Dialogue(Slot(index, f"s{index}", "train"), "en", "", "", written)]):
            if isinstance(spoken, SpokenDialogue):
                for turn in spoken.turns:
                    turns[turn.turn.role].append(turn)
                backchannels |= {(clip.turn.role, clip.turn.text): clip for clip in spoken.backchannels}
    stage.close()
    return Said(config.sample_rate, turns, tuple(backchannels.values()))


def _recordings(said: Said, folder: Path) -> Iterator[Catalogue]:
    """Write the built-in noise, each recording into a folder of its own, and yield a catalogue of each."""
    speech = [turn.samples for turn in said.turns["user"]]
    for number, (path, data) in enumerate(builtin_noise(SEED, speech, said.sample_rate)):
        own = folder / str(number)
        (own / path).parent.mkdir(parents=True)
        (own / path).write_bytes(data)
        yield Catalogue.open(str(own), CategoryWeights())


def _scenes(said: Said, config: Mapping[str, Any], first: int, count: int, noise: Catalogue) -> list[Scene]:
    stage = SceneStage(ScenesConfig.model_validate(config), SEED, noise)
    made = stage.process([_dialogue(index, said) for index in range(first, first + count)])
    return [scene for scene in made if isinstance(scene, Scene)]


def _dialogue(index: int, said: Said) -> SpokenDialogue:
    rng = generator(SEED, "benchmark heard timing", index)
    turns = tuple(
        said.turns[role][int(rng.integers(len(said.turns[role])))] for _ in range(TURNS // 2) for role in CHANNELS
    )
    slot = Slot(index, f"d{index}", "train")
    return SpokenDialogue(slot, "en", "benchmark", said.sample_rate, turns, said.backchannels)


def _in_noise(scenes: Sequence[Scene]) -> Figures:
    onsets: list[Onset] = []
    ends: list[float] = []
    user_early: list[float] = []
    unheard = 0
    for scene in track(scenes, "listening"):
        assert scene.noise is not None
        kind = scene.noise.file.split("/")[-2]
        for role in CHANNELS:
            for planned, heard in utterances_heard(scene, role):
                if heard.start_s is None:
                    unheard += 1
                else:
                    onsets.append(Onset(role, kind, abs(heard.start_s - planned.start_s) * 1000))
                if heard.end_s is not None:
                    ends.append(abs(heard.end_s - planned.end_s) * 1000)
                    if role == "user":
                        user_early.append((planned.end_s - heard.end_s) * 1000)
    every = [onset.error_ms for onset in onsets]
    users = [onset for onset in onsets if onset.role == "user"]
    by_kind = {
        kind: float(np.quantile([onset.error_ms for onset in users if onset.noise == kind], 0.95))
        for kind in sorted({onset.noise for onset in users})
    }
    worst = max(by_kind, key=lambda kind: by_kind[kind])
    return {
        "onset_error_ms_p50": float(np.median(every)),
        "onset_error_ms_p95": float(np.quantile(every, 0.95)),
        "end_error_ms_p50": float(np.median(ends)),
        "end_error_ms_p95": float(np.quantile(ends, 0.95)),
        "onsets": len(every),
        "onsets_unheard": unheard,
        "onset_error_user_ms_p50": float(np.median([onset.error_ms for onset in users])),
        "onset_error_user_ms_p95": float(np.quantile([onset.error_ms for onset in users], 0.95)),
        "onset_error_worst_kind_ms_p95": by_kind[worst],
        "worst_kind": worst,
        "end_early_user_ms_p50": float(np.median(user_early)),
        "end_early_user_ms_p90": float(np.quantile(user_early, 0.9)),
    }


def _in_rooms(scenes: Sequence[Scene]) -> Figures:
    errors, unheard = _onset_errors(track(scenes, "listening in rooms"), "user")
    return {
        "onset_error_in_rooms_ms_p50": float(np.median(errors)),
        "onset_error_in_rooms_ms_p95": float(np.quantile(errors, 0.95)),
        "onsets_in_rooms_unheard": unheard,
    }


def _on_lines(scenes: Sequence[Scene]) -> Figures:
    users, _ = _onset_errors(track(scenes, "listening on lines"), "user")
    assistants, _ = _onset_errors(track(scenes, "listening to the other end"), "assistant")
    return {
        "onset_error_on_lines_ms_p95": float(np.quantile(users + assistants, 0.95)),
        "onset_error_on_lines_user_ms_p95": float(np.quantile(users, 0.95)),
    }


def _in_loud_noise(scenes: Sequence[Scene]) -> Figures:
    errors, unheard = _onset_errors(track(scenes, "listening in loud noise"), "user")
    far_off = sum(error > FAR_OFF_MS for error in errors) + unheard
    return {"onsets_far_off_in_loud_noise": far_off / (len(errors) + unheard)}


def _onset_errors(scenes: Iterable[Scene], role: Role) -> tuple[list[float], int]:
    """Return how far a speaker's onsets are heard from the plan, in ms, and how many are not heard."""
    heard = [pair for scene in scenes for pair in utterances_heard(scene, role)]
    errors = [abs(found.start_s - planned.start_s) * 1000 for planned, found in heard if found.start_s is not None]
    return errors, len(heard) - len(errors)


def _counts(scenes: Sequence[Scene]) -> Figures:
    own: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    for scene in scenes:
        own.update(_own_kinds(scene))
        theirs.update(_pympi_kinds(scene))
    differing = sum(abs(own[kind] - theirs[kind]) for kind in own | theirs)
    return {"pympi_count_error": differing / own.total(), "transitions": own.total()}


def _own_kinds(scene: Scene) -> Iterator[str]:
    """Yield G (gap), O (overlap) or W (overlap inside) and between whom, or P (pause) and whose."""
    for transition in transitions(_stretches(scene)):
        match transition:
            case Pause():
                yield f"P{transition.speaker}"
            case OverlapInside():
                yield f"W{transition.around.speaker}-{transition.speaker}"
            case FloorTransfer() if transition.offset_s:
                kind = "G" if transition.offset_s > 0 else "O"
                yield f"{kind}{transition.before.speaker}-{transition.speaker}"


def _pympi_kinds(scene: Scene) -> Iterator[str]:
    from pympi.Elan import Eaf

    tiers = Eaf(author="build-corpus")
    for role in CHANNELS:
        tiers.add_tier(role)
    for stretch in _stretches(scene):
        tiers.add_annotation(stretch.speaker, int(stretch.start_s), int(stretch.end_s))
    for _, _, kind in tiers.get_gaps_and_overlaps2(*CHANNELS):
        yield kind[0] + "-".join(CHANNELS[int(number) - 1] for number in kind[1:])


def _stretches(scene: Scene) -> list[Ipu]:
    """Return the turns, parted at the pauses that were set, and what is said beside them, in whole milliseconds."""
    spans = [(aside.role, aside.start_s, aside.end_s) for aside in scene.asides]
    for number, turn in enumerate(scene.turns):
        pauses = [event for event in scene.events if event.kind == "pause" and event.turn == number]
        starts = [turn.start_s, *(pause.end_s for pause in pauses)]
        ends = [*(pause.start_s for pause in pauses), turn.end_s]
        spans += [(turn.role, start, end) for start, end in zip(starts, ends, strict=True)]
    whole = [(role, round(start * 1000), round(end * 1000)) for role, start, end in spans]
    ipus = [Ipu(role, start, end, None, (end,)) for role, start, end in whole if start < end]
    return sorted(ipus, key=lambda ipu: (ipu.start_s, ipu.end_s))


if __name__ == "__main__":
    main()
