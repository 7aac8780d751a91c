"""Numbers in words, by num2words, with what the readers of a language say otherwise."""

from __future__ import annotations

import re

MAX_DIGITS = 15  # of a number that is said as one; more are said digit by digit
LANGUAGES = frozenset({"fr", "es", "it", "pt", "nl", "pl", "sv", "ru"})  # besides English and German
MAX_ROMAN_LETTERS = 9  # XXXVIII and LXXXVIII have seven and eight

_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})", re.IGNORECASE)
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1_000}
_LOCALES = {"pt": "pt_BR"}  # that of most speakers; what differs is a vowel in 16, 17 and 19, and from a milliard on
_DECIMALS_AS_NUMBERS = frozenset({"fr", "es", "it", "pt", "nl"})  # "virgule soixante-quinze"
MAX_DECIMALS = 2  # that are said as one number
_DECIMAL_COMMAS = {
    "fr": "virgule",
    "es": "coma",
    "it": "virgola",
    "pt": "vírgula",
    "nl": "komma",
    "pl": "przecinek",
    "sv": "komma",
    "ru": "запятая",
    "de": "Komma",
}


def cardinal(value: int, language: str) -> str:
    """Return a number in words: 21 is "twenty-one". Numbers of many digits are said digit by digit."""
    from num2words import num2words

    if abs(value) >= 10**MAX_DIGITS:
        return digits(str(value), language)
    words = str(num2words(value, lang=_LOCALES.get(language, language)))
    if language == "sv":
        words = words.replace("etttusen", "ett tusen")  # three equal letters never meet
    if language == "de":
        words = {"einhundert": "hundert", "eintausend": "tausend"}.get(words, words)
        words = re.sub(r"^eintausend(?=.)", "tausend", words)
    return words


def ordinal(value: int, language: str) -> str:
    """Return an ordinal in words: 21 is "twenty-first", in German in its basic form, "einundzwanzigste"."""
    from num2words import num2words

    return str(num2words(value, lang=_LOCALES.get(language, language), to="ordinal"))


def digits(written: str, language: str) -> str:
    """Return each figure as a word, and nothing else."""
    from num2words import num2words

    return " ".join(str(num2words(int(figure), lang=language)) for figure in written if figure.isdecimal())


def number(whole: str, decimals: str, language: str) -> str:
    """Return a number by its figures before and behind the decimal sign; a leading zero makes it a code of digits."""
    figures = re.sub(r"\D", "", whole)
    if len(figures) > 1 and figures[0] == "0" and not decimals:
        return digits(figures, language)
    words = cardinal(int(figures), language) if figures else ""
    if not decimals:
        return words
    sign = "point" if language == "en" else _DECIMAL_COMMAS[language]
    is_number = language in _DECIMALS_AS_NUMBERS and decimals[0] != "0" and len(decimals) <= MAX_DECIMALS
    return f"{words} {sign} {cardinal(int(decimals), language) if is_number else digits(decimals, language)}".strip()


def roman(written: str) -> int | None:
    """Return the value of a Roman numeral, or None: IIII and MIXED are none."""
    if not written or len(written) > MAX_ROMAN_LETTERS or _ROMAN.fullmatch(written) is None:
        return None
    values = [_ROMAN_VALUES[letter] for letter in written.upper()]
    return sum(-value if value < max(values[index:]) else value for index, value in enumerate(values))
