"""Words of a turn and when each is spoken."""

import re
from dataclasses import dataclass
from itertools import accumulate

WORDS_FROM = "characters"
"""How word times are found: by spreading words over the speech in proportion to their written length."""

# Chinese and Japanese put no spaces between words: each character counts as one, and takes along the punctuation
# that follows it. Everything else is split at white space.
_IDEOGRAPH = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_PUNCTUATION = "\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2010-\u2027!-/:-@\\[-`{-~"
_WORD = re.compile(f"[{_IDEOGRAPH}][{_PUNCTUATION}]*|[^\\s{_IDEOGRAPH}]+")


@dataclass(frozen=True)
class TimedWord:
    """A written word with its place in the text and in time.

    Attributes:
        text_end: index after its last character in the turn's text.
        start_samples: where it begins, in the scene.
        end_samples: where it ends, in the scene.
    """

    text: str
    text_end: int
    start_samples: int
    end_samples: int


def timed_words(text: str, start_samples: int, end_samples: int) -> tuple[TimedWord, ...]:
    """Spread the words of a text over its speech in proportion to their numbers of characters.

    Words are split at white space; a Chinese or Japanese character, with the punctuation after it, is a word.

    Args:
        text: as written.
        start_samples: where its speech begins.
        end_samples: where its speech ends.

    Returns:
        words that abut: the first begins at the start, the last ends at the end.
    """
    found = list(_WORD.finditer(text))
    if not found:
        return ()
    reached = list(accumulate(len(match.group()) for match in found))
    span = end_samples - start_samples
    ends = [start_samples + span * so_far // reached[-1] for so_far in reached]
    starts = [start_samples, *ends[:-1]]
    return tuple(
        TimedWord(match.group(), match.end(), start, end) for match, start, end in zip(found, starts, ends, strict=True)
    )
