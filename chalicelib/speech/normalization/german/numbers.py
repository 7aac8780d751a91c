"""German fractions, ranges, ordinals and plain numbers."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import numerals
from chalicelib.speech.normalization.german.figures import DASH, NUMBER, cardinal, gender, ordinal, range_word, spoken
from chalicelib.speech.normalization.rules import groups, rule

_SIGNS = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
          "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8)}  # fmt: skip
_DENOMINATORS = frozenset({2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20, 32, 64, 100, 1000})
_DETERMINER = (
    r"(?:am|im|vom|zum|zur|beim|dem|den|der|die|das|des|ein|eine|einem|einer|kein|mein|dein|sein|ihr|unser|jede[rmns]?|"
    r"diese[rmns]?|meine[rmn]?|seine[rmn]?|ihre[rmn]?)"
)
_COUNTED_NOUNS = (
    r"(?:Mal|Jahrhundert|Sieger|Preis|Rang|Versuch|Jahrestag|Geburtstag|Minute|"
    r"Klasse|Stock|Platz|Etage|Liga|Runde|Auflage|Szene|Akt|Teil|Kapitel|Band|Reihe|Advent)"
)


def _fraction(numerator: int, denominator: int) -> str:
    if denominator == 2:
        return "ein Halb" if numerator == 1 else f"{cardinal(str(numerator))} Halbe"
    base = numerals.ordinal(denominator, "de").removesuffix("te").removesuffix("s")
    special = {3: "Drittel", 6: "Sechstel", 7: "Siebtel", 8: "Achtel", 16: "Sechzehntel"}
    ending = "stel" if denominator >= 20 else "tel"
    name = special.get(denominator) or f"{base}{ending}".capitalize()
    return f"{'ein' if numerator == 1 else cardinal(str(numerator))} {name}"


def _written_fraction(match: re.Match[str]) -> str | None:
    if match["sign"]:
        numerator, denominator = _SIGNS[match["sign"]]
    else:
        numerator, denominator = int(match["numerator"]), int(match["denominator"])
        if denominator not in _DENOMINATORS or not 0 < numerator < denominator:
            return None
    is_half = (numerator, denominator) == (1, 2)
    if match["whole"]:
        whole = "ein" if match["whole"] == "1" else cardinal(match["whole"])
        return f"{whole}einhalb" if is_half else f"{whole} {_lower(_fraction(numerator, denominator))}"
    noun = re.match(r" ([A-ZÄÖÜ]\w*)", match.string[match.end() :])
    if is_half and noun:
        return {"masculine": "ein halber", "neuter": "ein halbes"}.get(gender(noun[1]), "eine halbe")
    return _fraction(numerator, denominator)


def _compound(match: re.Match[str]) -> str | None:
    """Return a fraction as the first part of a noun: "Zwei-Drittel-" of "2/3-Mehrheit"."""
    numerator, denominator = int(match["numerator"]), int(match["denominator"])
    if denominator not in _DENOMINATORS or not 0 < numerator < denominator:
        return None
    return "-".join(word[0].upper() + word[1:] for word in _fraction(numerator, denominator).split())


def _lower(words: str) -> str:
    return words.lower()


def _ordinal(match: re.Match[str]) -> str:
    noun = re.match(r" (\w+)", match.string[match.end() :])
    return ordinal(int(re.sub(r"\D", "", match["value"])), match.string[: match.start()], noun[1] if noun else "")


def _plain(match: re.Match[str]) -> str:
    """Return a number; 1 before a noun is "eine" before the commonest feminine ending, else "ein"."""
    minus = "minus " if match["minus"] else ""
    noun = re.match(r" ([A-ZÄÖÜ]\w+)", match.string[match.end() :])
    if match["amount"] == "1" and noun:
        return f"{minus}{'eine' if noun[1].endswith(('e', 'ung', 'heit', 'keit', 'ion')) else 'ein'}"
    words = spoken(match["amount"])
    if noun and noun[1].endswith("e") and words.endswith("tausendeins"):
        words = words.removesuffix("eins") + "undeine"
    return minus + words


def _ordinal_in_group(match: re.Match[str]) -> str:
    noun = re.match(r" (\w+)", match.string[match.end("it") :])
    return ordinal(int(re.sub(r"\D", "", match["value"])), match.string[: match.start("it")], noun[1] if noun else "")


RULES = [
    rule(r"\b24/7\b", "vierundzwanzig sieben"),
    rule(r"(?<![\w.,/])(?P<numerator>\d{1,2})/(?P<denominator>\d{1,3})(?=-[A-ZÄÖÜ])", _compound),
    # A score: "2:1"; a time of day has two figures behind the colon.
    rule(
        r"(?<![\d:.,])\b(?P<first>\d{1,3}):(?P<last>\d{1,3})\b(?![:.,]\d)",
        lambda match: f"{spoken(match['first'])} zu {spoken(match['last'])}",
    ),
    rule(
        r"(?<![\w.,])(?P<first>\d{1,3})- bis (?P<last>\d{1,3})-mal\b",
        lambda match: f"{spoken(match['first'])}- bis {spoken(match['last'])}mal",
    ),
    rule(
        r"(?<![\w.,/])(?:(?P<whole>\d{1,3})(?: ?(?=[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])| (?=\d{1,2}/)))?"
        r"(?:(?P<sign>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])|(?P<numerator>\d{1,2})/(?P<denominator>\d{1,4}))(?![\w/])",
        _written_fraction,
    ),
    rule(
        rf"(?<=\b)(?i:{_DETERMINER}) (?P<it>(?P<value>\d{{1,3}}(?:\.\d{{3}})*)\.)(?= (?:[A-ZÄÖÜ]\w|[a-zäöü]))",
        _ordinal_in_group,
    ),
    rule(rf"(?<![\w.,])(?P<value>\d{{1,3}})\.(?= {_COUNTED_NOUNS}\b)", _ordinal),
    groups(
        rf"(?<![\w.,/-])(?P<first>{NUMBER})(?P<dash>{DASH})(?P<last>{NUMBER})(?![\w/]|[.,]\d|-\d)",
        first=lambda match: spoken(match["first"]),
        dash=range_word,
        last=lambda match: spoken(match["last"]),
    ),
    rule(
        r"(?<=\w )(?P<first>\d{1,4}) : (?P<last>\d{1,4})(?!\w)|^(?P<first2>\d{1,4}) : (?P<last2>\d{1,4})(?=$| =)",
        lambda match: (
            f"{spoken(match['first'] or match['first2'])} geteilt durch {spoken(match['last'] or match['last2'])}"
        ),
    ),
    rule(rf"(?P<minus>(?<![\w\d)])[-−](?=\d))?(?<![\w.,])(?P<amount>{NUMBER})(?![\w]|[.,]\d)", _plain),
    rule(r"(?<![\w.,])(?P<amount>\d{1,15})(?P<minus>)(?=[A-Z]\b|[A-Za-z]{2,})", lambda match: f"{_plain(match)} "),
]
