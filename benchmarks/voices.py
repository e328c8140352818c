"""How far the demo's user voices are from one another, by resemblyzer's speaker embeddings.

Every voice says the same sentences; the first half enrols it, the second is told by it.
"""

from itertools import combinations

import numpy as np
from reporting import ROOT, Figures, parser, report
from resemblyzer import VoiceEncoder
from rich.progress import track

from manifests.audio import Samples, resample
from manifests.randomness import generator
from pipeline.config import load_config
from stages.speech.base import Engine
from stages.speech.engines import open_engine
from training.units.held_out import HELD_OUT

SEED = 1
SENTENCES = 12
_RATE = 16_000

NOTES = {
    "voices": "the demo's blends and its assistant",
    "pairs": "pairs of them",
    "pairs_told_apart": "share of pairs whose every unheard sentence is nearest to its own speaker of the two",
    "sentences_told": "unheard sentences that are nearest to their own speaker among all voices",
    "equal_error_rate": "of unheard sentences against enrolled voices",
    "similarity_own": "cosine of an unheard sentence to its own speaker, mean",
    "similarity_other": "to another, mean",
    "similarity_nearest_pair": "of the two enrolled voices that are most alike",
    "nearest_pair": "which they are",
}


def main() -> None:
    """Measure and report."""
    options = parser(__doc__ or "").parse_args()
    config = load_config(ROOT / "configs" / "demo.yaml")
    encoder = VoiceEncoder("cpu", verbose=False)
    places: dict[str, np.ndarray] = {}
    for section in (config.speech.user, config.speech.assistant):
        engine = open_engine(section, config.seed)
        for voice in track(engine.voices(), f"{section.engine} speaks"):
            places[voice] = np.stack(
                [encoder.embed_utterance(_speak(engine, voice, number)) for number in range(SENTENCES)]
            )
    report("voices", _told(places), NOTES, options.save)


def _speak(engine: Engine, voice: str, number: int) -> Samples:
    clip = engine.synthesize(HELD_OUT[number], voice, "en", 1.0, generator(SEED, "benchmark voices", number))
    return resample(clip.samples, clip.rate, _RATE)


def _told(places: dict[str, np.ndarray]) -> Figures:
    names = list(places)
    enrolled = np.stack([_unit(one[: SENTENCES // 2].mean(axis=0)) for one in places.values()])
    trials = np.stack([one[SENTENCES // 2 :] @ enrolled.T for one in places.values()])  # voice, sentence, speaker
    pairs = list(combinations(range(len(names)), 2))
    apart = [(trials[a, :, a] > trials[a, :, b]).all() and (trials[b, :, b] > trials[b, :, a]).all() for a, b in pairs]
    own = np.concatenate([trials[voice, :, voice] for voice in range(len(names))])
    other = np.concatenate([np.delete(trials[voice], voice, axis=1).ravel() for voice in range(len(names))])
    alike = [float(enrolled[a] @ enrolled[b]) for a, b in pairs]
    first, second = pairs[int(np.argmax(alike))]
    return {
        "voices": len(names),
        "pairs": len(pairs),
        "pairs_told_apart": float(np.mean(apart)),
        "sentences_told": float(np.mean(trials.argmax(axis=-1) == np.arange(len(names))[:, None])),
        "equal_error_rate": _equal_error(own, other),
        "similarity_own": float(own.mean()),
        "similarity_other": float(other.mean()),
        "similarity_nearest_pair": max(alike),
        "nearest_pair": f"{names[first]}, {names[second]}",
    }


def _unit(vector: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vector / np.linalg.norm(vector)
    return unit


def _equal_error(own: np.ndarray, other: np.ndarray) -> float:
    bars = np.sort(np.concatenate([own, other]))
    missed = np.array([(own < bar).mean() for bar in bars])
    accepted = np.array([(other >= bar).mean() for bar in bars])
    at = int(np.argmin(np.abs(missed - accepted)))
    return float((missed[at] + accepted[at]) / 2)


if __name__ == "__main__":
    main()
