"""What the speech gate catches and what it lets pass: faults planted in good turns, and the turns themselves.

Turns are sentences, sentences with words in brackets, and turns of one to three words, spoken by both embedded engines,
users in the demo's voices by turns. A planted fault is caught when the gate refuses it for whatever reason: the maker
then tries again, as it should.

Good turns are judged again without what the engines pad them with, from the first sound to the last.

Faults in short turns have figures of their own: of one word, a part that is cut off or said twice may be a breath.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
from reporting import ROOT, Figures, parser, report
from rich.progress import track
from sentences import BRACKETED, SHORT

from manifests.audio import Samples
from manifests.randomness import generator
from pipeline.config import load_config
from stages.speech.base import Clip
from stages.speech.bounds import find_bounds
from stages.speech.config import VadConfig
from stages.speech.engines import open_engine
from stages.speech.gate.gate import Gate
from stages.speech.takes import RefusedTakeError
from training.units.held_out import HELD_OUT

SEED = 41


TEXTS = {"sentences": HELD_OUT, "bracketed": BRACKETED, "short": SHORT}


@dataclass(frozen=True)
class Turn:
    """A turn of a kind of text as an engine spoke it, and another text of its kind, which it does not say."""

    kind: str
    text: str
    other_text: str
    samples: Samples
    rate: int


Fault = Callable[[Turn, np.random.Generator], tuple[Samples, str]]
"""Returns the samples with a fault in them, and the text that they are to be judged by."""


def _wrong_text(turn: Turn, _: np.random.Generator) -> tuple[Samples, str]:
    return turn.samples, turn.other_text


def _truncated(turn: Turn, rng: np.random.Generator) -> tuple[Samples, str]:
    return turn.samples[: int(len(turn.samples) * rng.uniform(0.4, 0.75))], turn.text


def _all_silent(turn: Turn, _: np.random.Generator) -> tuple[Samples, str]:
    return np.zeros_like(turn.samples), turn.text


def _gap(turn: Turn, rng: np.random.Generator) -> tuple[Samples, str]:
    at = int(len(turn.samples) * rng.uniform(0.3, 0.7))
    silence = np.zeros(int(turn.rate * rng.uniform(2, 4)), np.float32)
    return np.concatenate([turn.samples[:at], silence, turn.samples[at:]]), turn.text


def _clipped(turn: Turn, rng: np.random.Generator) -> tuple[Samples, str]:
    peak = float(np.abs(turn.samples).max())
    bar = peak * 10 ** (-rng.uniform(6, 12) / 20)
    return np.clip(turn.samples, -bar, bar), turn.text


def _repeated(turn: Turn, rng: np.random.Generator) -> tuple[Samples, str]:
    start = int(len(turn.samples) * rng.uniform(0.2, 0.4))
    end = start + int(turn.rate * rng.uniform(0.7, 1.1))
    return np.concatenate([turn.samples[:end], turn.samples[start:]]), turn.text


def _dropped(turn: Turn, rng: np.random.Generator) -> tuple[Samples, str]:
    start = int(len(turn.samples) * rng.uniform(0.2, 0.3))
    end = start + int(len(turn.samples) * rng.uniform(0.35, 0.45))
    return np.concatenate([turn.samples[:start], turn.samples[end:]]), turn.text


def _noisy(turn: Turn, rng: np.random.Generator) -> tuple[Samples, str]:
    noise = rng.standard_normal(len(turn.samples)).astype(np.float32)
    level = float(np.sqrt(np.mean(turn.samples**2))) * 10 ** (-rng.uniform(5, 20) / 20)
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
    "gate_good_passed": "turns as the engines made them that pass at the first take, over all texts",
    "good_passed_sentences": "of whole sentences",
    "good_passed_bracketed": "of sentences with words in brackets",
    "good_passed_short": "of turns of one to three words",
    "good_passed_trimmed": "of all turns, cut at the bounds of their speech",
    "gate_faults_caught": "planted faults that are refused, over all kinds, in sentences, bracketed ones among them",
    **{f"caught_{fault}": note for fault, (_, note) in FAULTS.items()},
    "faults_caught_short": "the same over all kinds in turns of one to three words",
    **{f"caught_{fault}_short": f"in short turns: {note}" for fault, (_, note) in FAULTS.items()},
}


def main() -> None:
    """Measure and report."""
    options = parser(__doc__ or "").parse_args()
    config = load_config(ROOT / "configs" / "demo.yaml")
    gate = Gate(config.speech)
    turns = _speak()
    told = Counter[tuple[str, str]](("turns", turn.kind) for turn in turns)
    for number, turn in enumerate(track(turns, "judging")):
        told["good", turn.kind] += not _refuses(gate, turn.samples, turn.text, turn.rate)
        told["trimmed", turn.kind] += not _refuses(gate, _trimmed(turn), turn.text, turn.rate)
        for fault, (plant, _) in FAULTS.items():
            samples, text = plant(turn, generator(SEED, f"benchmark {fault}", number))
            told[fault, turn.kind] += _refuses(gate, samples, text, turn.rate)
    report("gate", _figures(told), NOTES, options.save)


def _figures(told: Counter[tuple[str, str]]) -> Figures:
    """Return the shares, from counts by (what, kind of text): turns, good ones passed, faults of each name refused."""

    def share(whats: Iterable[str], kinds: Iterable[str]) -> float:
        pairs = list(product(whats, kinds))
        return sum(told[pair] for pair in pairs) / sum(told["turns", kind] for _, kind in pairs)

    long, short = ("sentences", "bracketed"), ("short",)
    return {
        "gate_good_passed": share(["good"], TEXTS),
        **{f"good_passed_{kind}": share(["good"], [kind]) for kind in TEXTS},
        "good_passed_trimmed": share(["trimmed"], TEXTS),
        "gate_faults_caught": share(FAULTS, long),
        **{f"caught_{fault}": share([fault], long) for fault in FAULTS},
        "faults_caught_short": share(FAULTS, short),
        **{f"caught_{fault}_short": share([fault], short) for fault in FAULTS},
        **{f"turns_{kind}": told["turns", kind] for kind in TEXTS},
    }


def _speak() -> list[Turn]:
    config = load_config(ROOT / "configs" / "demo.yaml")
    asked = [
        (kind, text, texts[(place + 1) % len(texts)])
        for kind, texts in TEXTS.items()
        for place, text in enumerate(texts)
    ]
    turns = []
    for section in (config.speech.user, config.speech.assistant):
        engine = open_engine(section, config.seed)
        voices = engine.voices()
        for number, (kind, text, other) in enumerate(track(asked, f"{section.engine} speaks")):
            rng = generator(SEED, f"benchmark {section.engine}", number)
            clip = engine.synthesize(text, voices[number % len(voices)], "en", 1.0, rng)
            turns.append(Turn(kind, text, other, clip.samples, clip.rate))
    return turns


def _trimmed(turn: Turn) -> Samples:
    bounds = find_bounds(turn.samples, turn.rate, VadConfig())
    return turn.samples[bounds.start : bounds.end]


def _refuses(gate: Gate, samples: Samples, text: str, rate: int) -> bool:
    try:
        gate.judge(Clip(samples, rate), text, "en", 1.0, 1)
    except RefusedTakeError:
        return True
    return False


if __name__ == "__main__":
    main()
