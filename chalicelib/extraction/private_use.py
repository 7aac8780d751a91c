"""Letters that fonts keep in Unicode's private use area: ligatures, small capitals, old-style figures, Thai marks.

Fonts from before OpenType had no other place for them, and their PDFs map to these code points. The assignments are those of
Adobe (Glyph List 1.2, Corporate Use Subarea), of Microsoft and Apple, and of symbol fonts, which are at U+F000 and above.
"""

import re
from itertools import chain

_LETTER = re.compile("[\ue000-\uf8ff]")

_SYMBOL_FONT = 0xF000  # plus the code in the font
# Codes of the ligatures in the encodings of TeX: OT1 from 0x0B, T1 from 0x1B.
_TEX_LIGATURES = {
    _SYMBOL_FONT + first + offset: letters
    for first in (0x0B, 0x1B)
    for offset, letters in enumerate(("ff", "fi", "fl", "ffi", "ffl"))
}
_BULLETS = {0xF0A7: "▪", 0xF0A8: "□", 0xF0B7: "•", 0xF0D8: "➢", 0xF0E0: "→", 0xF0FC: "✓"}  # of Symbol and Wingdings

_SMALL_CAPITALS = {
    **{0xF700 + ord(letter): letter for letter in "abcdefghijklmnopqrstuvwxyz"},
    **{0xF700 + ord(letter): letter for letter in "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ"},
    0xF6F9: "ł",
    0xF6FA: "œ",
    0xF6FD: "š",
    0xF6FF: "ž",
}
_OLD_STYLE = {0xF700 + ord(sign): sign for sign in "!$&?0123456789¡¢¿"} | {0xF6DC: "1"}
_RAISED_LETTERS = dict(zip(range(0xF6E9, 0xF6F4), "abdeilmorst", strict=True))
_SIGNS = {
    0xF6BE: "ȷ",
    0xF6DD: "Rp",
    0xF6DE: "—",
    0xF6DF: "¢",
    0xF6E0: "¢",
    0xF6E3: "$",
    0xF6E4: "$",
    0xF6E1: ",",
    0xF6E2: ",",
    0xF6E5: "-",
    0xF6E6: "-",
    0xF6E7: ".",
    0xF6E8: ".",
    **dict.fromkeys((0xF6D9, 0xF8E9), "©"),
    **dict.fromkeys((0xF6DA, 0xF8E8), "®"),
    **dict.fromkeys((0xF6DB, 0xF8EA), "™"),
}
# Vowels and tone marks in several places, and two consonants without their tails: of Adobe from U+F884, of Microsoft from U+F700.
_THAI = dict(
    chain(
        zip(range(0xF884, 0xF88A), "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e47", strict=True),
        ((0xF88A + index, chr(0x0E48 + index // 3)) for index in range(15)),
        ((0xF899, "\u0e4d"),),
        zip(range(0xF700, 0xF705), "\u0e10\u0e34\u0e35\u0e36\u0e37", strict=True),
        ((0xF705 + index, chr(0x0E48 + index % 5)) for index in range(10)),
        zip(range(0xF70F, 0xF713), "\u0e0d\u0e31\u0e4d\u0e47", strict=True),
        ((0xF713 + index, chr(0x0E48 + index)) for index in range(5)),
        ((0xF718 + index, chr(0x0E38 + index)) for index in range(3)),
    )
)
_TEXTS = {
    0xF001: "fi",
    0xF002: "fl",
    **_TEX_LIGATURES,
    **_BULLETS,
    **_SMALL_CAPITALS,
    **_OLD_STYLE,
    **_RAISED_LETTERS,
    **_SIGNS,
    **_THAI,
}


def spelled_out(text: str) -> str:
    """Return the text with the letters that are known instead of private ones. Others stay."""
    return text.translate(_TEXTS) if _LETTER.search(text) else text
