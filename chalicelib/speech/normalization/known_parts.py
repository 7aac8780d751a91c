"""Parts of a text whose kind the document names: how they are said follows from it, and not from their look.

Formulas are in words already, and "5 m" in one is no length. Hosts are said as such, also those that look like the end of a
sentence ("light.de"). Numbers in brackets are an index in code, and else a citation. A heading of a Roman numeral is a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from chalicelib.extraction.inline import CITATION, CODE, FORMULA, URL
from chalicelib.extraction.model import TextSpan
from chalicelib.speech.normalization import addresses, numerals, years
from chalicelib.speech.normalization.left_out import with_brackets
from chalicelib.speech.normalization.model import Replacement
from chalicelib.speech.normalization.normalize import Extent, normalize
from chalicelib.speech.normalization.vocabulary import ENGLISH, GERMAN

MAX_ROMAN_HEADING = 100  # more is a year, or a word: "MIX", "CIVIL"

_VOCABULARIES = {"en": ENGLISH, "de": GERMAN}
_ENGLISH_NUMBER = re.compile(r"(?P<whole>\d+(?:,\d{3})*)(?:\.(?P<decimals>\d+))?")
_NUMBER = re.compile(r"(?P<whole>\d+)(?:,(?P<decimals>\d+))?")
_INDEX = re.compile(r"\[(?P<index>\d{1,4})\]")
_YEAR = re.compile(r"\b((?:1[5-9]|20)\d\d)([a-z]?)\b")
_NUMBERED = re.compile(r"\[[\d\s,;–-]+\]")
_AUTHOR = r"[^\W\d_a-z][\w’'-]+"
_HINT = r"(?:(?:[Ss]ee|[Cc]f\.?|e\.g\.,?|[Vv]gl\.|[Ss]iehe|[Vv]oir|[Vv]éase) (?:also |auch |aussi |también )?)?"
_PLACE = r"(?:[,:] ?(?:pp?\.|S\.|vol\.|ch\.|sec\.|§)? ?\d[\d–-]{0,11})?"
_NAMES = rf"{_AUTHOR}(?:(?:, | & | and | und | et | y | e | en | i | och | и ){_AUTHOR}){{0,3}}(?: et al\.?)?"
_WORK = rf"{_HINT}{_NAMES},? \d{{4}}[a-z]?{_PLACE}"
_NAMED = re.compile(rf"[(\[]{_WORK}(?:; {_WORK}){{0,9}}[)\]]")
_ROMAN_HEADING = re.compile(r"(?P<roman>[IVXLC]+)(?=$|[.:)](?:\s|$)|(?<=[IVX]{2})\s)")


def decide(
    text: str,
    language: str,
    spans: Iterable[TextSpan],
    *,
    is_heading: bool = False,
    in_words: bool = True,
    says_citations: bool = False,
) -> list[Replacement]:
    """Return what is said for the known parts of a text, in order. `in_words`: numbers are said for the voice.

    `says_citations`: citations are said as well, whatever the rules say. Else those are not that certainly are some.
    """
    primary = language.partition("-")[0].lower()
    found = list(_roman_heading(text, primary)) if is_heading and in_words else []
    for span in sorted(spans, key=lambda span: span.start):
        position = found[-1].end if found else 0
        replacements = (
            _citation(text, span, language, in_words=in_words, is_said=says_citations)
            if span.kind == CITATION
            else _in_span(text, span, primary, in_words=in_words)
        )
        found += [item for item in replacements if item.start >= position]
    return found


def _in_span(text: str, span: TextSpan, language: str, *, in_words: bool) -> Iterator[Replacement]:
    match span.kind:
        case str(kind) if kind == FORMULA:
            yield from _formula(text, span, language, in_words=in_words)
        case str(kind) if kind == URL and language in _VOCABULARIES:
            host = text[span.start : span.end]
            if "." in host and "@" not in host and not any(map(str.isspace, host)):
                yield Replacement(span.start, span.end, addresses.say(_VOCABULARIES[language], host.lower()))
        case str(kind) if kind == CODE and language in _VOCABULARIES:
            for index in _INDEX.finditer(text, span.start, span.end):
                number = numerals.number(index["index"], "", language) if in_words else index["index"]
                yield Replacement(index.start(), index.end(), f" {number}")


def is_citation(text: str) -> bool:
    """Return whether words in brackets certainly name a source: not "(Battle of Waterloo, 1815)"."""
    return bool(_NUMBERED.fullmatch(text) or _NAMED.fullmatch(text))


def _citation(text: str, span: TextSpan, language: str, *, in_words: bool, is_said: bool) -> Iterator[Replacement]:
    citation, primary = text[span.start : span.end], language.partition("-")[0].lower()
    if is_said:
        source = citation.strip("()[]")
        if in_words and primary in _VOCABULARIES:
            source = _YEAR.sub(lambda year: f"{years.spoken(year[1], primary)} {year[2]}".strip(), source)
        words = normalize(source, language, Extent.EVERYTHING if in_words else Extent.MARKS).text
        opening, closing = (citation[:1], citation[-1:]) if citation[:1] in "([" else ("", "")
        yield Replacement(span.start, span.end, f"{opening}{words}{closing}")
    elif is_citation(citation) and primary not in _VOCABULARIES:  # which have rules for them
        yield Replacement(*with_brackets(text, span.start, span.end), "")


def _formula(text: str, span: TextSpan, language: str, *, in_words: bool) -> Iterator[Replacement]:
    """Yield the numbers of a formula in words, and what is between them as it is."""
    position = span.start
    if in_words and (language in _VOCABULARIES or language in numerals.LANGUAGES):
        pattern = _ENGLISH_NUMBER if language == "en" else _NUMBER
        for number in pattern.finditer(text, span.start, span.end):
            if number.start() > position:
                yield _unchanged(text, position, number.start())
            spoken = numerals.number(number["whole"], number["decimals"] or "", language)
            yield Replacement(number.start(), number.end(), spoken)
            position = number.end()
    if position < span.end:
        yield _unchanged(text, position, span.end)


def _unchanged(text: str, start: int, end: int) -> Replacement:
    return Replacement(start, end, text[start:end])


def _roman_heading(text: str, language: str) -> Iterator[Replacement]:
    heading = _ROMAN_HEADING.match(text)
    value = numerals.roman(heading["roman"]) if heading else None
    if (
        heading
        and value
        and value <= MAX_ROMAN_HEADING
        and (language in _VOCABULARIES or language in numerals.LANGUAGES)
    ):
        yield Replacement(0, heading.end("roman"), numerals.cardinal(value, language))


def merge(first: Sequence[Replacement], others: Iterable[Replacement]) -> list[Replacement]:
    """Return replacements in order; of two that overlap, those of `first` count."""
    kept = [item for item in others if not any(item.start < end and start < item.end for start, end, _ in first)]
    return sorted((*first, *kept))
