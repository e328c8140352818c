"""The length in a WAV file's header against the actual one: servers stream, and connections break off. Pure."""

import struct

from stages.speech.retrying import PassingFaultError

_HEADER = 12
_CHUNK = 8
_UNKNOWN = 2**31 - 2**16
"""Bytes; from here on a header tells no length: streams write 0xFFFFFFFF or 0x7FFFFFFF, less what stands before."""


def whole_wav(file: bytes) -> bytes:
    """Return the file with the true length in its `data` chunk; files in other formats are returned unchanged.

    A server that does not know how much will come tells 0 or the highest number: then it is all that is there.

    Raises:
        PassingFaultError: the file is shorter than its header says.
    """
    if file[:4] != b"RIFF" or file[8:_HEADER] != b"WAVE":
        return file
    place = _HEADER
    while place + _CHUNK <= len(file):
        name, told = struct.unpack_from("<4sI", file, place)
        place += _CHUNK
        if name == b"data":
            return _measured(file, place, told)
        place += told + told % 2
    return file


def _measured(file: bytes, start: int, told: int) -> bytes:
    there = len(file) - start
    if told == 0 or told >= _UNKNOWN:
        return file[: start - 4] + struct.pack("<I", there) + file[start:]
    if told > there:
        raise PassingFaultError(f"the audio broke off after {there} of {told} bytes")
    return file
