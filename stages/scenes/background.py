"""Noise behind the user's channel: which recording, how loud, and what to do when one can't be used."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from manifests.audio import Samples
from manifests.errors import BuildError, RejectedError
from manifests.randomness import generator
from manifests.records import NoiseMix
from noise import Catalogue, Mixed, NoiseConfig, NoiseFile, loop, mix

logger = logging.getLogger(__name__)

STRETCHES = 4
"""How many stretches of a recording are tried before it counts as silent: a dog does not bark all the time."""


@dataclass(frozen=True)
class Noisy:
    """A channel with noise behind it.

    Attributes:
        samples: shape (n,).
        noise: what was mixed in.
        notes: ``user_gain_reduced``, and ``<reason>:<file>`` for every recording that was passed over.
    """

    samples: Samples
    noise: NoiseMix
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Background:
    """Draws a recording, a stretch of it and an SNR for each dialogue."""

    catalogue: Catalogue
    config: NoiseConfig
    seed: int

    def behind(self, clean: Samples, bounds: Sequence[tuple[int, int]], sample_rate: int, index: int) -> Noisy:
        """Put noise behind a channel; the next candidate stands in for a recording that can't be used.

        Args:
            clean: shape (n,), the whole channel without noise.
            bounds: where its speaker speaks, in samples.
            sample_rate: of the channel.
            index: the dialogue's, for the generator.

        Raises:
            RejectedError: ``speech_silent``: the channel has no power to set noise against.
            BuildError: no recording can be used.
        """
        chance = generator(self.seed, "scenes/noise", index)
        snr_db = float(chance.uniform(self.config.snr_db.min, self.config.snr_db.max))
        notes: list[str] = []
        for file in self.catalogue.candidates(chance):
            positions = chance.random(STRETCHES)
            try:
                mixed = self._mix(file, positions, clean, bounds, snr_db, sample_rate)
            except RejectedError as fault:
                if fault.reason == "speech_silent":
                    raise
                logger.warning("dialogue %d: noise passed over: %s", index, fault)
                notes.append(f"{fault.reason}:{file.path}")
                continue
            if mixed.gain < 1:
                notes.append("user_gain_reduced")
            chosen = NoiseMix(file.path, file.category, snr_db, mixed.realised_snr_db)
            return Noisy(mixed.samples, chosen, tuple(notes))
        raise BuildError(
            f"none of the {len(self.catalogue.files)} noise files below {self.catalogue.root!r} can be used, the "
            f"last because of {notes[-1]!r}: mend the folder or set noise.source: builtin"
        )

    def _mix(
        self,
        file: NoiseFile,
        positions: Iterable[float],
        clean: Samples,
        bounds: Sequence[tuple[int, int]],
        snr_db: float,
        sample_rate: int,
    ) -> Mixed:
        """Mix with the first stretch of a recording that is not silent, trying `positions` in turn."""
        crossfade = round(self.config.crossfade_s * sample_rate)
        for position in positions:
            recording = self.catalogue.read(file, sample_rate, len(clean), position)
            start = int(position * len(recording))
            try:
                return mix(clean, bounds, loop(recording, len(clean), start, crossfade), snr_db)
            except RejectedError as fault:
                if fault.reason != "noise_silent":
                    raise
        raise RejectedError("noise_silent", file.path)
