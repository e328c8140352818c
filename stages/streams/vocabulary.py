"""The map of token ids: text, then specials, then units; stored with the corpus as ``vocabulary.json``."""

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from manifests.errors import BuildError

ASR: Final = "[ASR]"
TTS: Final = "[TTS]"
SOS: Final = "[SOS]"
EOS: Final = "[EOS]"
SOT: Final = "[SOT]"
EOT: Final = "[EOT]"
SILENT_TEXT: Final = "silent_text_token"
SILENT_SPEECH: Final = "silent_speech_token"
SPECIALS: Final = (ASR, TTS, SOS, EOS, SOT, EOT, SILENT_TEXT, SILENT_SPEECH)
"""In the order of their ids. Roles need no markers: a turn's first span shows who speaks."""

Ids = np.ndarray[tuple[int], np.dtype[np.int32]]


@dataclass(frozen=True)
class Vocabulary:
    """Where text ids end, where units start, and what made both.

    Attributes:
        text_tokenizer, unit_tokenizer: identities of the tokenizers.
        text_size: text ids are 0 to `text_size` - 1, the text tokenizer's own.
        units: how many units, of all codebooks together; their ids are the last ones.
        rate_hz: units per second, of all codebooks together.
        codebooks: units to a frame of time; code c of codebook k is unit k * `codebook_size` + c, and every span of
            speech holds whole frames, their codebooks in order.
    """

    text_tokenizer: str
    text_size: int
    unit_tokenizer: str
    units: int
    rate_hz: float
    codebooks: int = 1

    @property
    def unit_offset(self) -> int:
        """The id of unit 0."""
        return self.text_size + len(SPECIALS)

    @property
    def codebook_size(self) -> int:
        """How many codes each codebook has."""
        return self.units // self.codebooks

    @property
    def size(self) -> int:
        """How many ids there are."""
        return self.unit_offset + self.units

    def special(self, name: str) -> int:
        """Return the id of one of `SPECIALS`."""
        return self.text_size + SPECIALS.index(name)

    def is_text(self, token: int) -> bool:
        """Tell whether the id is the text tokenizer's."""
        return 0 <= token < self.text_size

    def is_unit(self, token: int) -> bool:
        """Tell whether the id is a unit's."""
        return self.unit_offset <= token < self.size

    def unit_ids(self, units: Ids) -> Ids:
        """Return the ids of units."""
        ids: Ids = (units + self.unit_offset).astype(np.int32)
        return ids

    def to_json(self) -> str:
        """Return the text of ``vocabulary.json``."""
        units = {
            "tokenizer": self.unit_tokenizer,
            "offset": self.unit_offset,
            "size": self.units,
            "rate_hz": int(self.rate_hz) if float(self.rate_hz).is_integer() else self.rate_hz,
        }
        if self.codebooks > 1:
            units |= {"codebooks": self.codebooks, "codebook_size": self.codebook_size}
        content = {
            "text": {"tokenizer": self.text_tokenizer, "size": self.text_size},
            "specials": {name: self.special(name) for name in SPECIALS},
            "units": units,
        }
        return json.dumps(content, indent=2) + "\n"


def read_vocabulary(text: str, place: str = "vocabulary.json") -> Vocabulary:
    """Return the vocabulary that `Vocabulary.to_json` wrote.

    Raises:
        BuildError: not such a file, or ids that aren't consecutive; `place` names it.
    """
    try:
        content: Any = json.loads(text)
        read = Vocabulary(
            text_tokenizer=str(content["text"]["tokenizer"]),
            text_size=int(content["text"]["size"]),
            unit_tokenizer=str(content["units"]["tokenizer"]),
            units=int(content["units"]["size"]),
            rate_hz=float(content["units"]["rate_hz"]),
            codebooks=int(content["units"].get("codebooks", 1)),
        )
        specials = {str(name): int(token) for name, token in content["specials"].items()}
        offset = int(content["units"]["offset"])
        codebook_size = int(content["units"].get("codebook_size", read.units))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BuildError(f"{place} is not a vocabulary: {error!r}") from error
    expected = {name: read.special(name) for name in SPECIALS}
    if specials != expected or offset != read.unit_offset:
        raise BuildError(f"{place}: specials {specials} and offset {offset} don't follow {read.text_size} text ids")
    if codebook_size * read.codebooks != read.units:
        raise BuildError(f"{place}: {read.codebooks} codebooks of {codebook_size} don't make {read.units} units")
    return read
