"""Adversarial strings for a regular expression, derived from the expression itself.

A backtracking engine takes more than linear time where it can read one stretch of text in several ways, or reads a stretch
to its end from each of many starts, and then fails. So every string is a beginning of a match, a long stretch of something
that the pattern repeats, and an end that it does not expect; or many beginnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from re import _constants as codes  # type: ignore[attr-defined]  # no public parser gives the tree
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

# One of each kind that patterns tell apart; the pattern's own literals are added.
ALPHABET = " \u00a0\n\t0a1iA.-_,:;()[]<>/\"'=!?…*\\#&é漢\x01"
MAX_SAMPLES = 3  # of one element
MAX_PREFIXES, MAX_PUMPS, MAX_PAIRED_PUMPS = 60, 24, 8
TAILS = ("", "\x01", "\n", "!")
TAILS_AFTER_PREFIX = ("", "\x01")


@dataclass(frozen=True, slots=True)
class AdversarialString:
    """A prefix, several repeated parts of equal length, and a tail."""

    prefix: str
    repeated: tuple[str, ...]
    tail: str

    def build(self, size: int) -> str:
        """Return the string with about `size` characters."""
        share = size // len(self.repeated)
        return self.prefix + "".join(part * (share // len(part)) for part in self.repeated) + self.tail

    def __str__(self) -> str:
        repeated = " + ".join(f"{part!r} × n" for part in self.repeated)
        return f"{self.prefix!r} + {repeated} + {self.tail!r}"


def adversarial_strings(pattern: re.Pattern[Any]) -> Iterator[AdversarialString]:
    """Yield strings for a pattern. Those for one of bytes contain Latin-1 only."""
    is_bytes = isinstance(pattern.pattern, bytes)
    tree = parser.parse(pattern.pattern, pattern.flags)
    letters = _letters(tree, is_bytes=is_bytes)
    samples = _Samples(letters, pattern.flags)
    prefixes = list(dict.fromkeys(("", *samples.prefixes(tree))))[:MAX_PREFIXES]
    pumps = list(dict.fromkeys((*samples.pumps(tree), *_distinct(letters, tree, pattern.flags))))[:MAX_PUMPS]
    for prefix in prefixes:
        for pump in pumps:
            for tail in TAILS_AFTER_PREFIX if prefix else TAILS:
                yield AdversarialString(prefix, (pump,), tail)
        if prefix:
            yield AdversarialString("", (prefix,), "")
    for pair in permutations(pumps[:MAX_PAIRED_PUMPS], 2):
        yield AdversarialString("", pair, "\x01")


class _Samples:
    """Short strings that parts of a pattern match."""

    def __init__(self, letters: list[str], flags: int) -> None:
        self._letters, self._flags = letters, flags

    def prefixes(self, tree: Any) -> Iterator[str]:
        """Yield a sample of the pattern up to each of its elements, also inside groups and repetitions."""
        yield from self._prefixes(list(tree), "")

    def _prefixes(self, items: list[Any], before: str) -> Iterator[str]:
        for code, argument in items:
            yield before
            for branch in _inner(code, argument):
                yield from self._prefixes(branch, before)
            before += next(iter(self._of_item(code, argument)), "")
            if code in _REPEATS and argument[0] == 0 and before:  # also the optional part, once
                yield before + next(iter(self.of(list(argument[2]))), "")
        yield before

    def pumps(self, tree: Any) -> Iterator[str]:
        """Yield samples of what the pattern repeats."""
        for code, argument in tree:
            if code in _REPEATS and argument[1] > 4:
                yield from filter(None, self.of(list(argument[2])))
            for branch in _inner(code, argument):
                yield from self.pumps(branch)

    def of(self, items: list[Any]) -> list[str]:
        samples = [""]
        for code, argument in items:
            choices = self._of_item(code, argument)
            samples = [sample + choice for sample in samples[:MAX_SAMPLES] for choice in choices[:MAX_SAMPLES]]
        return samples[: MAX_SAMPLES**2]

    def _of_item(self, code: Any, argument: Any) -> list[str]:
        if code is codes.LITERAL:
            return [chr(argument)]
        if code in (codes.IN, codes.NOT_LITERAL, codes.ANY):
            return [letter for letter in self._letters if _matches(code, argument, letter, self._flags)] or [""]
        if code is codes.BRANCH:
            return [sample for branch in argument[1] for sample in self.of(list(branch))[:1]]
        if code in _REPEATS:
            least, _, body = argument
            return [sample * max(least, 1) for sample in self.of(list(body))] if least else ["", *self.of(list(body))]
        if code is codes.SUBPATTERN:
            return self.of(list(argument[3]))
        if code is getattr(codes, "ATOMIC_GROUP", None):
            return self.of(list(argument))
        return [""]  # assertions, and references to groups


_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, getattr(codes, "POSSESSIVE_REPEAT", None))


def _inner(code: Any, argument: Any) -> list[list[Any]]:
    """Return the sequences inside an element."""
    if code in _REPEATS:
        return [list(argument[2])]
    if code is codes.BRANCH:
        return [list(branch) for branch in argument[1]]
    if code is codes.SUBPATTERN:
        return [list(argument[3])]
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [list(argument[1])]
    return [list(argument)] if code is getattr(codes, "ATOMIC_GROUP", None) else []


def _atoms(items: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the elements that match one character."""
    for code, argument in items:
        if code in (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY):
            yield code, argument
        for branch in _inner(code, argument):
            yield from _atoms(branch)


def _letters(tree: Any, *, is_bytes: bool) -> list[str]:
    literals = [chr(argument) for code, argument in _atoms(tree) if code is codes.LITERAL]
    members = [
        chr(argument if code is codes.LITERAL else argument[0])
        for atom, items in _atoms(tree)
        if atom is codes.IN
        for code, argument in items
        if code in (codes.LITERAL, codes.RANGE)
    ]
    letters = dict.fromkeys((*ALPHABET, *literals, *members))
    return [letter for letter in letters if not is_bytes or letter <= "\xff"]


def _distinct(letters: list[str], tree: Any, flags: int) -> list[str]:
    """Return one character for each set of elements that match it."""
    atoms = list(_atoms(tree))
    by_elements = {tuple(_matches(*atom, letter, flags) for atom in atoms): letter for letter in reversed(letters)}
    return list(by_elements.values())


def _matches(code: Any, argument: Any, letter: str, flags: int) -> bool:
    if code is codes.LITERAL:
        return chr(argument) == letter or bool(flags & re.IGNORECASE and chr(argument).lower() == letter.lower())
    if code is codes.NOT_LITERAL:
        return bool(chr(argument) != letter)
    if code is codes.ANY:
        return letter != "\n" or bool(flags & re.DOTALL)
    is_negated: bool = argument[0][0] is codes.NEGATE
    return any(_is_member(item, value, letter, flags) for item, value in argument) != is_negated


def _is_member(code: Any, value: Any, letter: str, flags: int) -> bool:
    if code is codes.LITERAL:
        return _matches(code, value, letter, flags)
    if code is codes.RANGE:
        return bool(value[0] <= ord(letter) <= value[1])
    if code is codes.CATEGORY:
        return {
            codes.CATEGORY_DIGIT: letter.isdecimal(),
            codes.CATEGORY_NOT_DIGIT: not letter.isdecimal(),
            codes.CATEGORY_SPACE: letter.isspace(),
            codes.CATEGORY_NOT_SPACE: not letter.isspace(),
            codes.CATEGORY_WORD: letter.isalnum() or letter == "_",
            codes.CATEGORY_NOT_WORD: not (letter.isalnum() or letter == "_"),
        }[value]
    return False
