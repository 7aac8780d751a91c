"""Pronunciations of English words that the aligner's dictionary lacks, in its phones.

They need not be right, only near enough that the word takes its place and its time: an unknown word is never called wrong.
"""

from __future__ import annotations

from collections.abc import Callable

Lookup = Callable[[str], str | None]

_SUFFIXES = {
    "'s": "Z", "s'": "Z", "s": "Z", "ed": "D", "d": "D", "ing": "IH NG", "er": "ER", "ers": "ER Z", "able": "AH B AH L",
    "ly": "L IY", "ness": "N AH S", "less": "L AH S", "ment": "M AH N T", "ful": "F AH L", "y": "IY",
}  # fmt: skip
_PREFIXES = {
    "un": "AH N", "re": "R IY", "pre": "P R IY", "non": "N AA N", "sub": "S AH B", "de": "D IY", "mis": "M IH S",
    "over": "OW V ER", "under": "AH N D ER", "inter": "IH N T ER", "anti": "AE N T IY", "meta": "M EH T AH", "auto": "AO T OW",
}  # fmt: skip
_LETTERS = {
    "tion": "SH AH N", "sion": "ZH AH N", "tch": "CH", "dge": "JH", "igh": "AY", "eau": "OW", "sch": "SH", "ch": "CH",
    "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "ng": "NG", "qu": "K W", "gh": "G", "kn": "N", "wr": "R",
    "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "oa": "OW", "ai": "EY", "ay": "EY", "ei": "EY", "ie": "IY",
    "oi": "OY", "oy": "OY", "au": "AO", "aw": "AO", "ew": "UW", "ey": "IY", "ar": "AA R", "er": "ER", "ir": "ER", "or": "AO R",
    "ur": "ER", "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH",
    "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V",
    "w": "W", "x": "K S", "y": "IY", "z": "Z",
}  # fmt: skip


def pronounce(word: str, lookup: Lookup) -> str | None:
    """Return a guess in the dictionary's phones, from known parts or else letter by letter; None without a letter of English."""
    return _from_parts(word, lookup) or _from_letters(word)


def _from_parts(word: str, lookup: Lookup) -> str | None:
    for suffix, phones in _SUFFIXES.items():
        stem = word.removesuffix(suffix)
        if stem != word and len(stem) > 2:
            for form in (stem, f"{stem}e", stem[:-1] if stem[-1] == stem[-2] else stem, f"{stem[:-1]}y"):
                if (known := lookup(form)) is not None:
                    return f"{known} {phones}"
    for prefix, phones in _PREFIXES.items():
        if word.startswith(prefix) and (known := lookup(word.removeprefix(prefix))) is not None:
            return f"{phones} {known}"
    for cut in range(3, len(word) - 2):  # a compound
        first, second = lookup(word[:cut]), lookup(word[cut:])
        if first is not None and second is not None:
            return f"{first} {second}"
    return None


def _from_letters(word: str) -> str | None:
    phones, position = list[str](), 0
    while position < len(word):
        for size in (4, 3, 2, 1):
            if (sound := _LETTERS.get(word[position : position + size])) is not None and position + size <= len(word):
                is_doubled = size == 1 and position and word[position - 1] == word[position]
                if not is_doubled:
                    phones.append(sound)
                position += size
                break
        else:
            position += 1
    is_mute_e = len(phones) > 2 and word.endswith("e")
    return " ".join(phones[:-1] if is_mute_e else phones) or None
