"""What the speech stage costs over its bare engines, and which split of the cores speaks most.

Stage and engines speak the same turns in the same voices, paces and draws, dialogue by dialogue in turn, in one
process with one thread. The splits speak the same dialogues, handed out one by one to workers that have their models
loaded.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from threading import Barrier

from reporting import Figures, parser, report
from rich.progress import track

from manifests.randomness import generator
from manifests.records import Dialogue, Role, Slot, SpokenDialogue, TextTurn
from stages.speech import SpeechStage, open_cast
from stages.speech.base import Engine
from stages.speech.config import SpeechConfig
from stages.speech.engines import open_engine
from training.units.held_out import HELD_OUT

SEED = 20
TURNS = 6
ROUNDS = 2
SPLITS = ((1, 1), (1, 2), (2, 1), (2, 2))
"""(workers, threads of each)."""

NOTES = {
    "stage_over_engine": "throughput of the stage over the bare engines', its word judge off; goal >= .97",
    "stage_over_engine_judged": "the same with the judge on, as it is by default: Whisper tiny.en hears every turn",
    "engines_rtf": "seconds of work per second of speech of the bare engines, half of the turns Piper's, one thread",
    "judge_rtf": "seconds of the word judge per second of speech",
    **{
        f"speech_s_per_s_{workers}x{threads}": f"speech made a second by {workers} worker(s) of {threads} thread(s)"
        for workers, threads in SPLITS
    },
}

Speak = Callable[[Dialogue], float]
"""Speaks a dialogue and returns the seconds of speech."""

_worker: Speak


def main() -> None:
    """Measure and report."""
    options = parser(__doc__ or "").parse_args()
    figures = _stage_figures(_dialogues())
    figures |= {
        f"speech_s_per_s_{workers}x{threads}": _split(workers, threads, _dialogues()) for workers, threads in SPLITS
    }
    report("speech_stage", figures, NOTES, options.save)


def _dialogues() -> list[Dialogue]:
    roles: tuple[Role, Role] = ("user", "assistant")
    made = []
    for index in range(len(HELD_OUT) // TURNS):
        texts = HELD_OUT[index * TURNS :][:TURNS]
        turns = tuple(TextTurn(roles[number % 2], text, text) for number, text in enumerate(texts))
        made.append(Dialogue(Slot(index, f"benchmark-{index:06d}", "train"), "en", "benchmark", "", turns))
    return made


def _config(threads: int, judge: str) -> SpeechConfig:
    return SpeechConfig.model_validate(
        {
            "assistant": {"engine": "piper", "threads": threads},
            "user": {"engine": "kokoro", "blends": 12, "threads": threads},
            "gate": {"asr": {"model": judge, "threads": threads}},
        }
    )


def _bare(config: SpeechConfig) -> Speak:
    engines: dict[Role, Engine] = {
        "user": open_engine(config.user, SEED),
        "assistant": open_engine(config.assistant, SEED),
    }
    cast = open_cast(config, SEED)

    def speak(dialogue: Dialogue) -> float:
        seconds = 0.0
        for number, turn in enumerate(dialogue.turns):
            rng = generator(SEED, "speech", dialogue.slot.index, number, 1)
            voice, speed = cast.voice(turn.role, dialogue.slot), cast.speed(turn.role, dialogue.slot)
            clip = engines[turn.role].synthesize(turn.spoken, voice, dialogue.language, speed, rng)
            seconds += len(clip.samples) / clip.rate
        return seconds

    return speak


def _staged(config: SpeechConfig) -> Speak:
    stage = SpeechStage(config, SEED)

    def speak(dialogue: Dialogue) -> float:
        spoken = [one for one in stage.process([dialogue]) if isinstance(one, SpokenDialogue)]
        return sum(len(turn.samples) / one.sample_rate for one in spoken for turn in one.turns)

    return speak


def _stage_figures(dialogues: Sequence[Dialogue]) -> Figures:
    ways = {
        "bare": _bare(_config(1, "none")),
        "stage": _staged(_config(1, "none")),
        "judged": _staged(_config(1, "whisper-tiny.en")),
    }
    seconds = dict.fromkeys(ways, 0.0)
    speech = dict.fromkeys(ways, 0.0)
    for speak in ways.values():
        speak(dialogues[0])
    names = list(ways)
    for index, dialogue in enumerate(track(list(dialogues) * ROUNDS, "stage and engines in turn")):
        for name in names[index % 3 :] + names[: index % 3]:
            begin = time.perf_counter()
            speech[name] += ways[name](dialogue)
            seconds[name] += time.perf_counter() - begin
    return {
        "stage_over_engine": seconds["bare"] / seconds["stage"],
        "stage_over_engine_judged": seconds["bare"] / seconds["judged"],
        "engines_rtf": seconds["bare"] / speech["bare"],
        "judge_rtf": (seconds["judged"] - seconds["stage"]) / speech["judged"],
    }


def _split(workers: int, threads: int, dialogues: Sequence[Dialogue]) -> float:
    """Return the seconds of speech that the workers of a split make a second."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(workers + 1)
    with context.Pool(workers, _open, (threads, ready)) as pool:
        ready.wait()
        begin = time.perf_counter()
        speech = sum(pool.imap_unordered(_work, list(dialogues) * ROUNDS))
        took = time.perf_counter() - begin
    print(f"{workers} x {threads} of {os.cpu_count()} cores: {speech:.0f} s of speech in {took:.0f} s", flush=True)
    return speech / took


def _open(threads: int, ready: Barrier) -> None:
    global _worker
    _worker = _staged(_config(threads, "whisper-tiny.en"))
    _worker(_dialogues()[0])
    ready.wait()


def _work(dialogue: Dialogue) -> float:
    return _worker(dialogue)


if __name__ == "__main__":
    main()
