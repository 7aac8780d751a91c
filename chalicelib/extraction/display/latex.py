"""LaTeX of formulas → MathML. Its own `href` and `style` do not pass: the markup is written anew."""

from __future__ import annotations

from chalicelib.extraction.display import mathml

MAX_CHARACTERS = 1_000  # of one formula: 5 ms; a longer one is shown as its source

_DELIMITERS = (("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$"))


def without_delimiters(source: str) -> str:
    source = source.strip()
    for opening, closing in _DELIMITERS:
        if source.startswith(opening) and source.endswith(closing) and len(source) > len(opening + closing):
            return source[len(opening) : -len(closing)].strip()
    return source


def to_mathml(source: str) -> str:
    """Return a formula in MathML; empty for one that the converter does not understand."""
    from latex2mathml import converter
    from selectolax.lexbor import LexborHTMLParser

    if len(source) > MAX_CHARACTERS:
        return ""
    try:
        markup = converter.convert(source)
    except Exception:  # noqa: BLE001 - any of its errors is about the formula, which is shown as its source
        return ""
    math = LexborHTMLParser(markup).css_first("math")
    return "" if math is None else mathml.rewrite(math)
