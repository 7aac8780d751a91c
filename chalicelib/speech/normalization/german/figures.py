"""German figures as parts of patterns, and in words."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import numerals, years

# 1.234 or 1 234 or 1234, with decimals behind a comma; not inside another number.
WHOLE = r"(?:\d{1,3}(?:\.\d{3})+(?!\d)|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.,])|\d+)"
NUMBER = rf"(?:{WHOLE}(?:,\d+)?)"
DASH = r"\s?[–—-]\s?"
MAGNITUDES = {
    "Mio.": "Millionen", "Mio": "Millionen", "Millionen": "Millionen", "Million": "Millionen",
    "Mrd.": "Milliarden", "Mrd": "Milliarden", "Milliarden": "Milliarden", "Milliarde": "Milliarden",
    "Tsd.": "tausend", "Tausend": "tausend",
}  # fmt: skip
# Words behind which an ordinal ends in -n: "am dritten".
_DATIVE = (
    r"(?:am|im|vom|zum|zur|beim|dem|den|einem|einer|diesem|dieser|jedem|jeder|unter|bis|bis zum|ab dem|seit dem"
    r"|(?:in|von|mit|auf|nach|zu|bei|aus|an|vor|seit|ab) der)"
)
_NOMINATIVE = r"(?:der|die|das|diese|dieses|dieser|jede|jedes|jeder|Der|Die|Das|Diese|Dieses|Dieser|Jede|Jedes|Jeder)"
_POSSESSIVE = r"(?:(?:[Mm]ein|[Dd]ein|[Ss]ein|[Ii]hr|[Uu]nser|[Ee]uer|[Ee]in|[Kk]ein))"
_MASCULINE = frozenset(
    (
        "Abend Absatz Abschnitt Advent Akt Band Besuch Besucher Brief Geburtstag Gang Grad Kaiser König Mann Mai Monat "
        "Ort Papst Platz Preis Rang Satz Schritt Sieg Sohn Stock Tag Teil Titel Versuch Weltkrieg Winter Sommer Januar "
        "Roman Film Präsident Zeuge Mensch Tote Apfel Bund "
        "Februar März April Juni Juli August September Oktober November Dezember"
    ).split()
)
_FEMININE = frozenset(
    (
        "Feder Leiter Mauer Mutter Nummer Schulter Schwester Ziffer Steuer Minute Hälfte "
        "Auflage Ausgabe Etage Frau Klasse Lampe Liga Nacht Reihe Runde Seite Staffel Stelle Strophe Stufe Szene "
        "Tochter Woche Zeile"
    ).split()
)

_NEUTER = frozenset(
    (
        "Fenster Zimmer Messer Opfer Theater Semester Wasser Alter Kloster Lager Ufer Muster Orchester Register Viertel "
        "Jahr Kilo Kilogramm Gramm Pfund Dutzend Glas Brot Huhn Blatt Stück Tor Labor Restaurant"
    ).split()
)
_NEUTER_ENDINGS = ("chen", "zimmer", "wasser", "fenster", "theater", "lager", "jahr", "gramm", "pfund", "glas", "brot")
_MASCULINE_ENDINGS = ("ling", "ismus", "ist", "ant", "or", "tag", "er", "löffel")
_FEMININE_ENDINGS = ("ung", "heit", "keit", "schaft", "ion", "tät")


def spoken(written: str) -> str:
    """Return a written number in words: "1.234,5"."""
    whole, _, decimals = written.partition(",")
    return numerals.number(whole, decimals, "de")


def range_word(match: re.Match[str], first: str = "first") -> str:
    """Return the word between two numbers, of which the `first` group is the first one."""
    return " und " if re.search(r"\b[Zz]wischen $", match.string[: match.start(first)][-10:]) else " bis "


def cardinal(written: str) -> str:
    return numerals.cardinal(int(re.sub(r"\D", "", written)), "de")


def counted(written: str, *, one: str = "ein") -> str:
    """Return a number before a noun: 1 is "ein", "eine" or "einen" there, and not "eins"."""
    return one if written == "1" else spoken(written)


def ordinal(value: int, before: str, noun: str = "") -> str:
    """Return an ordinal with the ending that the words before it and its noun ask for.

    Without an article the noun decides: "zweiter Teil", "zweite Szene".
    """
    base = numerals.ordinal(value, "de").removeprefix("ein" if value in (100, 1000) else "\0")
    base = base.replace("einhundert", "hundert", 1) if value < 200 else base
    if re.search(rf"(?:^|\W){_DATIVE} $", before[-20:], re.IGNORECASE):
        return f"{base}n"
    if re.search(rf"(?:^|\W){_NOMINATIVE} $", before[-12:]) or gender(noun) == "feminine":
        return base
    return f"{base}r" if gender(noun) == "masculine" else f"{base}s"


def gender(noun: str) -> str:
    """Return "masculine", "feminine" or "neuter" by a list or the noun's ending; "" where neither says it."""
    if noun in _FEMININE or noun.endswith(_FEMININE_ENDINGS):
        return "feminine"
    if noun in _NEUTER or noun.endswith(_NEUTER_ENDINGS):
        return "neuter"
    return "masculine" if noun in _MASCULINE or noun.endswith(_MASCULINE_ENDINGS) else ""


def year(written: str) -> str:
    """Return a year in words; one of another length than four figures is said like any number."""
    return years.spoken(written, "de") or cardinal(written)
