"""Text to token ids: Qwen2's byte-pair encoding, or any file of the `tokenizers` library."""

import base64
import binascii
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from manifests.digests import file_sha256
from manifests.errors import BuildError
from stages.weights import digest, ensure

QWEN2_WEIGHTS = "qwen2-tokenizer"
QWEN2_RANKS = 151_643
QWEN2_SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

# Contractions; a word with at most one leading mark or space; single digits; runs of marks; line ends; spaces.
QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+"
    r"|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)


class TextTokenizer(Protocol):
    """Turns text into ids below `size`, never into the ids of the tokenizer's own special tokens.

    Attributes:
        identity: names the tokenizer and its data; part of the vocabulary.
    """

    identity: str
    size: int

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the ids of a text; text that looks like a special token is text."""
        ...

    def piece(self, token: int) -> str:
        """Return an id as readable text; incomplete characters are shown as U+FFFD."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of all ids together; incomplete characters are shown as U+FFFD."""
        ...


class Qwen2Tokenizer:
    """Qwen2's BPE: NFC, its split pattern, 151,643 ranks, and its three special tokens kept for their ids."""

    size = QWEN2_RANKS + len(QWEN2_SPECIALS)

    def __init__(self) -> None:
        import tiktoken

        self.identity = qwen2_identity()
        specials = {name: QWEN2_RANKS + place for place, name in enumerate(QWEN2_SPECIALS)}
        ranks = _read_ranks(ensure(QWEN2_WEIGHTS) / "qwen.tiktoken")
        self._encoding = tiktoken.Encoding(
            "qwen2", pat_str=QWEN2_SPLIT, mergeable_ranks=ranks, special_tokens=specials, explicit_n_vocab=self.size
        )

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the ids of the text in normal form C."""
        return tuple(self._encoding.encode_ordinary(unicodedata.normalize("NFC", text)))

    def piece(self, token: int) -> str:
        """Return an id as readable text."""
        return self._encoding.decode_single_token_bytes(token).decode("utf-8", errors="replace")

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of ids together."""
        return self._encoding.decode(list(tokens), errors="replace")


class FileTokenizer:
    """A ``tokenizer.json`` of the `tokenizers` library, with whatever normaliser and splitter it names.

    Raises:
        BuildError: the file can't be read as a tokenizer.
    """

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        self.identity = file_identity(path)
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare exceptions for every fault of the file
            raise BuildError(f"text tokenizer {path} can't be read: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._tokenizer.encode_special_tokens = True
        self.size = max(self._tokenizer.get_vocab(with_added_tokens=True).values()) + 1

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the ids of the text, without the marks the file's post-processor would add."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def piece(self, token: int) -> str:
        """Return an id as readable text; an id the file leaves unused as ``<unused_12>``."""
        if self._tokenizer.id_to_token(token) is None:
            return f"<unused_{token}>"
        return self._tokenizer.decode([token], skip_special_tokens=False)

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of ids together; ids that the file leaves unused are left out."""
        return self._tokenizer.decode(list(tokens), skip_special_tokens=False)


def qwen2_identity() -> str:
    """Return the identity of Qwen2's tokenizer: its name and the start of its weights' digest."""
    return f"qwen2 {digest(QWEN2_WEIGHTS)[:16]}"


def file_identity(path: Path) -> str:
    """Return the identity of a tokenizer file: its name and the start of its sha256.

    Raises:
        BuildError: the file can't be read.
    """
    return f"file {path.name} {file_sha256(path)[:16]}"


def _read_ranks(path: Path) -> dict[bytes, int]:
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            piece, rank = line.split()
            ranks[base64.b64decode(piece, validate=True)] = int(rank)
        except (ValueError, binascii.Error) as error:
            raise BuildError(f"{path}, line {number}: not a base64 piece and its rank: {line[:60]!r}") from error
    if len(ranks) != QWEN2_RANKS:
        raise BuildError(f"{path} holds {len(ranks)} ranks, not {QWEN2_RANKS}")
    return ranks
