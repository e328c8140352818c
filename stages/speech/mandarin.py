"""Chinese characters to Kokoro's phonemes: word by word (jieba), each syllable's pinyin (pypinyin) in IPA.

Kokoro learned Mandarin from the IPA of ``misaki``, its author's front end (https://github.com/hexgrad/misaki), which
follows https://github.com/stefantaubert/pinyin-to-ipa: the tone of a syllable is an arrow behind its vowel, words
stand apart, tone sandhi is left to the model. The tables below give the same symbols; misaki itself would bring a
front end for every other language.
"""

_INITIALS = {
    "": "",
    "b": "p",
    "p": "pʰ",
    "m": "m",
    "f": "f",
    "d": "t",
    "t": "tʰ",
    "n": "n",
    "l": "l",
    "g": "k",
    "k": "kʰ",
    "h": "x",
    "j": "ʨ",
    "q": "ʨʰ",
    "x": "ɕ",
    "zh": "ꭧ",
    "ch": "ꭧʰ",
    "sh": "ʂ",
    "r": "ɻ",
    "z": "ʦ",
    "c": "ʦʰ",
    "s": "s",
}
_FINALS = {
    "a": "a0",
    "ai": "ai0",
    "an": "a0n",
    "ang": "a0ŋ",
    "ao": "au0",
    "e": "ɤ0",
    "ei": "ei0",
    "en": "ə0n",
    "eng": "ə0ŋ",
    "er": "ɚ0",
    "i": "i0",
    "ia": "ja0",
    "ian": "jɛ0n",
    "iang": "ja0ŋ",
    "iao": "jau0",
    "ie": "je0",
    "in": "i0n",
    "ing": "i0ŋ",
    "io": "jɔ0",
    "iong": "jʊ0ŋ",
    "iou": "jou0",
    "m": "m0",
    "n": "n0",
    "ng": "ŋ0",
    "o": "wo0",
    "ong": "ʊ0ŋ",
    "ou": "ou0",
    "u": "u0",
    "ua": "wa0",
    "uai": "wai0",
    "uan": "wa0n",
    "uang": "wa0ŋ",
    "uei": "wei0",
    "uen": "wə0n",
    "ueng": "wə0ŋ",
    "uo": "wo0",
    "ê": "ɛ0",
    "ü": "y0",
    "üan": "ɥɛ0n",
    "üe": "ɥe0",
    "ün": "y0n",
}
"""By pinyin in its strict spelling (``iou``, not ``iu``); 0 is where the tone goes."""
_WHOLE = {"o": "ɔ0", "io": "jɔ0", "hm": "hm0", "hng": "hŋ0", "m": "m0", "n": "n0", "ng": "ŋ0"}
"""Interjections, whose finals pinyin writes otherwise than it spells them."""
_BUZZED = "ɨ0"
"""The i of zhi, chi, shi, ri, zi, ci, si."""
_BUZZING = frozenset({"zh", "ch", "sh", "r", "z", "c", "s"})
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}


def mandarin_phonemes(characters: str) -> str:
    """Return Kokoro's phonemes of a run of Chinese characters, words apart; nothing for a character without pinyin."""
    import rjieba

    words = ("".join(map(_syllable, _pinyin(word))) for word in rjieba.cut(characters))
    return " ".join(word for word in words if word)


def _pinyin(word: str) -> list[str]:
    from pypinyin import Style, lazy_pinyin

    return lazy_pinyin(word, style=Style.TONE3, errors="ignore", neutral_tone_with_five=True)


def _syllable(pinyin: str) -> str:
    from pypinyin.contrib.tone_convert import to_finals, to_initials

    spelled, tone = pinyin[:-1], _TONES[pinyin[-1]]
    if spelled in _WHOLE:
        return _WHOLE[spelled].replace("0", tone)
    initial, final = to_initials(spelled, strict=True), to_finals(spelled, strict=True, v_to_u=True)
    symbols = _BUZZED if final == "i" and initial in _BUZZING else _FINALS[final]
    return _INITIALS[initial] + symbols.replace("0", tone)
