"""Signs of formulas that all languages share: Greek letters, powers, chemical formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar
from unicodedata import normalize

Name = TypeVar("Name")

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "gamma", "Δ": "delta",
    "∆": "delta", "Θ": "theta", "Λ": "lambda", "Ξ": "xi", "Π": "pi", "Σ": "sigma", "Φ": "phi", "Ψ": "psi", "Ω": "omega",
}  # fmt: skip
_RAISED = {
    "⁰": "0",
    "¹": "1",
    "²": "2",
    "³": "3",
    "⁴": "4",
    "⁵": "5",
    "⁶": "6",
    "⁷": "7",
    "⁸": "8",
    "⁹": "9",
    "⁻": "-",
    "ⁿ": "n",
}
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_ELEMENT = r"(?:[A-Z][a-z]?[₀-₉]*)"
# Of chemistry: H₂O. At least one figure is lowered.
MOLECULE = rf"(?<!\w)(?={_ELEMENT}*[₀-₉]){_ELEMENT}{{1,8}}(?!\w)"
# Of a variable in a sentence. A vowel is an interjection: "o! how".
FACTORIAL = r"(?<![\w.,'’])(?P<variable>[b-df-hj-np-tv-z])!(?=\s?=|\s[a-zäöü]|[,.;)])"
TEN_RAISED = r"(?<!\d)10⁻?[⁰¹²³⁴-⁹]{1,3}"
_NUMBER_BEFORE = re.compile(rf"(?:\d|{TEN_RAISED}) ?$")
_SQUARED_UNITS = [chr(code_point) for code_point in range(0x3371, 0x33E0)]
_AS_IN_TEXT = str.maketrans("23μ", "²³µ")
# One of these is in every formula.
SIGNS = "=+−×·÷<>≈≠≥≤∈⇒∪∩→∞⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿ₀₁₂₃₄₅₆₇₈₉√∑∫ℝℕℤℚℂ∆(!" + "".join(GREEK)


def with_squared(units: Mapping[str, Name]) -> dict[str, Name]:
    """Return the names of units with those of their single characters, as East Asian fonts have them: ㎏, ㎡."""
    written = {sign: normalize("NFKC", sign).translate(_AS_IN_TEXT) for sign in _SQUARED_UNITS}
    return {**units, **{sign: units[plain] for sign, plain in written.items() if plain in units}}


def exponent(raised: str) -> str:
    """Return raised figures as plain ones: "-3", or "n"."""
    return "".join(_RAISED[character] for character in raised)


def is_unit(match: re.Match[str]) -> bool:
    """Return whether raised figures belong to a unit, because a number stands before it: 20 m², 10⁻³ m²."""
    return match["base"].isalpha() and _NUMBER_BEFORE.search(match.string[: match.start()]) is not None


def molecule(match: re.Match[str], cardinal: Callable[[str], str]) -> str:
    """Return a chemical formula letter by letter, with its figures in words."""
    parts = re.findall(r"[A-Z][a-z]?|[₀-₉]+", match[0])
    return " ".join(cardinal(part.translate(_LOWERED)) if part[0] in "₀₁₂₃₄₅₆₇₈₉" else " ".join(part) for part in parts)
