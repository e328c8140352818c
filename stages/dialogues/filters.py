"""What makes one turn unusable: a small pure function per fault, each naming its reason.

Every filter returns what it saw, or None when the turn is sound. The paper drops code, maths, turns over 200 words and
rare symbols (arXiv 2410.17799, section 3.1); the other filters answer the faults of weak models.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from itertools import groupby

from manifests.errors import RejectedError
from manifests.records import Role
from stages.dialogues.cleaning import CLOSERS, STAGE_DIRECTION, sentences, words
from stages.dialogues.config import FiltersConfig

TurnFilter = Callable[[Role, str, FiltersConfig], str | None]

_CODE = re.compile(
    r"```.*?(?:```|$)|`[^`]*`|</?[a-z][^>]*>|\b\w+\([^()]*\)\s*[;{:]?|[{};]|[=!<>]=|=>|->|::|\b(?:def|import|return|"
    r"void|printf|const|let|var|elif|SELECT|FROM|WHERE)\b(?=\s+[\w*{(])|\b\w+\s*=\s*\S+|#include",
    re.DOTALL,
)
_ENGLISH_TOO = re.compile(r"import|return|void|let|const|var|FROM|WHERE|;|\w+\((?:s|es|ies|ren)\)\s*[;:]?")
"""Pieces that look like code and are everyday writing as well: "let me", "return it; it's broken", "item(s)"."""
_MATHS = re.compile(
    r"\\[a-z]+|\$(?=\d*[^\s\d.,])[^$]*[^\s$]\$(?!\d)|[∑∫√∞≤≥≠≈±×÷∂∆πθ]|\b\w*\^\w+|"
    r"\b\d+(?:\.\d+)?(?:\s*[+*=]\s*|\s+/\s+)\d+|(?<!['’])\b[a-z](?:\s*[-+*=]\s*|\s+/\s+)[a-z0-9]\b"
)
_EVERYDAY_MARKS = frozenset(" .,;:?!'\"-–—()%&$€£¥/@+#°*×，。？！、；：（）《》“”‘’…·〇")
_LABEL = re.compile(
    r"(?:^|[.?!]\s+)(?:user|assistant|human|ai|bot|system|caller|agent|speaker ?\d|用户|助手|人类)\s*[:：]",
    re.IGNORECASE,
)
_AS_A_MODEL = r"\bas an? (?:ai(?=[,.]| (?:(?:chat)?bot|language|model|assistant|system))|language model)"
_HELPER_LINES = re.compile(
    r"\b(?:how (?:can|may) i (?:help|assist)|what can i (?:help|do for)|as an assistant|"
    rf"{_AS_A_MODEL}|i(?:'m| am) (?:just )?an? (?:ai|(?:voice |virtual )?assistant|language model)|"
    r"(?:happy|here|glad) to (?:help|assist)|"
    r"(?:can|may) i (?:help|assist) you|welcome to our|you are welcome|you're welcome|my pleasure)|"
    r"有什么(?:可以|能)帮|作为一?个?(?:ai|人工智能|语言模型)",
    re.IGNORECASE,
)
_MODEL_LINES = re.compile(
    rf"{_AS_A_MODEL}|\bi(?:'m| am) (?:just )?an? (?:ai|language model|chatbot)|\blanguage model\b|"
    r"作为一?个?(?:ai|人工智能|语言模型)",
    re.IGNORECASE,
)
_NARRATION = re.compile(
    rf"(?<![\w*])\*[^*]+\*(?!\w)|^\s*\([^)]*\)|[\[(]{STAGE_DIRECTION}[^)\]]*[)\]]|"
    r"\b(?:the|a) (?:user|assistant|caller|speaker) (?:asks?|says?|replies|answers|responds|"
    r"interrupts|greets|wants|is|then)\b|"
    r"用户(?:说|问)|助手(?:说|回答)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"\[[^\]]{1,40}\]|<[^<>]{1,40}>|\{[^{}]{1,40}\}|"
    r"\b(?:your|insert) (?:name|topic) here\b|\bX{2,}\b|_{3,}|\blorem ipsum\b",
    re.IGNORECASE,
)
_GLUED = re.compile(r"\b(?![DLOdlo]')\w+'(?:s|m|re|ve|ll|d|t)[A-Za-z]{2,}\b|\b\w+'(?![Nn]')\w*'(?!(?:d|ve|ll)\b)")
"""Spares names ("O'Reilly", "De'Shawn", "d'souza"), "rock'n'roll" and "I'd've"."""
_SENTENCE_END = re.compile(rf"[.?!。？！][{CLOSERS}]*$")
_TRAILING_OFF = re.compile(r"(?:\.{3}|…|\w[—–]+)$")
"""As people write it on purpose: "I was going to, but..."; a model that is cut off has no time for it."""
_BROKEN_END = re.compile(r"[,;:，；：、-]\s*[.?!。？！]$")
_DANGLING_WORDS = (
    "a an the my your our their its and or but as if because than very i'm i'll i've you're we're they're it's"
)
_DANGLING = frozenset(_DANGLING_WORDS.split())
"""What no English sentence ends on. Many words that look open do end one: "Me too.", "I'd love to.", "No, I can't."."""
_LETTER_A = re.compile(r"\w\W+A\W+$")
"""As in "vitamin A."."""
_EMPHATIC = frozenset(["no", "yes", "yeah", "okay", "ok", "right", "wait", "ha", "cool", "blah", "very", "well"])
_MOST_EMPHATIC = 3
"""In a row: "No, no, no, not that one."."""
_MOST_CHARACTERS = 4
"""Of Chinese, in a row, as in 对对对 and 谢谢，谢谢: doubling is grammar there."""
_MOST_WORDS = 2
_FULL_SENTENCE_WORDS = 3
"""Shorter ones ("Thank you.") may come back within a turn that says something else as well."""


def no_words(role: Role, text: str, config: FiltersConfig) -> str | None:
    """Find text without a letter: nothing to speak."""
    return None if any(character.isalpha() for character in text) else repr(text)


def too_long(role: Role, text: str, config: FiltersConfig) -> str | None:
    """Find more words than allowed."""
    count = len(words(text))
    return f"{count} words" if count > config.max_words else None


def code(role: Role, text: str, config: FiltersConfig) -> str | None:
    """Find text that is largely code."""
    found = [match.group() for match in _CODE.finditer(text)]
    # What is English too counts only beside other signs of code, such as a semicolon at the very end.
    if all(_ENGLISH_TOO.fullmatch(piece) for piece in found) and not text.endswith(";"):
        return None
    share = sum(len(piece) for piece in found) / max(1, len(text))
    return f"{share:.0%} code" if share > config.max_code_share else None


def maths(role: Role, text: str, config: FiltersConfig) -> str | None:
    """Find text that is largely formulas."""
    share = len(_MATHS.findall(text)) / max(1, len(words(text)))
    return f"{share:.0%} maths" if share > config.max_maths_share else None


def rare_symbols(role: Role, text: str, config: FiltersConfig) -> str | None:
    """Find characters that everyday English or Chinese doesn't have."""
    rare = [character for character in text if not _is_everyday(character)]
    share = len(rare) / max(1, len(text))
    return f"{''.join(sorted(set(rare)))!r}" if share > config.max_rare_share else None


