"""Normalization of German. Where two rules find the same part of a text, the earlier one counts."""

from chalicelib.speech.normalization import addresses, notation, notes, symbols
from chalicelib.speech.normalization.german import (
    calendar,
    capitals,
    clock,
    formulas,
    measures,
    money,
    numbers,
    telephones,
    titles,
    words,
)
from chalicelib.speech.normalization.rules import DIGITS, needing
from chalicelib.speech.normalization.vocabulary import GERMAN

# For voices that read numbers and abbreviations well, and not these.
MARKS = [*symbols.SCENE_BREAKS, *addresses.rules(GERMAN), *notes.rules(GERMAN), *symbols.rules(GERMAN)]
RULES = [
    *symbols.SCENE_BREAKS,
    *addresses.rules(GERMAN),
    *needing(notation.SIGNS, *formulas.RULES),
    *notes.rules(GERMAN),
    *symbols.rules(GERMAN),
    *needing(DIGITS, *telephones.RULES, *calendar.RULES),
    *needing("-–", *calendar.RANGES),
    *needing(DIGITS, *clock.RULES, *money.RULES, *measures.RULES),
    *titles.RULES,
    *needing(DIGITS, *numbers.RULES),
    *words.RULES,
    *capitals.RULES,
]
