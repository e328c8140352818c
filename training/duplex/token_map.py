"""The ids that a model has for a corpus's ids: all text ids in a pretrained model, the used ones in a small one."""

import json
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from manifests.errors import BuildError
from stages.streams.vocabulary import SPECIALS, Ids, Vocabulary, read_vocabulary

FILE_NAME: Final = "token_map.json"
"""Stored with the weights of every checkpoint."""


@dataclass(frozen=True)
class TokenMap:
    """Text ids first, then specials, then units, as in the corpus, but with fewer text ids where the map is reduced.

    A reduced map has the text ids of the corpus's train split in rising order and, behind them, one id `unknown` that
    every other text id becomes. It is only ever read: no token of the train split is unknown, so no model learns to
    say it, and where a held-out row has one, no loss is taken (`training.duplex.packing`).

    Attributes:
        vocabulary: of the corpus.
        text_ids: the corpus's text ids that the model knows, rising, int32; model id i is `text_ids[i]`. None: all,
            and then model ids and corpus ids are the same.
    """

    vocabulary: Vocabulary
    text_ids: Ids | None = None

    @property
    def text_size(self) -> int:
        """How many text ids the model has, `unknown` included; they are its first ones."""
        return self.vocabulary.text_size if self.text_ids is None else len(self.text_ids) + 1

    @property
    def unknown(self) -> int | None:
        """The model id of text ids that the model does not know; None where it knows all."""
        return None if self.text_ids is None else len(self.text_ids)

    @property
    def unit_offset(self) -> int:
        """The model id of unit 0; units are the last ids."""
        return self.text_size + len(SPECIALS)

    @property
    def size(self) -> int:
        """How many ids the model has."""
        return self.unit_offset + self.vocabulary.units

    def special(self, name: str) -> int:
        """Return the model id of one of `SPECIALS`."""
        return self.text_size + SPECIALS.index(name)

    def to_model(self, ids: Ids) -> Ids:
        """Return model ids, int32, for corpus ids.

        Raises:
            ValueError: an id is outside the corpus's vocabulary.
        """
        _check_range(ids, self.vocabulary.size, "corpus")
        mapped: Ids = self._from_corpus[ids]
        return mapped

    def to_corpus(self, ids: Ids) -> Ids:
        """Return corpus ids, int32, for model ids; -1 for `unknown`.

        Raises:
            ValueError: an id is outside the model's vocabulary.
        """
        _check_range(ids, self.size, "model")
        mapped: Ids = self._from_model[ids]
        return mapped

    def check(self, vocabulary: Vocabulary, place: str) -> None:
        """Refuse a corpus with a different vocabulary.

        Args:
            vocabulary: the corpus's.
            place: where it was read, for the error.

        Raises:
            BuildError: it differs; the message says where, with both values.
        """
        for field in fields(Vocabulary):
            mine, theirs = getattr(self.vocabulary, field.name), getattr(vocabulary, field.name)
            if mine != theirs:
                raise BuildError(
                    f"{place}: {field.name} is {theirs!r}, but the checkpoint was trained with {mine!r}; use the "
                    "corpus it was trained on, tokenize this one the same way, or start from another checkpoint"
                )

    def write(self, folder: Path) -> None:
        """Write `FILE_NAME` into a folder."""
        content = {
            "vocabulary": json.loads(self.vocabulary.to_json()),
            "text_ids": None if self.text_ids is None else self.text_ids.tolist(),
        }
        (folder / FILE_NAME).write_text(json.dumps(content) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "TokenMap":
        """Read what `write` wrote.

        Raises:
            BuildError: it doesn't exist, or is damaged.
        """
        path = folder / FILE_NAME
        try:
            content: Any = json.loads(path.read_text(encoding="utf-8"))
            stated, listed = json.dumps(content["vocabulary"]), content["text_ids"]
            text_ids = None if listed is None else np.array(listed, np.int32)
        except FileNotFoundError:
            raise BuildError(f"{path}: no such file; give a checkpoint written by build-corpus train") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BuildError(f"{path} is not a token map: {error!r}; use another checkpoint") from error
        vocabulary = read_vocabulary(stated, str(path))
        if text_ids is not None and not _rises_within(text_ids, vocabulary.text_size):
            raise BuildError(
                f"{path} is damaged: its text_ids are not ascending within 0 to {vocabulary.text_size - 1}"
            )
        return cls(vocabulary, text_ids)

    @cached_property
    def _from_corpus(self) -> Ids:
        if self.text_ids is None:
            return np.arange(self.vocabulary.size, dtype=np.int32)
        table = np.full(self.vocabulary.size, len(self.text_ids), np.int32)
        table[self.text_ids] = np.arange(len(self.text_ids))
        table[self.vocabulary.text_size :] = np.arange(self.text_size, self.size)
        return table

    @cached_property
    def _from_model(self) -> Ids:
        if self.text_ids is None:
            return np.arange(self.size, dtype=np.int32)
        others = np.arange(self.vocabulary.text_size, self.vocabulary.size)
        return np.concatenate([self.text_ids, [-1], others]).astype(np.int32)


def _check_range(ids: Ids, size: int, whose: str) -> None:
    if len(ids) and not 0 <= ids.min() <= ids.max() < size:
        raise ValueError(f"ids {ids.min()} to {ids.max()} are not all within the {whose}'s {size}")


def _rises_within(ids: Ids, size: int) -> bool:
    return ids.ndim == 1 and bool((np.diff(ids, prepend=-1, append=size) > 0).all())