def loop(role: Role, text: str, config: FiltersConfig) -> str | None:
    """Find the same words said again and again."""
    found = words(text)
    for word, run in groupby(found):
        times = len(list(run))
        if times > _most_in_a_row(word) and not word.isdigit():
            return f"{word!r} occurs {times} times in a row"
    for size in (config.loop_ngram, config.loop_ngram + 2):
        runs = [tuple(found[i : i + size]) for i in range(len(found) - size + 1)]
        share = 1 - len(set(runs)) / max(1, len(runs))
        if len(runs) > size and share > config.max_loop_share:  # a few words, as in 谢谢，谢谢, are no loop
            return f"{share:.0%} of its {size}-word runs are repeated"
    said = Counter(tuple(words(sentence)) for sentence in sentences(text))
    again = {sentence for sentence, times in said.items() if times > 1}
    if again and (again == said.keys() or max(map(len, again)) >= _FULL_SENTENCE_WORDS):
        return "a sentence is said twice"
    return None


def _most_in_a_row(word: str) -> int:
    if "\u3400" <= word[0] <= "\u9fff":
        return _MOST_CHARACTERS
    return _MOST_EMPHATIC if word in _EMPHATIC else _MOST_WORDS


def role_confusion(role: Role, text: str, config: FiltersConfig) -> str | None:
    """Find a speaker's label, the user talking as the assistant, or either talking as a model."""
    patterns = (_LABEL, _HELPER_LINES) if role == "user" else (_LABEL, _MODEL_LINES)
    return next((repr(match.group()) for pattern in patterns if (match := pattern.search(text))), None)


