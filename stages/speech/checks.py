"""Checks of a text before an engine speaks it, of the clip itself, and of the speech found in it. Pure."""

import unicodedata

import numpy as np

from manifests.audio import Samples
from manifests.errors import RejectedError
from stages.speech.config import TurnLimits

_SILENT_PEAK = 1e-3
"""-60 dBFS: engines' padding lies lower, their speech 30 dB and more above."""
_SHORTEST_CLIP_S = 0.01
"""Less than a frame of any measure holds nothing; resampled, it may hold no sample."""
_SLACK_S = 1.0
"""Added to the longest time that a text may take: short answers are drawn out, and pauses come on top."""


_FASTEST_LETTERS_PER_S = 18.0
_FASTEST_IDEOGRAPHS_PER_S = 6.5
"""Assumed to be out of reach of any voice over half a minute at its own pace. Measured on a few sentences: Piper's joe
says 15 letters a second, Kokoro's voices 11-14 and 2.8-4 Chinese characters; voices of servers were not measured.
`max_characters_per_s` has room for short turns, which no long one fills."""


def check_text(text: str, limits: TurnLimits, speed: float) -> None:
    """Refuse a text of which no clip can pass, before any engine has worked on it.

    Args:
        text: normalised for speech.
        limits: of a turn.
        speed: that it will be spoken at, in times the voice's own pace.

    Raises:
        RejectedError: ``unspeakable`` or ``too_long``.
    """
    if not text.strip():
        raise RejectedError("unspeakable", "the turn has no text to speak")
    letters, ideographs = _letters_and_ideographs(text)
    characters = letters + ideographs
    spoken_s = letters / _FASTEST_LETTERS_PER_S + ideographs / _FASTEST_IDEOGRAPHS_PER_S
    shortest = max(spoken_s, characters / limits.max_characters_per_s) / speed
    if shortest > limits.max_s:
        raise RejectedError(
            "too_long",
            f"{characters} characters take at least {shortest:.0f} s; speech.limits.max_s is {limits.max_s:g}",
        )


def check_clip(samples: Samples, sample_rate: int) -> None:
    """Refuse anything but usable mono audio.

    Raises:
        RejectedError: ``wrong_shape``, ``empty_audio``, ``not_finite`` or ``silent``.
    """
    if samples.ndim != 1 or samples.dtype != np.float32 or sample_rate <= 0:
        raise RejectedError(
            "wrong_shape", f"shape {samples.shape}, {samples.dtype}, {sample_rate} Hz; expected (n,) float32"
        )
    if samples.size < sample_rate * _SHORTEST_CLIP_S:
        raise RejectedError("empty_audio", f"the engine returned {samples.size} samples at {sample_rate} Hz")
    peak = float(np.abs(samples).max())
    if not np.isfinite(peak):
        raise RejectedError("not_finite", f"{np.count_nonzero(~np.isfinite(samples))} samples are NaN or infinite")
    if peak < _SILENT_PEAK:
        raise RejectedError("silent", f"peak {peak:.1e} of full scale")


def check_duration(speech_s: float, text: str, limits: TurnLimits, speed: float) -> None:
    """Refuse speech that is too short or too long to be exactly the text.

    Args:
        speech_s: from its first sound to its last.
        text: normalised for speech.
        limits: of a turn.
        speed: that it was asked for at, in times the voice's own pace.

    Raises:
        RejectedError: ``too_short`` or ``too_long``.
    """
    letters, ideographs = _letters_and_ideographs(text)
    characters = letters + ideographs
    slowest_s = letters / limits.min_characters_per_s + ideographs / limits.min_ideographs_per_s
    shortest = max(limits.min_s, characters / limits.max_characters_per_s / speed)
    longest = min(limits.max_s, slowest_s / speed + _SLACK_S)
    if speech_s < shortest:
        raise RejectedError(
            "too_short", f"{speech_s:.2f} s for {characters} characters; expected at least {shortest:.2f} s"
        )
    if speech_s > longest:
        raise RejectedError(
            "too_long", f"{speech_s:.2f} s for {characters} characters; expected at most {longest:.2f} s"
        )


def _letters_and_ideographs(text: str) -> tuple[int, int]:
    """Count what is spoken: letters and digits of any script but Chinese characters, and these."""
    characters = sum(character.isalnum() for character in text)
    ideographs = sum(unicodedata.name(character, "").startswith("CJK UNIFIED") for character in text)
    return characters - ideographs, ideographs
