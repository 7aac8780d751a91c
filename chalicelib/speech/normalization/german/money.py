"""German sums of money."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.speech.normalization.german.figures import DASH, MAGNITUDES, NUMBER, cardinal, counted, spoken
from chalicelib.speech.normalization.rules import rule


@dataclass(frozen=True, slots=True)
class _MoneyWords:
    name: str
    cent: str = "Cent"


_EURO, _DOLLAR, _POUND, _FRANC = (
    _MoneyWords("Euro"),
    _MoneyWords("Dollar"),
    _MoneyWords("Pfund", "Pence"),
    _MoneyWords("Franken", "Rappen"),
)
_CURRENCIES = {
    "€": _EURO, "EUR": _EURO, "Euro": _EURO, "$": _DOLLAR, "USD": _MoneyWords("U S-Dollar"), "US-$": _MoneyWords("U S-Dollar"),
    "Dollar": _DOLLAR, "£": _POUND, "GBP": _POUND, "¥": _MoneyWords("Yen"), "CHF": _FRANC, "Fr.": _FRANC, "SFr.": _FRANC,
    "Franken": _FRANC, "Pfund": _POUND,
}  # fmt: skip
_NAME = rf"(?P<name>{'|'.join(re.escape(name) for name in sorted(_CURRENCIES, key=len, reverse=True))})"
_MAGNITUDE = rf"(?:\s?(?P<magnitude>{'|'.join(re.escape(word) for word in MAGNITUDES)}))?"


def _sum(match: re.Match[str]) -> str:
    currency, written = _CURRENCIES[match["name"]], match["amount"]
    minus = "minus " if match.groupdict().get("minus") else ""
    if magnitude := match["magnitude"]:
        words = MAGNITUDES[magnitude]
        if written == "1":
            return (
                f"{minus}eine {words.removesuffix('en')}{'e' if words.startswith('Milliarde') else ''} {currency.name}"
            )
        return f"{minus}{spoken(written)} {words} {currency.name}"
    whole, _, cents = written.partition(",")
    if len(cents) != 2:
        return f"{minus}{counted(written, one=_one(match))} {currency.name}"
    if not int(re.sub(r"\D", "", whole)):
        return f"{minus}{counted(str(int(cents)))} {currency.cent}"
    words = f"{minus}{counted(whole)} {currency.name}"
    return words if cents == "00" else f"{words} {cardinal(cents)}"


def _one(match: re.Match[str]) -> str:
    """Return "einen" where a price is an object: "Es kostet einen Euro"."""
    return (
        "einen"
        if re.search(r"\b(?:kostet|kosten|um|für|zahlt|gibt|hat) $", match.string[: match.start()][-9:])
        else "ein"
    )


def _range(match: re.Match[str]) -> str:
    return f"{spoken(match['first'])} bis {spoken(match['amount'])} {_CURRENCIES[match['name']].name}"


RULES = [
    rule(rf"(?<![\w.,])(?P<first>{NUMBER}){DASH}(?P<amount>{NUMBER})\s?{_NAME}(?!\w)", _range),
    rule(
        rf"(?P<minus>(?<!\w)[-−])?(?<![\w.,/])(?P<amount>{NUMBER})(?:,[–—-]+)?{_MAGNITUDE}\s?{_NAME}(?![\w])",
        _sum,
    ),
    rule(rf"(?<!\w){_NAME}\s?(?P<amount>{NUMBER}){_MAGNITUDE}(?![\d])", _sum),
    rule(r"(?<![\w.,])(?P<amount>\d{1,3})\s?(?:ct|Ct\.)(?!\w)", lambda match: f"{counted(match['amount'])} Cent"),
]
