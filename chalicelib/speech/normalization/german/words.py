"""German abbreviations, initials and signs between words."""

from __future__ import annotations

import re

from chalicelib.speech.normalization.rules import rule

# A space inside may be missing: "z. B." and "z.B.".
_ABBREVIATIONS = {
    "Dr.": "Doktor", "Prof.": "Professor", "z. B.": "zum Beispiel", "d. h.": "das heißt", "u. a.": "unter anderem",
    "usw.": "und so weiter", "ca.": "circa", "bzw.": "beziehungsweise", "vgl.": "vergleiche", "Vgl.": "Vergleiche",
    "Hr.": "Herr", "Hrn.": "Herrn", "Fr.": "Frau", "evtl.": "eventuell", "ggf.": "gegebenenfalls", "inkl.": "inklusive",
    "zzgl.": "zuzüglich", "max.": "maximal", "mind.": "mindestens", "s. o.": "siehe oben", "s. u.": "siehe unten",
    "o. Ä.": "oder Ähnliches", "o. g.": "oben genannte", "s. a.": "siehe auch",
    "o. ä.": "oder ähnliches", "Hrsg.": "Herausgeber", "hrsg.": "herausgegeben", "geb.": "geborene", "gest.": "gestorben",
    "Tel.": "Telefon", "St.": "Sankt", "GmbH": "G m b H", "sog.": "sogenannte", "u. U.": "unter Umständen", "z. T.": "zum Teil",
    "i. d. R.": "in der Regel", "m. E.": "meines Erachtens", "etc.": "et cetera", "Abs.": "Absatz", "Jh.": "Jahrhundert",
    "Mio.": "Millionen", "Mrd.": "Milliarden", "Ing.": "Ingenieur", "Dipl.": "Diplom", "Pfr.": "Pfarrer", "allg.": "allgemein",
    "bes.": "besonders", "einschl.": "einschließlich", "exkl.": "exklusive", "ebd.": "ebenda", "v. a.": "vor allem",
    "u. Ä.": "und Ähnliches", "i. A.": "im Auftrag", "n. Chr.": "nach Christus", "v. Chr.": "vor Christus",
}  # fmt: skip
_BEFORE_NUMBER = {
    "Nr.": "Nummer", "Abb.": "Abbildung", "Tab.": "Tabelle", "Kap.": "Kapitel", "Bd.": "Band", "S.": "Seite", "Art.": "Artikel",
    "Abschn.": "Abschnitt", "Z.": "Zeile", "V.": "Vers", "H.": "Heft", "Jg.": "Jahrgang", "Aufl.": "Auflage", "App.": "Apparat",
    "Bl.": "Blatt", "Anm.": "Anmerkung", "Gl.": "Gleichung", "Abs.": "Absatz", "min.": "mindestens", "geb.": "geboren",
}  # fmt: skip
_SIGNS = {
    "&": "und", "=": "gleich", "+": "plus", "×": "mal", "·": "mal", "÷": "geteilt durch", "<": "kleiner als",
    ">": "größer als", "≈": "ungefähr", "≠": "ungleich", "≥": "größer gleich", "≤": "kleiner gleich", "→": "nach",
    "±": "plus minus", "−": "minus", "@": "at", "∞": "unendlich",
}  # fmt: skip
_LEADING_SIGNS = {"≈": "ungefähr ", "~": "ungefähr ", "≥": "mindestens ", "≤": "höchstens ", "±": "plus minus ",
                  "<": "weniger als ", ">": "mehr als "}  # fmt: skip


def _any(words: dict[str, str]) -> str:
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", " ?") for word in ordered)


_BY_LETTERS = {word.replace(" ", ""): spoken for word, spoken in _ABBREVIATIONS.items()}


def _abbreviation(match: re.Match[str]) -> str:
    """Return the words; the full stop stays where the sentence ends, and "das heißt" never ends one."""
    rest = match.string[match.end("it") :]
    letters = match["it"].replace(" ", "")
    ends_sentence = letters in {"usw.", "etc."} and not rest.strip()
    return _BY_LETTERS[letters] + ("." if ends_sentence else "")


def _initials(match: re.Match[str]) -> str:
    rest = match.string[match.end() :]
    spoken = " ".join("und" if letter == "u" else letter.upper() for letter in match[0] if letter != ".")
    return spoken + ("" if rest.strip() else ".")


def _street(match: re.Match[str]) -> str:
    return "straße" if match["it"][0] == "s" else "Straße"


def _sexes(match: re.Match[str]) -> str:
    return f"{match['stem']} und {match['stem']}{match['female']}"


def _leads(match: re.Match[str]) -> str | None:
    """Return the words for a sign that qualifies the number behind it; None for a relation of two: "x ≥ 5"."""
    before = match.string[: match.start()].rstrip()
    return None if re.search(r"(?:^|\W)(?:\w|\d+)$", before) else _LEADING_SIGNS[match["sign"]]


RULES = [
    rule(r"\b[A-Z](?P<it>[–-])(?=[A-Z]\b)(?<=\bA.)", " bis "),
    rule(
        rf"(?<![\w.])(?P<it>{_any(_BEFORE_NUMBER)})(?= ?(?:\d|[ivxlc]{{1,7}}\b))",
        lambda match: _BEFORE_NUMBER[match["it"]],
    ),
    rule(r"(?<=\d )ff\.", "fortfolgende"),
    rule(r"(?<=\d )f\.", "folgende"),
    rule(rf"(?<![\w.])(?P<it>{_any(_ABBREVIATIONS)})(?![\w])", _abbreviation),
    rule(
        r"(?<=\w)(?P<it>str\.)(?=\s|$|,)|(?<= )(?P<it2>Str\.)(?= \d|$)",
        lambda match: "straße" if match["it"] else "Straße",
    ),
    rule(r"(?<![\w.])(?:[A-Za-z]\.){2,6}(?!\w)|\bPh\.D\.", _initials),
    rule(r"(?<![\w§])§§ ?(?=\d)", "Paragrafen "),
    rule(r"(?<![\w§])§ ?(?=\d)", "Paragraf "),
    rule(r"© ?(?=\w)", "Copyright "),
    rule(r"(?<!\S)† ?(?=\d)", "gestorben "),
    rule(r"(?<!\S)\* ?(?=\d{4})", "geboren "),
    rule(r"\bund/oder\b", "und oder"),
    rule(r"\b(?P<stem>[A-ZÄÖÜ][a-zäöüß]+)/(?P<female>innen)\b", _sexes),
    rule(
        r"\b(?P<stem>[A-ZÄÖÜ][a-zäöüß]+)[*:_](?P<female>innen)\b",
        lambda match: f"{match['stem']}{match['female']} und {match['stem']}",
    ),
    rule(
        r"\b(?P<first>Herrn?|er|sein|ihr|der|die)/(?P<second>Frau|sie|ihr|sein|die|der)\b",
        lambda match: f"{match['first']} oder {match['second']}",
    ),
    rule(r"(?<!\S)(?P<sign>[≈~≥≤±<>])\s?(?=\d)", _leads),
    rule(r"(?<= )(?P<sign>[&=+×·÷<>≈≠≥≤→±−@∞])(?= |$|[.,;])", lambda match: _SIGNS[match["sign"]]),
]
