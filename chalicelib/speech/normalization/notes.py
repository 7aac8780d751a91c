"""Rules for note marks and citations, which are not said."""

from __future__ import annotations

import re
from functools import partial

from chalicelib.speech.normalization import numerals
from chalicelib.speech.normalization.rules import DIGITS, Rule, groups, needing, rule
from chalicelib.speech.normalization.vocabulary import Vocabulary

_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_NAME = r"(?:(?:van|von|de|der|den|del|la|le) )*[A-ZÄÖÜÉ][\w'’-]*"
_NAMES = rf"{_NAME}(?: {_NAME})*(?:(?:, | and | und | & |, and |, & ){_NAME})*(?: et al\.?,?| u\. ?a\.| and others)?"
_YEARS = r"(?:1[5-9]|20)\d{2}[a-z]?(?:, ?(?:(?:1[5-9]|20)\d{2})?[a-z]?\b)*"
_PLACE = r"(?:[,:] ?(?:(?:pp?|S|vol|ch|sec|§)\.? ?)?\d[\d–\-, ff.]*)?"


def rules(words: Vocabulary) -> list[Rule]:
    """Return the rules for note marks and citations, in this language's words."""
    year = rf"(?:{_YEARS}{_PLACE}|{words.undated})"
    work = rf"(?:(?:{words.citation_words}) ?)?{_NAMES},? {year}"
    repeated = rf"(?:{words.repeated_work})\.?{_PLACE}"
    citation = re.compile(rf"(?:{work}|{repeated})(?:; ?(?:{work}|{repeated}))*")
    return [
        *needing(
            "(",
            rule(r"(?<=\S)\s?\((?P<content>[^()]{4,200})\)", partial(_citation, citation)),
        ),
        *needing(
            ".",
            groups(
                rf"\b{_NAME}(?P<others> (?:et al\.?|u\. ?a\.))(?P<year> \({year}\))?",
                others=f" {words.others}",
                year="",
            ),
        ),
        *needing(
            "([",
            rule(rf"(?<=[\w])\b(?P<it> \({_YEARS}(?P<place>{_PLACE})\))(?=\W|$)", _year_of_a_work),
            rule(r"(?<=\w)\s?\[[A-Z][\w+-]{1,12}\d{2}[a-z]?(?:, ?[A-Z][\w+-]{1,12}\d{2}[a-z]?)*\]", ""),
            rule(rf"\s?\[(?:{words.note_words})\]\s?", _bracketed_words, ignore_case=True),
            rule(
                r"(?P<before>\S?)(?P<it> ?\[(?:\d{1,3}(?:[–-]\d{1,3})?(?:, ?\d{1,3}(?:[–-]\d{1,3})?)*|[a-z])\])",
                partial(_mark, words),
            ),
        ),
        *needing(
            _RAISED,
            rule(rf"(?<=[^\W\d]{{3}})[{_RAISED}]{{1,3}}(?:[,–-][{_RAISED}]{{1,3}})*(?!\w)", ""),
            rule(rf"(?<=[.,;:!?”\"’'»“)])[{_RAISED}]{{1,3}}(?:[,–-][{_RAISED}]{{1,3}})*(?!\w)", ""),
        ),
        *needing(
            DIGITS,
            rule(r"(?<=[a-zäöüß]{2}\.)\d{1,3}(?:–\d{1,3})?(?= [A-ZÄÖÜ“„\"]|$)", ""),
        ),
        *needing(
            "*†‡§",
            rule(r"(?<=[^\W\d]{2})[*†‡§]{1,3}(?=\s|$|[.,;:!?])", ""),
        ),
    ]


def _citation(citation: re.Pattern[str], match: re.Match[str]) -> str | None:
    return "" if citation.fullmatch(match["content"].strip()) else None


def _year_of_a_work(match: re.Match[str]) -> str | None:
    """Return "" for a year behind a name; a year in brackets behind another word is said."""
    before = match.string[: match.start("it")].rpartition(" ")[2]
    is_name = before[:1].isupper() and before[1:].islower()
    return "" if is_name or match["place"] else None


def _bracketed_words(match: re.Match[str]) -> str:
    """Return the space behind a mark between two words, else nothing."""
    last = match[0][-1]
    return last if last.isspace() and match.start() > 0 else ""


def _mark(words: Vocabulary, match: re.Match[str]) -> str:
    """Return "" for a mark; the number of an index behind a variable of one letter: a[1]."""
    number = match["it"].strip(" []")
    is_index = number.isdecimal() and re.search(r"(?:^|\W)[a-z]$", match.string[: match.start("it")][-2:])
    return f" {numerals.cardinal(int(number), words.language)}" if is_index else ""
