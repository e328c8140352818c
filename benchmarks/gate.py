"""What the speech gate catches and what it lets pass: faults planted in good turns, and the turns themselves.

Turns are spoken by both embedded engines, users in the demo's voices by turns. A planted fault is caught when the gate
refuses it for whatever reason: the maker then tries again, as it should.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from reporting import ROOT, Figures, parser, report
from rich.progress import track
from sentences import HELD_OUT

from manifests.audio import Samples
from manifests.randomness import generator
from pipeline.config import load_config
from stages.speech.base import Clip
from stages.speech.engines import open_engine
from stages.speech.gate.gate import Gate
from stages.speech.takes import RefusedTakeError

SEED = 41


@dataclass(frozen=True)
class Turn:
    """A turn as an engine spoke it, and a text that it does not say."""

    text: str
    other_text: str
    samples: Samples
    rate: int


Fault = Callable[[Turn, np.random.Generator], tuple[Samples, str]]
"""Returns the samples with a fault in them, and the text that they are to be judged by."""


def _wrong_text(turn: Turn, _: np.random.Generator) -> tuple[Samples, str]:
    return turn.samples, turn.other_text


def _truncated(turn: Turn, draws: np.random.Generator) -> tuple[Samples, str]:
    return turn.samples[: int(len(turn.samples) * draws.uniform(0.4, 0.75))], turn.text


def _all_silent(turn: Turn, _: np.random.Generator) -> tuple[Samples, str]:
    return np.zeros_like(turn.samples), turn.text


def _gap(turn: Turn, draws: np.random.Generator) -> tuple[Samples, str]:
    at = int(len(turn.samples) * draws.uniform(0.3, 0.7))
    silence = np.zeros(int(turn.rate * draws.uniform(2, 4)), np.float32)
    return np.concatenate([turn.samples[:at], silence, turn.samples[at:]]), turn.text


def _clipped(turn: Turn, draws: np.random.Generator) -> tuple[Samples, str]:
    peak = float(np.abs(turn.samples).max())
    bar = peak * 10 ** (-draws.uniform(6, 12) / 20)
    return np.clip(turn.samples, -bar, bar), turn.text


def _repeated(turn: Turn, draws: np.random.Generator) -> tuple[Samples, str]:
    start = int(len(turn.samples) * draws.uniform(0.2, 0.4))
    end = start + int(turn.rate * draws.uniform(0.7, 1.1))
    return np.concatenate([turn.samples[:end], turn.samples[start:]]), turn.text


def _dropped(turn: Turn, draws: np.random.Generator) -> tuple[Samples, str]:
    start = int(len(turn.samples) * draws.uniform(0.2, 0.3))
    end = start + int(len(turn.samples) * draws.uniform(0.35, 0.45))
    return np.concatenate([turn.samples[:start], turn.samples[end:]]), turn.text


def _noisy(turn: Turn, draws: np.random.Generator) -> tuple[Samples, str]:
    noise = draws.standard_normal(len(turn.samples)).astype(np.float32)
    level = float(np.sqrt(np.mean(turn.samples**2))) * 10 ** (-draws.uniform(5, 20) / 20)
    return turn.samples + level * noise, turn.text


FAULTS: dict[str, tuple[Fault, str]] = {
    "wrong_text": (_wrong_text, "another sentence of the benchmark was asked for"),
    "truncated": (_truncated, "the last 25-60 % are missing"),
    "all_silent": (_all_silent, "no sound at all"),
    "gap": (_gap, "2-4 s of silence in the middle"),
    "clipped": (_clipped, "clipped 6-12 dB below its peak"),
    "repeated": (_repeated, "0.7-1.1 s said twice running"),
    "dropped": (_dropped, "35-45 % of the middle are missing"),
    "noisy": (_noisy, "white noise at 5-20 dB"),
}

NOTES = {
    "good_passed": "turns as the engines made them that pass at the first take",
    "faults_caught": "planted faults that are refused, over all kinds",
    **{f"caught_{kind}": note for kind, (_, note) in FAULTS.items()},
}


def main() -> None:
    """Measure and report."""
    options = parser(__doc__ or "").parse_args()
    config = load_config(ROOT / "configs" / "demo.yaml")
    gate = Gate(config.speech)
    turns = _speak()
    refused = Counter[str]()
    for number, turn in enumerate(track(turns, "judging")):
        refused["good"] += _refuses(gate, turn.samples, turn.text, turn.rate)
        for kind, (plant, _) in FAULTS.items():
            samples, text = plant(turn, generator(SEED, f"benchmark {kind}", number))
            refused[kind] += _refuses(gate, samples, text, turn.rate)
    figures: Figures = {
        "good_passed": 1 - refused["good"] / len(turns),
        "faults_caught": sum(refused[kind] for kind in FAULTS) / (len(turns) * len(FAULTS)),
        **{f"caught_{kind}": refused[kind] / len(turns) for kind in FAULTS},
        "turns": len(turns),
    }
    report("gate", figures, NOTES, options.save)


def _speak() -> list[Turn]:
    config = load_config(ROOT / "configs" / "demo.yaml")
    turns = []
    for section in (config.speech.user, config.speech.assistant):
        engine = open_engine(section, config.seed)
        voices = engine.voices()
        for number, text in enumerate(track(HELD_OUT, f"{section.engine} speaks")):
            draws = generator(SEED, f"benchmark {section.engine}", number)
            clip = engine.synthesize(text, voices[number % len(voices)], "en", 1.0, draws)
            turns.append(Turn(text, HELD_OUT[(number + 1) % len(HELD_OUT)], clip.samples, clip.rate))
    return turns


def _refuses(gate: Gate, samples: Samples, text: str, rate: int) -> bool:
    try:
        gate.judge(Clip(samples, rate), text, "en", 1)
    except RefusedTakeError:
        return True
    return False


if __name__ == "__main__":
    main()
