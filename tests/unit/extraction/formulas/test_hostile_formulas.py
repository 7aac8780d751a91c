"""Broken and hostile formulas: never an error, never nothing."""

import pytest

from chalicelib.extraction import formulas
from chalicelib.extraction.formulas import Notation

HOSTILE = {
    "nothing": "",
    "a space": " ",
    "control characters": "\x00\x01\x1b",
    "an open brace": "x^{",
    "a closing brace": "}",
    "half a fraction": r"\frac{a}",
    "an unknown command": r"\unknown{x}",
    "deep braces": "{" * 9_000 + "x" + "}" * 9_000,
    "deep fractions": r"\frac{" * 2_000 + "x" + "}{y}" * 2_000,
    "deep roots": r"\sqrt{" * 2_000 + "x" + "}" * 2_000,
    "a tower of exponents": "x^" * 9_000 + "x",
    "a macro that repeats itself": r"\def\a{\a\a}\a",
    "macros that double": "".join(rf"\def\{a}{{\{b}\{b}}}" for a, b in zip("abcdefghijkl", "bcdefghijklm", strict=True))
    + r"\def\m{x}\a",
    "a wide table": r"\begin{array}{*{99999999}{c}}a\end{array}",
    "many cells": r"\begin{matrix}" + "a&" * 9_000 + r"\end{matrix}",
    "too long": "x+" * 500_000,
    "unbalanced elements": "<math><mrow><mi>x</math>",
    "deep elements": "<math>" + "<mrow>" * 1_000 + "<mi>x</mi>" + "</mrow>" * 1_000 + "</math>",
    "entities": '<!DOCTYPE m [<!ENTITY a "bb"><!ENTITY b "&a;&a;&a;">]><math><mi>&b;</mi></math>',
    "a missing argument": "<math><mfrac/></math>",
    "a lone surrogate": "\ud800",
}


@pytest.mark.parametrize("notation", Notation)
@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_formula_is_said_somehow(source: str, notation: Notation) -> None:
    for language in ("en", "de", "fr", "ar", "und"):
        speech = formulas.spoken(source, notation, language)
        assert speech.strip()
        assert len(speech) < 2_000_000
