"""From what a model or a file wrote to plain sentences: no markup, no emoji, even spaces."""

import re
import unicodedata

from stages.plain_letters import PLAIN_LETTERS
from stages.written_words import is_abbreviated

_LINK = re.compile(r"!?\[([^\]]*)\]\((?:[^()\s]|\([^()]*\))*\)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE)
_BULLET = re.compile(r"^\s*[-*•]\s+", re.MULTILINE)
_NUMBERED = re.compile(r"^\s*\d{1,2}[.)]\s+", re.MULTILINE)
STAGE_DIRECTION = (
    r"(?:\w+ ){0,2}(?:chuckl|cough|cri|frown|gasp|giggl|grin|groan|laugh|nod|paus|shrug|sigh|smil|sniff|snort|sob|"
    r"whisper|wink|yawn)(?:e?s|e|ing|ter)?\b"
)
"""What begins what a model writes between marks and nobody says: "*laughs*", "(a long pause)"."""
_EMPHASIS = re.compile(
    rf"(?<![\w*])(\*{{1,3}}|_{{2,3}}|~~)(?=\S)(?!{STAGE_DIRECTION})(.+?)(?<=\S)\1(?![A-Za-z\d])",
    re.DOTALL | re.IGNORECASE,
)
"""Spares products ("2*3") and stage directions, for which a text is refused."""
_SPACE = re.compile(r"\s+")
_SPACE_BEFORE_MARK = re.compile(r" +([,.;:?!](?:\s|$))")
_PLAIN_SIGNS = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "\u00a0": " ", "…": "...", "℃": "°C", "℉": "°F"})
_VARIANTS = "\ufe0e\ufe0f"
"""What asks for the sign before it as text or as emoji."""

CLOSERS = r"\"')\]”’」』）"
"""What may stand between a sentence's end mark and the space behind it; the inside of a character class."""
_MARKS = f".?!。？！{CLOSERS}"
_SENTENCE_END = re.compile(rf"[。？！][{_MARKS}]*|[.?!][{_MARKS}]*(?=\s|$|[\u3400-\u9fff])")


def clean(text: str) -> str:
    """Return the text as one line of plain writing.

    Markdown loses its marks, not its words; emoji, control and format characters go; curly quotes become straight,
    full-width letters and digits narrow.
    """
    text = unicodedata.normalize("NFC", text).translate(_PLAIN_SIGNS).translate(PLAIN_LETTERS)
    text = _LINK.sub(r"\1", text)
    text = _HEADING.sub("", text)
    text = _BULLET.sub("", text)
    if len(_NUMBERED.findall(text)) > 1:  # a single number is an answer: "7. He turns 8 in May."
        text = _NUMBERED.sub("", text)
    text = _EMPHASIS.sub(r"\2", text)
    text = "".join(character for character in text if not _is_unspoken(character))
    text = _SPACE.sub(" ", text).strip()
    return _SPACE_BEFORE_MARK.sub(r"\1", text)


def _is_unspoken(character: str) -> bool:
    if character in "\n\t ":
        return False
    category = unicodedata.category(character)
    # Cc, Cf, Cs, Co, Cn: control, format, surrogate, private, unassigned; So and Sk: emoji and skin tones; Me: keycaps.
    if category[0] == "C" or category == "Me" or character in _VARIANTS:
        return True
    return category in ("So", "Sk") and character not in "°`^"


def words(text: str) -> list[str]:
    """Return the words of a text in lower case; each Chinese character is a word of its own."""
    return re.findall(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’-][^\W_\u3400-\u9fff]+)*", text.lower())


def sentences(text: str) -> list[str]:
    """Return the sentences of a text with their end marks; a last one without a mark counts too.

    A Chinese mark ends a sentence anywhere; ``.?!`` do before white space, a Chinese character or the end of the text,
    so that "12.50" is whole, and not behind initials or abbreviations: "at 9 a.m. on Monday" goes on. What ends on one
    ("until 5 p.m. Then we close.") is one sentence with what follows: nothing is cut off in its middle.
    """
    found = []
    begin = 0
    for end in _SENTENCE_END.finditer(text):
        if not is_abbreviated(text[begin : end.end()].split()[-1], text[end.end() :].lstrip()):
            found.append(text[begin : end.end()].strip())
            begin = end.end()
    return [sentence for sentence in (*found, text[begin:].strip()) if sentence]
