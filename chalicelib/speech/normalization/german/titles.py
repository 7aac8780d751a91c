"""German Roman numerals: monarchs, chapters, pages of the front matter, centuries."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import numerals
from chalicelib.speech.normalization.german.figures import DASH, cardinal, ordinal
from chalicelib.speech.normalization.model import Replacement
from chalicelib.speech.normalization.rules import Replacements, Rule, groups, rule

_QUEENS = "Anna Elisabeth Isabella Katharina Margarethe Maria Mary Viktoria".split()
_KINGS = (
    "Alexander Alfons August Benedikt Bonifatius Christian Clemens Darius Eduard Ferdinand Franz Friedrich Georg "
    "Gregor Gustav Harald Heinrich Innozenz Iwan Jakob Johannes Joseph Julius Karl Konrad Konstantin Leo Leopold "
    "Ludwig Maximilian Napoleon Nikolaus Otto Paul Peter Philipp Pius Ptolemäus Ramses Richard Rudolf Urban Victor "
    "Wilhelm Willem Xerxes"
).split()
_PLACES = (
    "Kapitel|Teil|Akt|Szene|Band|Buch|Abschnitt|Anhang|Tabelle|Tafel|Abbildung|Artikel|Phase|Typ|Klasse|Stufe|Strophe|Brief|"
    "Staffel|Folge|Lektion|Gesang"
)
_NOUNS = (
    "Teil|Band|Buch|Akt|Szene|Kapitel|Abschnitt|Weltkrieg|Internationale|Senat|Quartal|Jahrhundert|Akte|Klasse|Liga"
)
_DATIVE = r"(?:unter|von|mit|bei|nach|zu|seit|gegenüber|durch König|dem|vom|zum)"


def _value(written: str) -> int | None:
    return numerals.roman(written) if written in (written.upper(), written.lower()) else None


def _cardinal(match: re.Match[str]) -> str | None:
    value = _value(match["roman"])
    return None if value is None else cardinal(str(value))


def _of_monarch(text: str, start: int, end: int) -> list[Replacements]:
    """Say "der Vierzehnte", "dem Vierzehnten" behind a preposition; the full stop stays where the sentence ends."""
    found: list[Replacements] = []
    for match in _MONARCH.finditer(text, start, end):
        value = _value(match["roman"])
        if value is None:
            continue
        is_dative = re.search(rf"\b{_DATIVE} (?:König(?:in)? |Kaiser(?:in)? |Papst )?$", text[: match.start()][-30:])
        base = ordinal(value, "der ").capitalize()
        article = ("der" if is_dative else "die") if match["name"] in _QUEENS else ("dem" if is_dative else "der")
        if match["genitive"]:
            article = "der" if match["name"] in _QUEENS else "des"
        rest = text[match.end() :]
        stop = "." if not rest.strip() else ""
        words = f"{article} {base}{'n' if is_dative or match['genitive'] else ''}{stop}"
        found.append((Replacement(match.start("roman"), match.end(), words),))
    return found


def _before_noun(match: re.Match[str]) -> str | None:
    value = _value(match["roman"])
    return None if value is None else ordinal(value, match.string[: match.start()], match["noun"])


_MONARCH = re.compile(rf"\b(?P<name>{'|'.join([*_QUEENS, *_KINGS])})(?P<genitive>s)? (?P<roman>[IVXL]{{1,9}})\.")
_SEQUEL: Rule = rule(
    r"\b[A-ZÄÖÜ][a-zäöüß]+ (?P<it>(?P<roman>[IVXLC]{1,9}))(?=\s|[,;:!?)]|$)",
    lambda match: _cardinal(match) if match["roman"] not in {"C", "D", "L", "M", "I"} else None,
)

RULES = [
    groups(
        rf"\b(?:S\.|Seiten?) ?(?P<roman>[ivxlc]{{1,9}})\b(?:(?P<dash>{DASH})(?P<last>[ivxlc]{{1,9}})\b)?",
        roman=_cardinal,
        dash=" bis ",
        last=lambda match: None if (value := _value(match["last"])) is None else cardinal(str(value)),
    ),
    Rule(_of_monarch),
    rule(rf"\b(?<!\w\.)(?P<it>(?P<roman>[IVXL]{{1,9}})\.)(?= (?P<noun>{_NOUNS})\b)", _before_noun),
    rule(rf"\b(?:{_PLACES}) (?P<it>(?P<roman>[IVXLC]{{1,9}}))\b(?!['’]|\.\w)", _cardinal, ignore_case=True),
    _SEQUEL,
]
