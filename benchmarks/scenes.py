"""What building scenes costs: over FLAC encoding alone, and beside lhotse's meeting simulator on the same sources.

Times are the process's own, so that whatever else the machine does stays out of them. Both builders read the same
turns from the same WAV files, time them by the same pauses and overlaps, mix noise of the same folder behind them from
beginning to end at 15-30 dB and write FLAC of 16 bits and two channels, a speaker in each, the noise with the user.
lhotse (https://github.com/lhotse-speech/lhotse), which `make benchmarks` installs, has the speakers as tracks of a
session; they are laid into the two channels from there. What it usually writes, all tracks in one channel, is measured
beside. Each side has the FLAC level that it has by itself: ours 0, lhotse's 5, which is libsndfile's.
"""

import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import soundfile
from reporting import Figures, parser, report
from rich.progress import track

from manifests.audio import Samples, encode_flac, read_frames
from manifests.records import Dialogue, Role, Scene, Slot, SpokenDialogue, TextTurn
from noise import Catalogue, CategoryWeights, builtin_noise
from stages.scenes import ScenesConfig, SceneStage
from stages.speech import SpeechConfig, SpeechStage
from training.units.held_out import HELD_OUT

SEED = 20
RATE = 16_000
TURNS = 8
SCENES = 40
SESSIONS = 160
"""Of lhotse's, built at once: before the first one it fills a buffer of utterances, which takes as long as six."""
ROUNDS = 7
SNR_DB = (15.0, 30.0)
EVERY_PART = {name: {"share": 1.0} for name in ("room", "echo", "gain", "line")}

NOTES = {
    "share_of_flac_floor": "speed of placing, noise and FLAC over that of FLAC alone, stereo; goal >= .6",
    "times_lhotse": "speed over lhotse's simulator, from WAV files to stereo FLAC files; goal >= 2",
    "floor_times_lhotse": "of reading the WAV files, FLAC and writing alone: a builder that takes no time",
    "times_lhotse_mono": "as times_lhotse, where lhotse mixes both speakers into one channel",
    "scenes_speed": "seconds of scene a second, placing, noise and FLAC",
    "flac_speed": "seconds of the same scenes a second, FLAC alone",
    "acoustics_speed": "as scenes_speed, with room, echo, gain and line in every dialogue",
    "files_speed": "seconds of scene a second, ours from files to files",
    "files_floor_speed": "the same of the floor",
    "lhotse_speed": "seconds of session a second, lhotse's from files to files, stereo",
    "lhotse_mono_speed": "the same, mono",
}

Work = Callable[[], float]
"""Builds scenes once and returns their seconds."""


def main() -> None:
    """Measure and report."""
    options = parser(__doc__ or "").parse_args()
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        report("scenes", _figures(Path(folder)), NOTES, options.save)


def _figures(folder: Path) -> Figures:
    spoken = _speak()
    noise = _write_noise(folder / "noise", [turn.samples for turn in spoken[0].turns])
    dialogues = [replace(spoken[i % len(spoken)], slot=Slot(i, f"scene-{i:06d}", "train")) for i in range(SCENES)]
    stage = SceneStage(ScenesConfig(), SEED, Catalogue.open(str(noise), CategoryWeights()))
    made = list(_scenes(stage, dialogues))
    ours, theirs = _Ours(stage, dialogues, folder / "ours"), _Lhotse(dialogues, made, noise, folder / "theirs")
    every_part = ScenesConfig.model_validate({"acoustics": EVERY_PART})
    around = SceneStage(every_part, SEED, Catalogue.open(str(noise), CategoryWeights()))
    speeds = _speeds(
        {
            "flac": lambda: sum(_encode(scene.samples) for scene in made),
            "scenes": lambda: sum(_encode(scene.samples) for scene in _scenes(stage, dialogues)),
            "acoustics": lambda: sum(_encode(scene.samples) for scene in _scenes(around, dialogues)),
            "files": ours.build,
            "files_floor": lambda: ours.copy(made),
            "lhotse": theirs.build,
            "lhotse_mono": theirs.build_mono,
        }
    )
    ratios: Figures = {
        "share_of_flac_floor": _ratio(speeds["scenes"], speeds["flac"]),
        "times_lhotse": _ratio(speeds["files"], speeds["lhotse"]),
        "floor_times_lhotse": _ratio(speeds["files_floor"], speeds["lhotse"]),
        "times_lhotse_mono": _ratio(speeds["files"], speeds["lhotse_mono"]),
    }
    return ratios | {f"{name}_speed": median(speed) for name, speed in speeds.items()}


