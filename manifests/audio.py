"""The only place where audio is encoded, decoded and resampled."""

import io

import numpy as np
import soundfile
import soxr

from manifests.errors import RejectedError

Samples = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
"""float32 audio in [-1, 1]; shape (n,) mono or (n, 2) stereo with channel 0 the user, 1 the assistant."""

FLAC_COMPRESSION = 0.0
"""Of 0 to 1, libFLAC's level 0: its predictors need no search, which saves time and costs hardly any bytes."""

FLAC_BLOCK = 32_768
"""Frames that are made into integers at once, in memory that stays in the processor's cache: libsndfile's own
conversion takes longer, and large arrays cost more to come by than to fill."""

FULL_SCALE = 32_768

_UNKNOWN_FRAMES = 2**62
"""Above this, a header gives no length: libsndfile then returns the largest possible number."""

Integers = np.ndarray[tuple[int, ...], np.dtype[np.int16]]


def encode_flac(samples: Samples, sample_rate: int) -> bytes:
    """Return 16-bit FLAC of (n,) or (n, channels) samples; values outside [-1, 1] are clipped."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer, "w", sample_rate, channels, "PCM_16", format="FLAC", compression_level=FLAC_COMPRESSION
    ) as audio:
        audio.write(_integers(samples))
    return buffer.getvalue()


def _integers(samples: Samples) -> Integers:
    """Return samples as integers of shape (n, channels), frame by frame in memory."""
    columns = samples[:, np.newaxis] if samples.ndim == 1 else samples
    integers = np.empty(columns.shape, np.int16)
    for start in range(0, len(columns), FLAC_BLOCK):
        block = columns[start : start + FLAC_BLOCK] * np.float32(FULL_SCALE)
        np.rint(block, out=block)
        np.clip(block, -FULL_SCALE, FULL_SCALE - 1, out=block)
        for channel in range(columns.shape[1]):
            integers[start : start + FLAC_BLOCK, channel] = block[:, channel]
    return integers


def decode_audio(data: bytes) -> tuple[Samples, int]:
    """Return (samples, sample rate) of any format libsndfile reads.

    Raises:
        RejectedError: ``unreadable_audio`` if libsndfile can't read the bytes, or can't find their end.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as audio:
            if not tells_length(audio):
                raise RejectedError(
                    "unreadable_audio",
                    "its header gives no length, as in streamed FLAC; ask the server for response_format: wav, "
                    "or save the file again",
                )
            return read_frames(audio), audio.samplerate
    except soundfile.LibsndfileError as error:
        raise RejectedError("unreadable_audio", error.error_string) from error


def tells_length(audio: soundfile.SoundFile) -> bool:
    """Tell whether an open file's header says how long it is: streamed FLAC doesn't.

    libsndfile can't read such a file to its end, since it seeks after every block.
    """
    frames: int = audio.frames
    return frames < _UNKNOWN_FRAMES


def read_frames(audio: soundfile.SoundFile, count: int = -1) -> Samples:
    """Return the next `count` frames of an open file, or all that are left; (n,) of one channel, else (n, channels).

    Integers of 16 bits are scaled here: libsndfile gives the same values and takes nearly twice as long.

    Raises:
        LibsndfileError: from soundfile, when it can't read them.
    """
    if audio.subtype != "PCM_16":
        frames: Samples = audio.read(count, dtype="float32")
        return frames
    scaled: Samples = audio.read(count, dtype="int16") * np.float32(1 / FULL_SCALE)
    return scaled


def resample(samples: Samples, source_rate: int, target_rate: int) -> Samples:
    """Return samples at the target rate (soxr, high quality); the input itself if the rates are equal."""
    if source_rate == target_rate:
        return samples
    resampled: Samples = soxr.resample(samples, source_rate, target_rate, quality="HQ")
    return resampled.astype(np.float32, copy=False)
