"""Normalization of English. Where two rules find the same part of a text, the earlier one counts."""

from chalicelib.speech.normalization import addresses, notation, notes, symbols
from chalicelib.speech.normalization.english import (
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
from chalicelib.speech.normalization.vocabulary import ENGLISH

# For voices that read numbers and abbreviations well, and not these.
MARKS = [*symbols.SCENE_BREAKS, *addresses.rules(ENGLISH), *notes.rules(ENGLISH), *symbols.rules(ENGLISH)]
RULES = [
    *symbols.SCENE_BREAKS,
    *addresses.rules(ENGLISH),
    *needing(notation.SIGNS, *formulas.RULES),
    *notes.rules(ENGLISH),
    *symbols.rules(ENGLISH),
    *needing(DIGITS, *telephones.RULES, *calendar.RULES),
    *needing("-–.", *calendar.RANGES),
    *needing(DIGITS, *clock.RULES, *money.RULES, *measures.RULES),
    *titles.RULES,
    *needing(DIGITS, *numbers.RULES),
    *words.RULES,
    *capitals.RULES,
]
