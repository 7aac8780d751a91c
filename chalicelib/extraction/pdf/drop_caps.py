"""Initials: the large letter that a chapter begins with, set apart from the word that it belongs to."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chalicelib.extraction.pdf.layout import Line, Sheet

LARGE = 1.6  # times the size of the text beside it
NEAREST = 2.0  # times the size of the text: how far right of the letter it may begin

_INITIAL = re.compile(r"[\"“„«‘]?[^\W\d_]")
_FIRST = re.compile(r"[^\W\d_]+")
_WORDS = frozenset("AIOYE")  # letters that are words in some language


def join(sheets: Sequence[Sheet]) -> list[Sheet]:
    """The same sheets with such letters put back."""
    words = Counter(word.casefold() for sheet in sheets for line in sheet.lines for word in _FIRST.findall(line.text))
    return [Sheet(tuple(_joined(sheet.lines, words))) for sheet in sheets]


def _joined(lines: Sequence[Line], words: Counter[str]) -> Iterator[Line]:
    letter: Line | None = None
    for line in lines:
        if letter is not None and _belongs(letter, line):
            space = " " if _is_word(letter.text, line.text, words) else ""
            yield replace(line, text=f"{letter.text}{space}{line.text}")
            letter = None
            continue
        if letter is not None:
            yield letter
        letter = line if _INITIAL.fullmatch(line.text) else None
        if letter is None:
            yield line
    if letter is not None:
        yield letter


def _belongs(letter: Line, text: Line) -> bool:
    return (
        letter.size > LARGE * text.size
        and letter.base - text.size < text.base < letter.base + letter.size
        and -0.5 * text.size < text.left - letter.right < NEAREST * text.size
    )


def _is_word(letter: str, text: str, words: Counter[str]) -> bool:
    """Whether the letter is a word, as in "A winter": what follows stands alone elsewhere, and the two never as one."""
    first = _FIRST.match(text)
    if first is None or letter[-1] not in _WORDS:
        return False
    word = first.group().casefold()
    return words[word] > 1 and not words[letter[-1].casefold() + word]
