"""Names of glyphs → text, by the rules of the Adobe Glyph List: `f_f_i` is "ffi", `uni00660069` is "fi", `T_h.alt` is "Th"."""

import re

_SINGLE = re.compile(r"uni([\dA-F]{4})|u([\dA-F]{4,6})")
_SEQUENCE = re.compile(r"uni((?:[\dA-F]{4}){2,})")
_SURROGATES = range(0xD800, 0xE000)
_LAST_CODE_POINT = 0x10FFFF


def is_composite(name: str) -> bool:
    """Return True if the name is that of several characters: pdfium reads names of one only."""
    base = name.partition(".")[0]
    return "_" in base.strip("_") or _SEQUENCE.fullmatch(base) is not None


def text(name: str) -> str:
    """Return the characters of a glyph, "" if any part of its name is unknown: `g_12` says nothing."""
    characters = [_component(part) for part in name.partition(".")[0].split("_")]
    return "".join(characters) if all(characters) else ""


def _component(name: str) -> str:
    if sequence := _SEQUENCE.fullmatch(name):
        codes = sequence[1]
        return "".join(map(_character, (codes[start : start + 4] for start in range(0, len(codes), 4))))
    if single := _SINGLE.fullmatch(name):
        return _character(single[1] or single[2])
    return _by_name().get(f"/{name}", "")


def _character(code: str) -> str:
    code_point = int(code, 16)
    return "" if code_point in _SURROGATES or code_point > _LAST_CODE_POINT else chr(code_point)


def _by_name() -> dict[str, str]:
    from pikepdf._data import CHARNAMES_TO_UNICODE  # of Latin and Greek letters, signs and spaces

    return CHARNAMES_TO_UNICODE
