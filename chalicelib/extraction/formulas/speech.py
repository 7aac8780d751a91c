"""Spoken form of a formula."""

import re

import mathra

from chalicelib.extraction.formulas import omml, plain
from chalicelib.extraction.formulas.english import ENGLISH
from chalicelib.extraction.formulas.german import GERMAN
from chalicelib.extraction.formulas.notation import MAX_SOURCE_CHARACTERS, Notation
from chalicelib.extraction.formulas.parse import FormulaError, parse
from chalicelib.extraction.formulas.speaker import Speaker

# Languages with words of ours. For others mathra has phrases, in which more is said than a teacher would.
_WORDS = {"en": ENGLISH, "de": GERMAN}
_LOCALES = {locale["code"].partition("-")[0]: locale["code"] for locale in mathra.locales()}
_CHEMISTRY = re.compile(r"\\(?:ce|pu)\s*\{")


def spoken(source: str, notation: Notation, language: str) -> str:
    """Return a formula in words of the language (BCP-47), or in English if no words are known for it.

    `source` is LaTeX with or without its delimiters, a `math` element, or an `oMath` or `oMathPara` element as XML. What no
    parser understands is returned as its symbols. Never raises because of the source, and never returns an empty text.
    """
    if len(source) > MAX_SOURCE_CHARACTERS:
        return plain.symbols(source[:MAX_SOURCE_CHARACTERS], notation)
    primary = language.partition("-")[0].lower()
    symbols = plain.symbols(source, notation)
    try:
        if notation is Notation.OMML:
            source, notation = omml.to_mathml(source), Notation.MATHML
        if primary in _LOCALES and primary not in _WORDS:
            speech = mathra.render(source, _LOCALES[primary], input=notation.value)["speech"]
        else:
            speech = _in_our_words(source, notation, primary)
    except (ValueError, LookupError, RecursionError):  # a formula is no reason to lose its document
        speech = ""
    return speech.strip() or symbols


def _in_our_words(source: str, notation: Notation, language: str) -> str:
    words = _WORDS.get(language, ENGLISH)
    is_chemistry = notation is Notation.LATEX and _CHEMISTRY.search(source) is not None
    try:
        row = parse(source, notation, has_decimal_commas=words.decimal_separator == ",", is_chemistry=is_chemistry)
    except FormulaError:
        return mathra.render(source, language if language in _WORDS else "en", input=notation.value)["speech"]
    return Speaker(words, is_chemistry=is_chemistry).row(row)
