"""Formulas as plain text: the symbols of one that no parser understands."""

import html
import re

from chalicelib.extraction.formulas.notation import Notation

UNREADABLE = "?"  # of a formula without any letter, digit or symbol: no formula vanishes

_TAG = re.compile(r"<[^<>]*>")
_COMMAND = re.compile(r"\\(?:begin|end|left|right|text\w*|math\w*|label|tag|nonumber|displaystyle)(?![A-Za-z])")
_LATEX_SYNTAX = re.compile(r"[\\{}$&~^_]+")
_SPACE = re.compile(r"\s+")


def symbols(source: str, notation: Notation) -> str:
    """Return the letters, digits and symbols of a formula in their order, without markup. Never empty."""
    if notation is Notation.LATEX:
        text = _LATEX_SYNTAX.sub(" ", _COMMAND.sub(" ", source))
    else:
        text = html.unescape(_TAG.sub(" ", source))
    text = "".join(character if character.isprintable() else " " for character in text)
    return _SPACE.sub(" ", text).strip() or UNREADABLE
