"""Formulas in words: LaTeX, MathML and the equations of Word, as a teacher would say them."""

from chalicelib.extraction.formulas.notation import MAX_SOURCE_CHARACTERS, Notation
from chalicelib.extraction.formulas.speech import spoken

__all__ = ["MAX_SOURCE_CHARACTERS", "Notation", "spoken"]
