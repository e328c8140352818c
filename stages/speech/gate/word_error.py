"""How far what was heard is from what should be said: both are normalised, then aligned (jiwer).

English goes through Whisper's own normaliser (case, punctuation, contractions, British spelling, numbers as digits),
other languages through its basic one. Chinese and Japanese are compared by characters, Chinese numbers as words and
characters simplified. Both normalisers drop what stands in brackets, which a voice does say, so brackets become
spaces first. Words are aligned for the report and for repeated and missing words; the bar is on characters
without spaces, where "chess board" for "chessboard" is no error and "Beth" for "Bess" is half of one.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

CHARACTER_LANGUAGES = frozenset({"ja", "zh"})
"""Written without spaces between words."""
_LONGEST_REPEAT = 6
_BRACKETS = str.maketrans(dict.fromkeys("()[]<>（）［］＜＞", " "))
_SPELLINGS = (
    (re.compile(r"\bo\.?k\b\.?", re.IGNORECASE), "okay"),
    (re.compile(r"\balright\b", re.IGNORECASE), "all right"),
    (re.compile(r"\bm+[- ]?h+m+\b", re.IGNORECASE), "mhm"),
)
"""One sound written in two ways that Whisper's normaliser leaves apart; in a turn of one word it would be all error.

It drops hums, but not in every spelling: "mhm" is one that it knows.
"""


@dataclass(frozen=True)
class HeardError:
    """The differences between what was heard and the normalised text.

    Attributes:
        spaced: whether the language is written with spaces between words.
        characters: of the text, without spaces.
        character_errors: substituted, deleted and inserted ones.
        word_errors, words: the same for words; both 0 in languages written without spaces.
        correct_words: words of the text that were heard as they stand (characters, where there are no words).
        repeated_words: heard once more than written, beside what they repeat (characters, where there are no words).
            A word that is heard as its neighbour's homophone stands for one that is written, and is none.
        unheard_end_words: last words of the text that nothing was heard for.
    """

    spaced: bool
    characters: int
    character_errors: int
    words: int
    word_errors: int
    correct_words: int
    repeated_words: int
    unheard_end_words: int

    @property
    def cer(self) -> float | None:
        """Character errors over the text's characters; None of a hum, which has none once it is normalised."""
        return self.character_errors / self.characters if self.characters else None

    @property
    def wer(self) -> float | None:
        """Word errors over the text's words; None in languages written without spaces."""
        return self.word_errors / self.words if self.words else None


def heard_error(said: str, heard: str, language: str) -> HeardError:
    """Compare what a turn should say with what was heard.

    Args:
        said: the text that was spoken.
        heard: the judge's transcript.
        language: ISO 639-1, with or without a region.
    """
    import jiwer

    code = language.split("-")[0].lower()
    wanted, got = (" ".join(_words(_normalised(text, code))) for text in (said, heard))
    wanted_letters, got_letters = (text.replace(" ", "") for text in (wanted, got))
    spaced = code not in CHARACTER_LANGUAGES
    if not wanted_letters:
        return HeardError(spaced, 0, len(got_letters), 0, len(got.split()), 0, 0, 0)
    by_letter = jiwer.process_characters(wanted_letters, got_letters)
    got_tokens = got.split() if spaced else list(got_letters)
    by_word = jiwer.process_words(wanted, got) if spaced else by_letter
    return HeardError(
        spaced=spaced,
        characters=len(wanted_letters),
        character_errors=_errors(by_letter),
        words=len(wanted.split()) if spaced else 0,
        word_errors=_errors(by_word) if spaced else 0,
        correct_words=int(by_word.hits),
        repeated_words=len(_inserted(by_word.alignments[0]) & _repeating(got_tokens)),
        unheard_end_words=_unheard_end(by_word.alignments[0]),
    )


def _errors(aligned: Any) -> int:
    return int(aligned.substitutions + aligned.deletions + aligned.insertions)


def _unheard_end(chunks: list[Any]) -> int:
    if not chunks or chunks[-1].type != "delete":
        return 0
    return int(chunks[-1].ref_end_idx - chunks[-1].ref_start_idx)


def _inserted(chunks: list[Any]) -> set[int]:
    """Return the places of heard tokens that stand for none of the text's."""
    return {
        place for chunk in chunks if chunk.type == "insert" for place in range(chunk.hyp_start_idx, chunk.hyp_end_idx)
    }


def _repeating(tokens: list[str]) -> set[int]:
    """Return the places of tokens, one to six, that are said again at once, and of those that say them again.

    Both: which of the two an alignment takes for the one that was written is chance.
    """
    places: set[int] = set()
    place = 0
    while place < len(tokens):
        for length in range(min(_LONGEST_REPEAT, place), 0, -1):
            if tokens[place : place + length] == tokens[place - length : place]:
                places.update(range(place - length, place + length))
                place += length
                break
        else:
            place += 1
    return places


def _words(normalised: str) -> list[str]:
    """Return the words of a text; a mark alone is none, as the normaliser leaves one of "Hmm..."."""
    return [word for word in normalised.split() if any(character.isalnum() for character in word)]


def _normalised(text: str, language: str) -> str:
    unbracketed = text.translate(_BRACKETS)
    if language == "en":
        for spelling, usual in _SPELLINGS:
            unbracketed = spelling.sub(usual, unbracketed)
    return str(_normaliser(language)(unbracketed))


@cache
def _normaliser(language: str) -> Any:
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer

    if language == "en":
        return EnglishTextNormalizer()
    basic = BasicTextNormalizer()
    if language != "zh":
        return basic
    from wetext import Normalizer

    chinese = Normalizer(lang="zh", operator="tn", traditional_to_simple=True)
    return lambda text: basic(str(chinese.normalize(text)))
