"""Notations of formulas."""

from enum import StrEnum

MAX_SOURCE_CHARACTERS = 20_000  # 20 times the longest displayed equation of a textbook; parsing them takes 50 ms


class Notation(StrEnum):
    LATEX = "latex"
    MATHML = "mathml"
    OMML = "omml"  # Office Math Markup Language: Word, PowerPoint
