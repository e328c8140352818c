"""Noise behind the user's channel: which recording, how loud, and what to do when one can't be used."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError, RejectedError
from manifests.records import NoiseMix
from noise import Catalogue, NoiseConfig, NoiseFile, Scaled, loop, scale_to_snr

logger = logging.getLogger(__name__)

STRETCHES = 4
"""How many stretches of a recording are tried before it counts as silent: a dog does not bark all the time."""


@dataclass(frozen=True)
class Background:
    """Noise at its level, to be added to a channel.

    Attributes:
        samples: shape (n,).
        mix: what it is.
        notes: ``<reason>:<file>`` for every recording that was skipped.
    """

    samples: Samples
    mix: NoiseMix
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Backgrounds:
    """Draws a recording, a stretch of it and an SNR for each dialogue."""

    catalogue: Catalogue
    config: NoiseConfig

    def behind(
        self, speech_power: float, length_samples: int, sample_rate: int, rng: np.random.Generator
    ) -> Background:
        """Return noise for a channel; the next candidate replaces a recording that can't be used.

        Args:
            speech_power: of the channel's speaker while speaking.
            length_samples: of the channel.
            sample_rate: of the channel.
            rng: the dialogue's generator.

        Raises:
            RejectedError: ``speech_silent``: there is no power to set noise against.
            BuildError: no recording can be used.
        """
        snr_db = float(rng.uniform(self.config.snr_db.min, self.config.snr_db.max))
        notes: list[str] = []
        for file in self.catalogue.candidates(rng):
            positions = rng.random(STRETCHES)
            try:
                scaled = self._scaled(file, positions, speech_power, length_samples, snr_db, sample_rate)
            except RejectedError as fault:
                if fault.reason == "speech_silent":
                    raise
                logger.warning("noise recording skipped: %s", fault)
                notes.append(f"{fault.reason}:{file.path}")
                continue
            mix = NoiseMix(file.path, file.category, snr_db, scaled.realised_snr_db)
            return Background(scaled.samples, mix, tuple(notes))
        raise BuildError(
            f"none of the {len(self.catalogue.files)} noise files in {self.catalogue.root!r} can be used, the "
            f"last because of {notes[-1]!r}: fix the folder or set scenes.noise.source: builtin"
        )

    def _scaled(
        self,
        file: NoiseFile,
        positions: Iterable[float],
        speech_power: float,
        length_samples: int,
        snr_db: float,
        sample_rate: int,
    ) -> Scaled:
        """Scale the first stretch of a recording that is not silent, trying `positions` in turn."""
        crossfade = round(self.config.crossfade_s * sample_rate)
        for position in positions:
            recording = self.catalogue.read(file, sample_rate, length_samples, position)
            start = int(position * len(recording))
            try:
                return scale_to_snr(loop(recording, length_samples, start, crossfade), speech_power, snr_db)
            except RejectedError as fault:
                if fault.reason != "noise_silent":
                    raise
        raise RejectedError("noise_silent", file.path)
