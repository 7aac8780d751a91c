"""Rules of normalization: each finds parts of a text that are said differently from how they are written."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from chalicelib.speech.normalization.model import Replacement

# Replacements that belong together: the days and the year of one date. A rule yields them in order.
Replacements = tuple[Replacement, ...]
Find = Callable[[str, int, int], Iterable[Replacements]]
Spoken = Callable[[re.Match[str]], str | None]

# A sentence that ends like this one does not end in an abbreviation: rules look at sentences one by one.
_SENTENCE_END = re.compile(r"(?<=[a-zäöüß]{4}[.!?])\s+(?=[A-ZÄÖÜ“„\"])|\n+")
# What no rule needs to look at has only words and their punctuation: six of seven sentences of a novel. The first class leaves
# out what is common and harmless, so that the search skips it; the rest judges the character that was found.
_TRIGGER = re.compile(
    r"[^a-zà-ÿ\s,!?\"“”„‚«»…—)-](?:(?<=[\d_²³¹⁰-₉¼-¾⅐-⅞Α-ωℝℕℤℚℂⅠ-ⅿ①-⒛⓪-⓿❶-➓㉑-㉟㊱-㊿])|(?<=[^\w\s.;:'‘’–(])"
    r"|(?<=[A-ZÄÖÜ])(?:[A-ZÄÖÜ]|[a-z]{1,3}\.|[a-z]+ [IVX]\b)|(?<=[a-zäöü][A-Z])"
    r"|(?<=\w\.)(?:[\w,]|\s?[a-z])|(?<=\w\.) [A-ZÄÖÜ](?<![a-zäöüß]{4}\. .)"
    r"|(?:(?<=str\.)|(?<=\betc\.)|(?<=\busw\.)|(?<=\binkl\.)|(?<=\bexkl\.)|(?<=\bzzgl\.)|(?<=\bevtl\.)|(?<=\ballg\.))"
    r"|(?<=\w–)\w|(?<=\w:)innen\b|(?<=[:;=8])[-']?[)(DPp]|(?<=['’‘])\d"
    r"|(?<=\()(?i:in press|forthcoming|ibid|op\. ?cit|ebd\b|im druck|[^()]{1,60}(?:in press|forthcoming|im druck)))"
    r"|^[^\w\n]+$|(?<![\w.,'’][a-z])(?<=[a-z])!",
    re.MULTILINE,
)
DIGITS = "0123456789½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"


@dataclass(frozen=True, slots=True)
class Rule:
    """`find` yields replacements between two offsets of a text; nothing where none of the characters `needs` is.

    An empty `needs` says nothing.
    """

    find: Find
    needs: frozenset[str] = frozenset()


def rule(pattern: str, spoken: Spoken | str, *, ignore_case: bool = False) -> Rule:
    """Return a rule that replaces each match of a pattern: the group `it` if there is one, else all of it.

    A match for which `spoken` returns None stays as it is.
    """
    compiled = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    group = "it" if "it" in compiled.groupindex else 0

    def find(text: str, start: int, end: int) -> Iterator[Replacements]:
        for match in compiled.finditer(text, start, end):
            words = spoken if isinstance(spoken, str) else spoken(match)
            if words is not None:
                yield (Replacement(match.start(group), match.end(group), words),)

    return Rule(find)


def groups(pattern: str, *, ignore_case: bool = False, **spoken: Spoken | str) -> Rule:
    """Return a rule that replaces the named groups of each match, each by its words or a function of the match.

    Groups that did not take part, or whose function returns None, stay as they are.
    """
    compiled = re.compile(pattern, re.IGNORECASE if ignore_case else 0)

    def find(text: str, start: int, end: int) -> Iterator[Replacements]:
        for match in compiled.finditer(text, start, end):
            found = [
                Replacement(match.start(name), match.end(name), words)
                for name, said in spoken.items()
                if match[name] is not None and (words := said if isinstance(said, str) else said(match)) is not None
            ]
            if found:
                yield tuple(sorted(found))

    return Rule(find)


def needing(characters: str, *rules: Rule) -> list[Rule]:
    """Return the same rules, for texts with at least one of these characters."""
    return [replace(rule, needs=frozenset(characters)) for rule in rules]


def apply(rules: Sequence[Rule], text: str, decided: Sequence[Replacement] = ()) -> list[Replacement]:
    """Return the decided replacements and those of all rules, in order. Where two overlap, the earlier rule's counts."""
    taken = list(decided)
    for start, end in _sentences(text):
        if _TRIGGER.search(text, start, end) is None:
            continue
        characters = set(text[start:end])
        needed = [rule for rule in rules if not (rule.needs and rule.needs.isdisjoint(characters))]
        _apply(needed, text, start, end, taken)
    return taken


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    for match in _SENTENCE_END.finditer(text):
        yield position, match.start()
        position = match.end()
    yield position, len(text)


def _apply(rules: Iterable[Rule], text: str, start: int, end: int, taken: list[Replacement]) -> None:
    """Insert what the rules find in a sentence, where nothing is yet."""
    for rule_ in rules:
        for replacements in rule_.find(text, start, end):
            at = bisect_left(taken, replacements[0].start, key=lambda replacement: replacement.start)
            is_free = (at == 0 or taken[at - 1].end <= replacements[0].start) and (
                at == len(taken) or replacements[-1].end <= taken[at].start
            )
            if is_free:
                taken[at:at] = replacements
