"""Spoken form of a formula."""

import mathra

from chalicelib.extraction.formulas import plain
from chalicelib.extraction.formulas.notation import MAX_SOURCE_CHARACTERS, Notation


def spoken(source: str, notation: Notation, language: str) -> str:
    """Return a formula in words of the language (BCP-47), or in English if no words are known for it.

    `source` is LaTeX with or without its delimiters, a `math` element, or an `oMath` or `oMathPara` element as XML. What no
    parser understands is returned as its symbols. Never raises because of the source, and never returns an empty text.
    """
    if notation is Notation.OMML or len(source) > MAX_SOURCE_CHARACTERS:
        return plain.symbols(source[:MAX_SOURCE_CHARACTERS], notation)
    primary = language.partition("-")[0]
    locale = next((entry["code"] for entry in mathra.locales() if entry["code"].partition("-")[0] == primary), "en")
    try:
        speech = mathra.render(source, locale, input=notation.value)["speech"]
    except ValueError:
        speech = ""
    return speech.strip() or plain.symbols(source, notation)
