"""The line between the user and the assistant: a telephone band and a codec, heard at the far end."""

import io
import math
from dataclasses import dataclass

import numpy as np
import soundfile

from manifests.audio import Samples, resample
from noise import mean_square
from stages.scenes.acoustics.codecs import Codec

FILTER_ORDER = 4
"""Of the Butterworth band-pass; run forth and back it falls by 48 dB an octave and moves no onset."""


@dataclass(frozen=True)
class Carried:
    """A channel as it comes out of a line.

    Attributes:
        samples: shape (n,).
        codec_snr_db: power of what went into the codec over what it added; None without a codec, or without sound.
    """

    samples: Samples
    codec_snr_db: float | None


def carry(channel: Samples, sample_rate: int, codec: Codec, band_hz: tuple[float, float]) -> Carried:
    """Send a channel through a line; neither its length nor its timing changes.

    The line adds no delay: if the user should answer later because of the line, that belongs in the timing, which is
    drawn elsewhere.

    Args:
        channel: shape (n,), within [-1, 1]: a codec clips what passes that.
        sample_rate: of the channel.
        codec: what it is coded with.
        band_hz: lower and upper edge (-6 dB) of the telephone's band.
    """
    from scipy.signal import butter, sosfiltfilt

    sent = resample(channel, sample_rate, codec.sample_rate)
    if codec.has_band:
        sections = butter(FILTER_ORDER, band_hz, "bandpass", fs=codec.sample_rate, output="sos")
        sent = sosfiltfilt(sections, sent, padtype=None).astype(np.float32)
    received, snr_db = sent, None
    if codec.subtype:
        received = _fitted(_coded(sent, codec), len(sent))
        signal, added = mean_square(sent), mean_square(received - sent)
        snr_db = 10 * math.log10(signal / added) if signal > 0 and added > 0 else None
    return Carried(_fitted(resample(received, codec.sample_rate, sample_rate), len(channel)), snr_db)


def _coded(samples: Samples, codec: Codec) -> Samples:
    """Return what a codec makes of samples; it may be a little longer."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, codec.sample_rate, format=codec.container, subtype=codec.subtype)
    buffer.seek(0)
    decoded: Samples = soundfile.read(buffer, dtype="float32")[0]
    return decoded


def _fitted(samples: Samples, length: int) -> Samples:
    return samples[:length] if len(samples) >= length else np.pad(samples, (0, length - len(samples)))