def _speeds(works: dict[str, Work]) -> dict[str, list[float]]:
    """Return each work's speed of every round, all works taking turns; the first round only warms up."""
    speeds: dict[str, list[float]] = {name: [] for name in works}
    for number in track(range(ROUNDS + 1), "builders in turn"):
        for name, work in works.items():
            begin = time.process_time()
            seconds = work()
            if number:
                speeds[name].append(seconds / (time.process_time() - begin))
    return speeds


def _ratio(speeds: Sequence[float], others: Sequence[float]) -> float:
    return median(one / other for one, other in zip(speeds, others, strict=True))


def _speak() -> list[SpokenDialogue]:
    """Return the sentences as dialogues of Kokoro's voices with Piper's."""
    roles: tuple[Role, Role] = ("user", "assistant")
    config = SpeechConfig.model_validate(
        {"sample_rate": RATE, "user": {"engine": "kokoro", "blends": 6}, "gate": {"asr": {"model": "none"}}}
    )
    dialogues = []
    for index in range(len(HELD_OUT) // TURNS):
        texts = HELD_OUT[index * TURNS :][:TURNS]
        turns = tuple(TextTurn(roles[number % 2], text, text) for number, text in enumerate(texts))
        dialogues.append(Dialogue(Slot(index, f"benchmark-{index:06d}", "train"), "en", "benchmark", "", turns))
    made = SpeechStage(config, SEED).process(dialogues)
    return [one for one in track(made, "speaking", len(dialogues)) if isinstance(one, SpokenDialogue)]


def _write_noise(folder: Path, clips: Sequence[Samples]) -> Path:
    for path, data in builtin_noise(SEED, clips, RATE):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def _scenes(stage: SceneStage, dialogues: Sequence[SpokenDialogue]) -> Iterator[Scene]:
    return (scene for scene in stage.process(dialogues) if isinstance(scene, Scene))


def _new_folder(folder: Path) -> Path:
    """Return a new folder for one round's files: writing over a file waits for the disk, and nobody does that."""
    return Path(tempfile.mkdtemp(dir=folder))


def _encode(samples: Samples) -> float:
    encode_flac(samples, RATE)
    return len(samples) / RATE


def _read(path: Path) -> Samples:
    with soundfile.SoundFile(path) as audio:
        return read_frames(audio)


@dataclass(frozen=True)
class _Ours:
    """The stage, from a WAV file per turn to a FLAC file per scene."""

    stage: SceneStage
    dialogues: Sequence[SpokenDialogue]
    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        for dialogue in self.dialogues:
            for number, turn in enumerate(dialogue.turns):
                soundfile.write(self._path(dialogue, number), turn.samples, RATE, subtype="PCM_16")

    def build(self) -> float:
        """Build every scene; return their seconds."""
        return self._write(
            scene for dialogue in self.dialogues for scene in _scenes(self.stage, [self._read(dialogue)])
        )

    def copy(self, made: Iterable[Scene]) -> float:
        """Read every turn, write scenes that are built already; return their seconds."""

        def beside_reading() -> Iterator[Scene]:
            for dialogue, scene in zip(self.dialogues, made, strict=True):
                self._read(dialogue)
                yield scene

        return self._write(beside_reading())

    def _write(self, scenes: Iterable[Scene]) -> float:
        folder, seconds = _new_folder(self.folder), 0.0
        for scene in scenes:
            (folder / f"{scene.slot.dialogue_id}.flac").write_bytes(encode_flac(scene.samples, RATE))
            seconds += len(scene.samples) / RATE
        return seconds

    def _read(self, dialogue: SpokenDialogue) -> SpokenDialogue:
        turns = tuple(
            replace(turn, samples=_read(self._path(dialogue, number))) for number, turn in enumerate(dialogue.turns)
        )
        return replace(dialogue, turns=turns)

    def _path(self, dialogue: SpokenDialogue, number: int) -> Path:
        return self.folder / f"{dialogue.slot.dialogue_id}-{number}.wav"


class _Lhotse:
    """lhotse's simulator of conversations: two speakers of four utterances each, on the same files.

    Args:
        dialogues: whose turns are its utterances.
        scenes: which it takes its pauses and overlaps from.
        noise: folder of noise.
        folder: for the utterances and the sessions.
    """

    def __init__(self, dialogues: Sequence[SpokenDialogue], scenes: Sequence[Scene], noise: Path, folder: Path) -> None:
        import torch
        from lhotse import CutSet, MonoCut, Recording, SupervisionSegment, SupervisionSet
        from lhotse.workflows.meeting_simulation import ConversationalMeetingSimulator

        torch.set_num_threads(1)
        folder.mkdir()
        cuts = []
        for dialogue in dialogues:
            for number, turn in enumerate(dialogue.turns):
                path = folder / f"{dialogue.slot.dialogue_id}-{number}.wav"
                soundfile.write(path, turn.samples, RATE, subtype="PCM_16")
                recording = Recording.from_file(path)
                said = SupervisionSegment(path.stem, path.stem, 0.0, recording.duration, speaker=turn.turn.role)
                cuts.append(MonoCut(path.stem, 0.0, recording.duration, 0, [said], recording=recording))
        self._cut_set = CutSet
        self._cuts = CutSet.from_cuts(cuts)
        self._noise = CutSet.from_cuts(Recording.from_file(path).to_cut() for path in sorted(noise.rglob("*.wav")))
        self._folder = folder
        self._simulator = ConversationalMeetingSimulator()
        said_in_scenes = [
            SupervisionSegment(f"{name}-{number}", name, turn.start_s, turn.end_s - turn.start_s, speaker=turn.role)
            for name, scene in ((scene.slot.dialogue_id, scene) for scene in scenes)
            for number, turn in enumerate(scene.turns)
        ]
        self._simulator.fit(SupervisionSet.from_segments(said_in_scenes))
        # Turns alternate, so that there is nothing to learn of pauses between two of one speaker; lhotse makes some.
        self._simulator.same_spk_pause_dist = self._simulator.diff_spk_pause_dist

    def build(self) -> float:
        """Build sessions with a speaker in each channel; return their seconds."""
        from lhotse.audio import save_audio

        folder, seconds = _new_folder(self._folder), 0.0
        for session in self._noisy_sessions():
            channels = np.zeros((2, session.num_samples), np.float32)
            for part, rows in zip(session.tracks, session.load_audio(mixed=False), strict=True):
                said_by = {said.speaker for said in part.cut.supervisions}
                channels[1 if said_by == {"assistant"} else 0] += rows[0, : session.num_samples]
            save_audio(folder / f"{session.id}.flac", channels, RATE, format="flac")
            seconds += session.duration
        return seconds

    def build_mono(self) -> float:
        """Build sessions with all tracks in one channel; return their seconds."""
        sessions = self._cut_set.from_cuts(self._noisy_sessions())
        saved = sessions.save_audios(_new_folder(self._folder), format="flac", progress_bar=False)
        return float(sum(cut.duration for cut in saved))

    def _noisy_sessions(self) -> list[Any]:
        sessions = self._simulator.simulate(
            self._cuts, num_meetings=SESSIONS, max_duration_per_speaker=1e6, max_utterances_per_speaker=TURNS // 2
        )
        return [
            cut
            for number, session in enumerate(sessions)
            for cut in self._cut_set.from_cuts([session]).mix(
                self._noise, duration=session.duration, snr=SNR_DB, seed=number, random_mix_offset=True
            )
        ]


if __name__ == "__main__":
    main()
