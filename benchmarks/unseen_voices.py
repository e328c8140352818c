"""User voices that no training of the units has heard, made of the one voice that training leaves out.

Training blends the styles of Kokoro's other voices and resamples by .84 to 1.2. These voices are half and more the
style of the voice left out, and are resampled by factors of their own, each outside that range.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track

from manifests.audio import Samples, resample
from manifests.randomness import generator
from stages.speech.engine_config import KokoroUsers
from stages.speech.engines import open_engine
from stages.speech.kokoro import tables_file
from training.units.aligned_speech import HELD_OUT_VOICE, SAMPLE_RATE


@dataclass(frozen=True)
class UnseenVoice:
    """A blend, resampled.

    Attributes:
        shares: of the style tables of Kokoro's voices; they sum to 1.
        stretch: its sound is resampled to so many times its length, which divides pitch and formants by as much;
            Kokoro speaks as much faster, so that the pace stays.
    """

    shares: Mapping[str, float]
    stretch: float


UNSEEN_VOICES = {
    "low": UnseenVoice({HELD_OUT_VOICE: 0.6, "jm_kumo": 0.4}, 1.25),
    "high": UnseenVoice({HELD_OUT_VOICE: 0.5, "jf_alpha": 0.3, "jf_gongitsune": 0.2}, 0.8),
}


def describe(name: str) -> str:
    """Return what a voice is, for the report."""
    voice = UNSEEN_VOICES[name]
    blend = ", ".join(f"{share:.0%} {other}" for other, share in voice.shares.items())
    return f"{blend}; pitch and formants times {1 / voice.stretch:.2f}"


def say(name: str, texts: tuple[str, ...], seed: int) -> list[Samples]:
    """Return what a voice says, at `SAMPLE_RATE`."""
    stretch = UNSEEN_VOICES[name].stretch
    with np.load(tables_file(KokoroUsers(engine="kokoro")), allow_pickle=False) as archive:
        blends = {
            blend: sum(np.float32(share) * archive[other] for other, share in voice.shares.items())
            for blend, voice in UNSEEN_VOICES.items()
        }
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder) / "unseen.npz"
        np.savez(tables, **blends)
        config = KokoroUsers(engine="kokoro", voices_file=str(tables), voices=(name,), blends=0)
        engine = open_engine(config, seed)
    said = []
    for text in track(texts, f"the voice {name} speaks"):
        clip = engine.synthesize(text, name, "en", stretch, generator(seed, f"unseen {name}"))
        said.append(resample(clip.samples, clip.rate, round(SAMPLE_RATE * stretch)))
    return said