def narration(role: Role, text: str, config: FiltersConfig) -> str | None:
    """Find stage directions, or a conversation told from outside."""
    match = _NARRATION.search(text)
    return repr(match.group()) if match else None


def placeholder(role: Role, text: str, config: FiltersConfig) -> str | None:
    """Find a slot that nobody filled, such as ``[Name]``."""
    match = _PLACEHOLDER.search(text)
    return repr(match.group()) if match else None


def garbled(role: Role, text: str, config: FiltersConfig) -> str | None:
    """Find words run together after an apostrophe ("it'ssweet")."""
    match = _GLUED.search(text)
    return repr(match.group()) if match else None


def broken_off(role: Role, text: str, config: FiltersConfig) -> str | None:
    """Find a last sentence that doesn't end, or ends on a word that asks for another."""
    return _seen_break(text)


TURN_FILTERS: dict[str, TurnFilter] = {
    "no_words": no_words,
    "too_long": too_long,
    "code": code,
    "maths": maths,
    "placeholder": placeholder,
    "narration": narration,
    "rare_symbols": rare_symbols,
    "role_confusion": role_confusion,
    "loop": loop,
    "garbled": garbled,
    "broken_off": broken_off,
}
"""Reason -> filter, in the order in which they are tried."""


def check_turn(role: Role, text: str, config: FiltersConfig, *, must_end: bool) -> None:
    """Let a usable turn pass.

    Args:
        must_end: refuse a last sentence without an end; people leave the mark out, models are cut off.

    Raises:
        RejectedError: with the reason of the first filter that the turn fails.
    """
    for reason, judge in TURN_FILTERS.items():
        if judge is broken_off and not must_end:
            continue
        seen = judge(role, text, config)
        if seen is not None:
            raise RejectedError(reason, f"{role}: {seen}")


def finish_sentence(text: str) -> str:
    """Return a cleaned text up to its last full sentence; unchanged when it ends well or holds no full one."""
    for last in reversed(sentences(text)[1:]):
        if _seen_break(last) is None:
            break
        text = text.removesuffix(last).rstrip()
    return text


def _seen_break(text: str) -> str | None:
    if _TRAILING_OFF.search(text):
        return None
    if not _SENTENCE_END.search(text) or _BROKEN_END.search(text):
        return f"ends in {text[-12:]!r}"
    said = words(text)
    if said and said[-1] in _DANGLING and not text.endswith("?") and not _LETTER_A.search(text):
        return f"ends in {said[-1]!r}"
    return None


def _is_everyday(character: str) -> bool:
    if character in _EVERYDAY_MARKS:
        return True
    if character.isdigit():
        return character.isascii()
    # Latin letters with their accents, and Chinese characters.
    return character.isalpha() and unicodedata.name(character, "").startswith(("LATIN", "CJK"))
