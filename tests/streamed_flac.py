"""FLAC as servers send it that stream: its header is written before they know how long it will be."""


def without_length(flac: bytes) -> bytes:
    """Return the file with 0 where STREAMINFO tells the number of samples, which stands for unknown."""
    content = bytearray(flac)
    content[21] &= 0xF0  # the lower 36 bits from here on
    content[22:26] = bytes(4)
    return bytes(content)
