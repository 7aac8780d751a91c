"""German for formulas written in a line of text: powers, Greek letters, chemistry, equations of single letters."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import notation
from chalicelib.speech.normalization.german.figures import cardinal, spoken
from chalicelib.speech.normalization.notation import GREEK, MOLECULE
from chalicelib.speech.normalization.rules import groups, rule

_GREEK = {letter: name.capitalize() for letter, name in GREEK.items()} | {"κ": "Kappa", "χ": "Chi", "ϕ": "Phi"}
_SETS = {"ℝ": "der reellen Zahlen", "ℕ": "der natürlichen Zahlen", "ℤ": "der ganzen Zahlen", "ℚ": "der rationalen Zahlen",
         "ℂ": "der komplexen Zahlen"}  # fmt: skip
_OPERATORS = {
    "=": "gleich", "+": "plus", "−": "minus", "×": "mal", "·": "mal", "≤": "kleiner gleich", "≥": "größer gleich",
    "<": "kleiner als", ">": "größer als", "≈": "ungefähr", "≠": "ungleich", "∈": "Element", "÷": "geteilt durch",
    "⇒": "daraus folgt", "∪": "vereinigt mit", "∩": "geschnitten mit",
}  # fmt: skip


def _power(match: re.Match[str]) -> str | None:
    base, exponent = match["base"], notation.exponent(match["raised"])
    if notation.is_unit(match):
        return None
    said = spoken(base) if base.isdecimal() else " ".join(_GREEK.get(letter, letter) for letter in base)
    if exponent == "2":
        return f"{said} Quadrat"
    minus = "minus " if exponent.startswith("-") else ""
    return f"{said} hoch {minus}{'n' if exponent == 'n' else cardinal(exponent.lstrip('-'))}"


def _term(written: str) -> str:
    match = re.fullmatch(r"(?P<number>\d+)?(?P<letter>[a-z])?", written)
    if match is None:
        return written
    return " ".join(filter(None, (match["number"] and spoken(match["number"]), match["letter"])))


_SHORT_WORDS = "(?:ab|am|an|da|du|er|es|ja|im|in|ob|so|um|wo|zu)"

RULES = [
    rule(r"(?<=[\w)] )∈(?= [A-Z]\b)", "Element von"),
    rule(
        r"(?<=\s)(?P<sign>[=+×·÷<>≈≠≥≤∈⇒∪∩])(?= [\w√(ℝℕℤℚℂ∞.\-−])(?<=[\w²³⁴-⁹)!ⁿ] .)",
        lambda match: _OPERATORS[match["sign"]],
    ),
    rule(rf"(?<=\d)×(?={notation.TEN_RAISED})", " mal "),
    rule(r"(?<=\bn )→(?= [\w∞])", "gegen"),
    rule(r"∞", "unendlich"),
    rule(r"(?<![^\W\d_])(?P<base>\d{1,6}|[A-Za-zα-ωΑ-Ω]{1,2})(?P<raised>⁻?[⁰¹²³⁴-⁹]{1,3}|ⁿ)(?!\w)", _power),
    rule(MOLECULE, lambda match: notation.molecule(match, cardinal)),
    rule(r"√(?P<of>\d+|[a-z])", lambda match: f"Wurzel aus {_term(match['of'])}"),
    rule(r"∑", "die Summe der"),
    rule(r"∫", "das Integral über"),
    rule(r"[ℝℕℤℚℂ]", lambda match: _SETS[match[0]]),
    rule(r"∆(?=[A-Za-z])|Δ(?=[A-Za-z](?!\w))", "Delta "),
    rule(r"[α-ωϕΓΔ∆ΘΛΞΠΣΦΨΩ](?!\w)(?<!\w.)", lambda match: _GREEK.get(match[0])),
    rule(r"(?<!\w)(?P<function>[fgh])\((?P<of>[a-z])\)", lambda match: f"{match['function']} von {match['of']}"),
    rule(
        r"(?<=[=+−<>] )(?P<first>[a-z])/(?P<second>[a-z])(?!\w)",
        lambda match: f"{match['first']} durch {match['second']}",
    ),
    # A product of two variables; a word of two letters is none.
    rule(
        rf"(?:(?<=[=+−] )|(?<!\S)(?=[a-z]{{2}} = ))(?P<it>(?!{_SHORT_WORDS})[a-z]{{2}})(?= [=+−]|[.,;]?$)",
        lambda match: " ".join(match["it"]),
    ),
    groups(
        r"(?<![\w.,])(?P<term>\d{1,6}[xyzabcnkt])(?!\w)(?= [=+−<>-]|$|[.,;]?$)", term=lambda match: _term(match["term"])
    ),
    rule(r"(?<![\w.,])(?P<value>\d{1,3})!(?= =)", lambda match: f"{spoken(match['value'])} Fakultät"),
    rule(notation.FACTORIAL, lambda match: f"{match['variable']} Fakultät"),
]
