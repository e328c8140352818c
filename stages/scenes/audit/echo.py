"""Removing the other's echo from a channel, like an echo canceller: neither its delay nor its gain is given."""

import numpy as np

from manifests.audio import Samples

LONGEST_DELAY_S = 2.0
"""As long as `scenes.acoustics.echo.delay_s` may be."""
_RESPONSE_S = 0.004
"""Of the path from loudspeaker to line, around its strongest tap: band-pass and resampling smear it so far."""
_REGULARISATION = 1e-4
"""Of the echo's source, against bands in which it has no power."""


def without_echo(channel: Samples, source: Samples, sample_rate: int) -> Samples:
    """Return a channel less what a short linear filter of the source, somewhere behind it in time, explains of it.

    The delay is where both correlate most; the filter around it is Wiener's, the least-squares solution of its normal
    equations (Haykin, Adaptive Filter Theory, ch. 2). What is said in the channel has nothing to do with the source and
    is left as it is.

    Args:
        channel: shape (n,), with the echo.
        source: shape (n,), what is echoed.
        sample_rate: of both, in Hz.
    """
    from scipy.fft import irfft, next_fast_len, rfft
    from scipy.linalg import solve_toeplitz
    from scipy.signal import oaconvolve

    if not source.any():
        return channel
    taps = round(_RESPONSE_S * sample_rate)
    longest = round(LONGEST_DELAY_S * sample_rate)
    size = next_fast_len(len(channel) + longest + taps, real=True)
    spectrum = rfft(source, size)
    own = irfft(np.abs(spectrum) ** 2, size)[:taps]
    common = irfft(rfft(channel, size) * spectrum.conj(), size)
    first = int(np.abs(common[: longest + 1]).argmax()) - taps // 2
    own[0] *= 1 + _REGULARISATION
    response = solve_toeplitz(own, common[np.arange(first, first + taps) % size])
    echo = oaconvolve(source, response.astype(np.float32))
    echo = echo[-first:] if first < 0 else np.pad(echo, (first, 0))
    cleared: Samples = channel - echo[: len(channel)]
    return cleared
