"""From what a model or a file wrote to plain sentences: no markup, no emoji, even spaces."""

import re
import unicodedata

from stages.plain_letters import PLAIN_LETTERS

_LINK = re.compile(r"!?\[([^\]]*)\]\((?:[^()\s]|\([^()]*\))*\)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|~~)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_SPACE = re.compile(r"\s+")
_SPACE_BEFORE_MARK = re.compile(r" +([,.;:?!](?:\s|$))")
_QUOTES = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "\u00a0": " ", "…": "..."})


def clean(text: str) -> str:
    """Return the text as one line of plain writing.

    Markdown loses its marks, not its words; emoji, control and format characters go; curly quotes become straight,
    full-width letters and digits narrow.
    """
    text = unicodedata.normalize("NFC", text).translate(_QUOTES).translate(PLAIN_LETTERS)
    text = _LINK.sub(r"\1", text)
    text = _HEADING.sub("", text)
    text = _BULLET.sub("", text)
    text = _EMPHASIS.sub(r"\2", text)
    text = "".join(character for character in text if not _is_unspoken(character))
    text = _SPACE.sub(" ", text).strip()
    return _SPACE_BEFORE_MARK.sub(r"\1", text)


def _is_unspoken(character: str) -> bool:
    if character in "\n\t ":
        return False
    category = unicodedata.category(character)
    # Cc, Cf, Cs, Co, Cn: control, format, surrogate, private, unassigned; So and Sk: emoji and skin tones.
    return category[0] == "C" or (category in ("So", "Sk") and character not in "°`^")


def words(text: str) -> list[str]:
    """Return the words of a text in lower case; each Chinese character is a word of its own."""
    return re.findall(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’-][^\W_\u3400-\u9fff]+)*", text.lower())


def sentences(text: str) -> list[str]:
    """Return the sentences of a text with their end marks; a last one without a mark counts too."""
    return [part.strip() for part in re.findall(r"[^.?!。？！]+[.?!。？！]*", text) if part.strip()]
