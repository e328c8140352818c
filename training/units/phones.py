"""Phones out of espeak's IPA: which symbol counts as a phone of its own, and which belongs to its neighbour."""

import numpy as np

SILENCE = 0
UNKNOWN = -1
"""No label: a pause mark over which something still sounds."""

_SYMBOLS = "aæɐɑɒɔəɚɛɜɪiʊuʌeobdðfɡhjklmnŋpɹɾsʃtθvwzʒʔᵻɫrxyɡç"
PHONES = ("silence", *dict.fromkeys(_SYMBOLS))
"""Diphthongs and affricates are two symbols in espeak's IPA and stay two phones here."""
_INDEX = {symbol: index for index, symbol in enumerate(PHONES) if index}
_TO_NEXT = "ˈˌ"
_TO_LAST = "ːʲ̩"

Labels = np.ndarray[tuple[int], np.dtype[np.int16]]


def phones_of(symbols: tuple[str, ...]) -> Labels:
    """Return a phone for the start mark, each symbol and the end mark, shape (symbols + 2,).

    Stress marks sound like the phone after them, length marks like the one before; a space between words like the
    phone before it. Punctuation, start and end are silence, if nothing sounds there.
    """
    labels = np.full(len(symbols) + 2, SILENCE, np.int16)
    for place, symbol in enumerate(symbols, start=1):
        if symbol in _INDEX:
            labels[place] = _INDEX[symbol]
        elif symbol in _TO_LAST or symbol == " ":
            labels[place] = labels[place - 1]
    for place in range(len(symbols), 0, -1):
        if symbols[place - 1] in _TO_NEXT:
            labels[place] = labels[place + 1]
    return labels
