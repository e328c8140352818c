"""A simulated room: four walls, floor and ceiling that all absorb the same share of sound."""

import math
from dataclasses import dataclass

import numpy as np

from manifests.audio import Samples
from manifests.extras import installed_version

SABINE = 24 * math.log(10) / 343.0
"""Sabine's constant in s/m, for sound at 343 m/s."""

WALL_M = 0.3
"""Nearest that mouth and microphone come to a wall, in rooms that have the space."""

DECAY_DB = 40.0
"""Reflections are followed until so much has been swallowed: enough to measure a decay from -5 to -25 dB, and a
fraction of the work of following them to -60 dB."""

MOST_REFLECTIONS = 100
"""Where small bare rooms would have the work explode: a path of so many reflections is followed no further."""

TRIES = 50
"""Directions that are tried before a distance counts as too long for a room."""


@dataclass(frozen=True)
class Shoebox:
    """A room with a mouth and a microphone in it; lengths in metres.

    Attributes:
        rt60_s: the reverberation time that its walls are chosen for, by Sabine's formula.
    """

    size_m: tuple[float, float, float]
    rt60_s: float
    mouth_m: tuple[float, float, float]
    microphone_m: tuple[float, float, float]


def least_rt60_s(size_m: tuple[float, float, float]) -> float:
    """Return the reverberation time, by Sabine's formula, of a room whose walls absorb all sound."""
    length, width, height = size_m
    return SABINE * length * width * height / (2 * (length * width + length * height + width * height))


def require_pyroomacoustics() -> str:
    """Return ``"pyroomacoustics <version>"``, without importing it.

    Raises:
        BuildError: it is not installed.
    """
    otherwise = "or set scenes.acoustics.room.source: folder, or its share: 0"
    return installed_version("pyroomacoustics", "acoustics", otherwise)


def place(size_m: tuple[float, float, float], rt60_s: float, distance_m: float, rng: np.random.Generator) -> Shoebox:
    """Return a room with mouth and microphone at a distance, both somewhere inside it.

    The mouth's place and the direction of the microphone are drawn until both are inside; a distance that does not fit
    `TRIES` times is shortened by a tenth.

    Args:
        size_m: length, width, height.
        rt60_s: reverberation time.
        distance_m: from mouth to microphone.
        rng: draws places and directions.
    """
    size = np.array(size_m)
    margin = np.minimum(WALL_M, size / 4)
    tries = 0
    while True:
        mouth = rng.uniform(margin, size - margin)
        direction = rng.standard_normal(3)
        microphone = mouth + distance_m * direction / np.linalg.norm(direction)
        if ((microphone >= margin) & (microphone <= size - margin)).all():
            return Shoebox(size_m, rt60_s, _triple(mouth), _triple(microphone))
        tries += 1
        if tries % TRIES == 0:
            distance_m *= 0.9


def impulse_response(room: Shoebox, sample_rate: int) -> Samples:
    """Return the response from mouth to microphone, shape (n,), by the image-source method.

    Allen & Berkley, "Image method for efficiently simulating small-room acoustics" (1979).
    """
    import pyroomacoustics

    # Its sums over images depend on how many threads share them, and a corpus must not.
    pyroomacoustics.constants.set("num_threads", 1)
    absorption, order = pyroomacoustics.inverse_sabine(room.rt60_s, room.size_m)
    audible = math.ceil(DECAY_DB / (-10 * math.log10(1 - absorption))) if absorption < 1 else 1
    box = pyroomacoustics.ShoeBox(
        room.size_m,
        fs=sample_rate,
        materials=pyroomacoustics.Material(absorption),
        max_order=min(order, audible, MOST_REFLECTIONS),
    )
    box.add_source(room.mouth_m)
    box.add_microphone(room.microphone_m)
    box.compute_rir()
    response: Samples = box.rir[0][0].astype(np.float32)
    return response


def _triple(place_m: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, float, float]:
    length, width, height = (float(side) for side in place_m)
    return length, width, height
