"""English for formulas written in a line of text: powers, Greek letters, chemistry, equations of single letters."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import notation
from chalicelib.speech.normalization.english.figures import cardinal, spoken
from chalicelib.speech.normalization.notation import GREEK, MOLECULE
from chalicelib.speech.normalization.rules import groups, rule

_SETS = {"ℝ": "the real numbers", "ℕ": "the natural numbers", "ℤ": "the integers", "ℚ": "the rational numbers",
         "ℂ": "the complex numbers"}  # fmt: skip
_OPERATORS = {
    "=": "equals", "+": "plus", "−": "minus", "-": "minus", "×": "times", "·": "times", "≤": "is at most",
    "≥": "is at least", "<": "is less than", ">": "is greater than", "≈": "is about", "≠": "is not equal to", "→": "to",
    "∈": "is an element of", "∞": "infinity", "÷": "divided by", "±": "plus or minus", "⇒": "implies", "∪": "union",
    "∩": "intersection",
}  # fmt: skip


def power(raised: str) -> str:
    """Return a power in words by its raised figures: squared, cubed, to the minus three."""
    exponent = notation.exponent(raised)
    if exponent in ("2", "3"):
        return {"2": "squared", "3": "cubed"}[exponent]
    if exponent == "n":
        return "to the n"
    return f"to the {'minus ' if exponent.startswith('-') else ''}{cardinal(exponent.lstrip('-'))}"


def _base(written: str) -> str:
    if written.isdecimal():
        return spoken(written)
    return " ".join(GREEK.get(letter, letter) for letter in written)


def _power(match: re.Match[str]) -> str | None:
    if notation.is_unit(match):
        return None
    return f"{_base(match['base'])} {power(match['raised'])}"


def _term(written: str) -> str:
    """Return a term of an equation in words: "2x", "b/c", "f(x)"."""
    match = re.fullmatch(r"(?P<number>\d+(?:\.\d+)?)?(?P<letter>[A-Za-zα-ωΑ-Ω])?", written)
    if match is None:
        return written
    parts = [spoken(match["number"])] if match["number"] else []
    if match["letter"]:
        parts.append(GREEK.get(match["letter"], match["letter"]))
    return " ".join(parts)


_SHORT_WORDS = "(?:is|as|at|an|am|be|by|do|go|he|if|in|it|me|my|no|of|on|or|so|to|up|us|we)"

RULES = [
    groups(r"\b[Aa]n? \d{1,4} (?P<sign>[×x]) (?=\d{1,4} [a-z])", sign="by"),
    rule(
        r"(?<=\s)(?P<sign>[=+×·÷<>≈≠≥≤∈⇒∪∩])(?= [\w√(ℝℕℤℚℂ∞.\-−])(?<=[\w²³⁴-⁹)!ⁿ] .)",
        lambda match: _OPERATORS[match["sign"]],
    ),
    rule(rf"(?<=\d)×(?={notation.TEN_RAISED})", " times "),
    rule(r"(?<=\w )→(?= [\w∞])", "to"),
    rule(r"∞", "infinity"),
    rule(r"(?<![^\W\d_])(?P<base>\d{1,6}|[A-Za-zα-ωΑ-Ω]{1,2})(?P<raised>⁻?[⁰¹²³⁴-⁹]{1,3}|ⁿ)(?!\w)", _power),
    rule(MOLECULE, lambda match: notation.molecule(match, cardinal)),
    rule(r"√(?P<of>\d+|[a-z])", lambda match: f"the square root of {_term(match['of'])}"),
    rule(r"∑(?= of\b)", "sum"),
    rule(r"∑", "the sum of"),
    rule(r"∫", "the integral of"),
    rule(r"[ℝℕℤℚℂ]", lambda match: _SETS[match[0]]),
    rule(r"∆(?=[A-Za-z])|Δ(?=[A-Za-z](?!\w))", "delta "),
    rule(r"[α-ωϕΓΔ∆ΘΛΞΠΣΦΨΩ](?!\w)(?<!\w.)", lambda match: GREEK.get(match[0])),
    rule(r"(?<!\w)(?P<function>[fgh])\((?P<of>[a-z])\)", lambda match: f"{match['function']} of {match['of']}"),
    rule(
        r"(?<=[=+−<>] )(?P<first>[a-z])/(?P<second>[a-z])(?!\w)",
        lambda match: f"{match['first']} over {match['second']}",
    ),
    # A product of two variables; a word of two letters is none.
    rule(
        rf"(?:(?<=[=+−] )|(?<!\S)(?=[a-z]{{2}} = ))(?P<it>(?!{_SHORT_WORDS})[a-z]{{2}})(?= [=+−]|[.,;]?$)",
        lambda match: " ".join(match["it"]),
    ),
    groups(
        r"(?<![\w.,])(?P<term>\d{1,6}[xyzabcnkt])(?!\w)(?= [=+−<>-]|$|[.,;]?$)",
        term=lambda match: _term(match["term"]),
    ),
    rule(r"(?<![\w.,])(?P<value>\d{1,3})!(?= =)", lambda match: f"{spoken(match['value'])} factorial"),
    rule(notation.FACTORIAL, lambda match: f"{match['variable']} factorial"),
]
