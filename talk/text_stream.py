"""The assistant's text as it arrives, a few tokens at a time."""

from collections.abc import Sequence

from stages.streams.text_tokenizer import TextTokenizer

_BROKEN = "\ufffd"
_LONGEST = 8
"""Tokens that are waited for: no character has more bytes than four."""


class TextStream:
    """Turns tokens into text and holds back those that end within a character.

    Tokens are read behind those of the text before them, as some tokenizers drop the space at a beginning.

    Args:
        tokenizer: of the tokens.
    """

    def __init__(self, tokenizer: TextTokenizer) -> None:
        self._tokenizer = tokenizer
        self._before: list[int] = []
        self._waiting: list[int] = []

    def push(self, tokens: Sequence[int]) -> str:
        """Return the text that these tokens complete; empty where they complete none."""
        self._waiting += tokens
        text = self._text()
        if text.endswith(_BROKEN) and len(self._waiting) < _LONGEST:
            return ""
        if self._waiting:
            self._before, self._waiting = self._waiting, []
        return text

    def finish(self) -> str:
        """Return what was held back, broken characters as U+FFFD."""
        text, self._waiting = self._text(), []
        return text

    def _text(self) -> str:
        before = self._tokenizer.decode(self._before)
        return self._tokenizer.decode([*self._before, *self._waiting])[len(before) :]
