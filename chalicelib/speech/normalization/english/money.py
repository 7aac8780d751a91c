"""English sums of money."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.speech.normalization.english.figures import DASH, MAGNITUDES, NUMBER, is_adjective, spoken
from chalicelib.speech.normalization.rules import groups, rule


@dataclass(frozen=True, slots=True)
class _Currency:
    one: str
    many: str
    cent: str = "cent"
    cents: str = "cents"


_DOLLAR = _Currency("dollar", "dollars")
_SIGNS = {
    "$": _DOLLAR,
    "€": _Currency("euro", "euros"),
    "£": _Currency("pound", "pounds", "penny", "pence"),
    "¥": _Currency("yen", "yen"),
    "₹": _Currency("rupee", "rupees", "paisa", "paise"),
    "₩": _Currency("won", "won"),
    "₽": _Currency("rouble", "roubles", "kopeck", "kopecks"),
}
_CODES = {
    "USD": _Currency("U S dollar", "U S dollars"), "EUR": _SIGNS["€"], "GBP": _SIGNS["£"], "JPY": _SIGNS["¥"],
    "CHF": _Currency("Swiss franc", "Swiss francs"), "CAD": _Currency("Canadian dollar", "Canadian dollars"),
    "AUD": _Currency("Australian dollar", "Australian dollars"), "INR": _SIGNS["₹"],
    "SEK": _Currency("Swedish krona", "Swedish kronor"), "DKK": _Currency("Danish krone", "Danish kroner"),
    "NOK": _Currency("Norwegian krone", "Norwegian kroner"), "CNY": _Currency("yuan", "yuan"),
}  # fmt: skip
_COUNTRIES = {"US": "U S", "CA": "Canadian", "C": "Canadian", "A": "Australian", "AU": "Australian", "NZ": "New Zealand",
              "HK": "Hong Kong", "S": "Singapore"}  # fmt: skip
_MAGNITUDE = rf"(?:\s?(?P<magnitude>(?:thousand|million|billion|trillion)\b|(?:{'|'.join(MAGNITUDES)})\b))"
_SIGN = r"(?P<sign>[$€£¥₹₩₽])"


def _amount(match: re.Match[str], currency: _Currency) -> str:
    written = match["amount"]
    minus = "minus " if match.groupdict().get("minus") else ""
    if magnitude := match.groupdict().get("magnitude"):
        return (
            f"{minus}{spoken(written)} {MAGNITUDES[magnitude]} {currency.one if is_adjective(match) else currency.many}"
        )
    whole, _, cents = written.partition(".")
    if len(cents) != 2:
        unit = currency.one if written == "1" or is_adjective(match) else currency.many
        return f"{minus}{spoken(written)} {unit}"
    parts = []
    if int(re.sub(r"\D", "", whole) or 0):
        parts.append(f"{spoken(whole)} {currency.one if whole == '1' else currency.many}")
    if int(cents):
        parts.append(f"{spoken(str(int(cents)))} {currency.cent if cents == '01' else currency.cents}")
    return minus + (" and ".join(parts) or f"zero {currency.many}")


def _by_sign(match: re.Match[str]) -> str:
    currency = _SIGNS[match["sign"]]
    if country := match.groupdict().get("country"):
        name = _COUNTRIES[country]
        currency = _Currency(f"{name} {currency.one}", f"{name} {currency.many}", currency.cent, currency.cents)
    return _amount(match, currency)


def _by_code(match: re.Match[str]) -> str:
    return _amount(match, _CODES[match["code"]])


def _range(match: re.Match[str]) -> str:
    currency = _SIGNS[match["sign"]]
    magnitude = f" {MAGNITUDES[match['magnitude']]}" if match["magnitude"] else ""
    word = "and" if re.search(r"\b[Bb]etween $", match.string[: match.start()][-9:]) else "to"
    return f"{spoken(match['first'])} {word} {spoken(match['amount'])}{magnitude} {currency.many}"


def _small(match: re.Match[str]) -> str:
    names = {"p": ("penny", "pence"), "¢": ("cent", "cents")}[match["unit"]]
    return names[match["amount"] != "1"]


RULES = [
    rule(rf"(?<![\w]){_SIGN}(?P<first>{NUMBER}){DASH}[$€£]?(?P<amount>{NUMBER}){_MAGNITUDE}?(?![\d])", _range),
    rule(
        rf"(?P<minus>(?<!\w)[-−])?(?<![\w.])(?P<country>US|CA?|AU?|NZ|HK|S)?{_SIGN}\s?(?P<amount>{NUMBER}){_MAGNITUDE}?(?!\d)",
        _by_sign,
    ),
    rule(rf"(?P<minus>(?<!\w)[-−])?(?<![\w.,])(?P<amount>{NUMBER}){_MAGNITUDE}?\s?{_SIGN}", _by_sign),
    rule(rf"\b(?P<code>{'|'.join(_CODES)})\s?(?P<amount>{NUMBER}){_MAGNITUDE}?(?!\d)", _by_code),
    rule(rf"(?<![\w.,])(?P<amount>{NUMBER}){_MAGNITUDE}?\s?(?P<code>{'|'.join(_CODES)})\b", _by_code),
    groups(
        rf"(?<![\w.,])(?P<sum>(?P<amount>{NUMBER})\s?(?P<unit>p|¢)(?=[\s.,;:!?)]|$))",
        sum=lambda match: f"{spoken(match['amount'])} {_small(match)}",
    ),
]
