"""Initials: the large letter that a chapter begins with, set apart from the word that it belongs to."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chalicelib.extraction.pdf.layout import Line, Page

MIN_DROP_CAP_SIZE = 1.6  # times the size of the text beside it
MAX_DISTANCE = 2.0  # times the size of the text: how far right of the letter it may begin

_DROP_CAP = re.compile(r"[\"“„«‘]?[^\W\d_]")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_ONE_LETTER_WORDS = frozenset("AIOYE")  # letters that are words in some language


def merge_drop_caps(sheets: Sequence[Page]) -> list[Page]:
    """The same sheets with such letters put back."""
    words = Counter(
        word.casefold() for sheet in sheets for line in sheet.lines for word in _FIRST_WORD.findall(line.text)
    )
    return [Page(tuple(_merge(sheet.lines, words))) for sheet in sheets]


def _merge(lines: Sequence[Line], words: Counter[str]) -> Iterator[Line]:
    letter: Line | None = None
    for line in lines:
        if letter is not None and _belongs_to(letter, line):
            space = " " if _is_word(letter.text, line.text, words) else ""
            yield replace(line, text=f"{letter.text}{space}{line.text}")
            letter = None
            continue
        if letter is not None:
            yield letter
        letter = line if _DROP_CAP.fullmatch(line.text) else None
        if letter is None:
            yield line
    if letter is not None:
        yield letter


def _belongs_to(letter: Line, text: Line) -> bool:
    return (
        letter.font_size > MIN_DROP_CAP_SIZE * text.font_size
        and letter.baseline - text.font_size < text.baseline < letter.baseline + letter.font_size
        and -0.5 * text.font_size < text.left - letter.right < MAX_DISTANCE * text.font_size
    )


def _is_word(letter: str, text: str, words: Counter[str]) -> bool:
    """Whether the letter is a word, as in "A winter": what follows stands alone elsewhere, and the two never as one."""
    first = _FIRST_WORD.match(text)
    if first is None or letter[-1] not in _ONE_LETTER_WORDS:
        return False
    word = first.group().casefold()
    return words[word] > 1 and not words[letter[-1].casefold() + word]
