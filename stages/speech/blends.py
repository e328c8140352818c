"""New Kokoro voices as blends of the pool's: the law that weights are drawn from. Pure, numpy only.

A Kokoro style vector has two halves: the first 128 numbers colour the decoder (timbre), the last 128 steer
durations, pitch and energy (prosody). Each half is blended by weights of its own: one voice's timbre over another's
melody is a third person, and gives more distinct speakers than blending whole vectors. Both weights come from a
Dirichlet law; among many candidates those farthest from all voices so far are kept, so that few blends already
differ. Weights sum to one: no blend leaves what the model was trained on (styles extrapolated by two already
cost words, measured with Whisper tiny.en).
"""

from dataclasses import dataclass

import numpy as np

from manifests.randomness import generator

Styles = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

TIMBRE_DIMS = 128
_CONCENTRATION = 0.5
"""Of the Dirichlet law: below 1, a blend leans on one or two voices instead of falling near the common mean."""
_CANDIDATES = 512
"""Fixed, so that ``blend-03`` is the same voice however many blends a config asks for."""


@dataclass(frozen=True)
class Blend:
    """Weights over the pool, each of shape (voices,) and of sum 1."""

    timbre: Floats
    prosody: Floats

    def of(self, tables: Styles) -> Styles:
        """Return the style table, shape (lengths, 1, 256), from the pool's, shape (voices, lengths, 1, 256)."""
        timbre = np.tensordot(self.timbre, tables[..., :TIMBRE_DIMS], axes=1)
        prosody = np.tensordot(self.prosody, tables[..., TIMBRE_DIMS:], axes=1)
        return np.concatenate([timbre, prosody], axis=-1).astype(np.float32)


def draw_blends(tables: Styles, count: int, seed: int) -> tuple[Blend, ...]:
    """Return `count` blends, each as far as the candidates allow from the pool's voices and the earlier blends.

    Args:
        tables: the style tables of a pool of two voices or more, shape (voices, lengths, 1, 256).
        count: how many; the first n are the same for every count.
        seed: the run's seed.
    """
    if not count:
        return ()
    voices = len(tables)
    rng = generator(seed, "blends")
    concentration = np.full(voices, _CONCENTRATION)
    timbre = rng.dirichlet(concentration, _CANDIDATES)
    prosody = rng.dirichlet(concentration, _CANDIDATES)

    own = np.eye(voices)
    places = _places(tables, np.concatenate([own, timbre]), np.concatenate([own, prosody]))
    taken, candidates = places[:voices], places[voices:]
    nearest = np.linalg.norm(candidates[:, None] - taken[None], axis=-1).min(axis=1)
    blends = []
    for _ in range(count):
        chosen = int(nearest.argmax())
        blends.append(Blend(timbre[chosen], prosody[chosen]))
        nearest = np.minimum(nearest, np.linalg.norm(candidates - candidates[chosen], axis=-1))
    return tuple(blends)


def _places(tables: Styles, timbre: Floats, prosody: Floats) -> Floats:
    """Return where weights lead in style space, shape (rows, 256), both halves scaled to weigh the same."""
    means = tables.astype(np.float64).mean(axis=(1, 2))
    halves = []
    for weights, half in ((timbre, means[:, :TIMBRE_DIMS]), (prosody, means[:, TIMBRE_DIMS:])):
        spread = np.sqrt(((half - half.mean(axis=0)) ** 2).sum(axis=1).mean())
        halves.append(weights @ half / spread)
    return np.concatenate(halves, axis=1)
