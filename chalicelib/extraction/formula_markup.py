"""Formulas as MathML for the display form, whatever notation they are written in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.extraction.display import mathml as mathml_writer

if TYPE_CHECKING:
    from chalicelib.extraction.formulas.notation import Notation

MAX_CHARACTERS = 20_000  # of a formula; parsing it takes 10 ms


def mathml(source: str, notation: Notation) -> str:
    """Return a formula in MathML, written anew; empty if there is none that says the same."""
    from selectolax.lexbor import LexborHTMLParser

    from chalicelib.extraction.formulas import omml

    if notation.value == "latex" or len(source) > MAX_CHARACTERS:
        return ""
    markup = omml.to_mathml(source) if notation.value == "omml" else source
    math = LexborHTMLParser(markup).css_first("math")
    return "" if math is None else mathml_writer.rewrite(math)
