"""Drop caps: large first letters of chapters, which a PDF separates from their words."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chalicelib.extraction.pdf.layout import Line, Page

MIN_DROP_CAP_SIZE = 1.6  # times the font size of the text beside it
MAX_DISTANCE = 2.0  # times the font size of the text: from the letter to the text on its right

_DROP_CAP = re.compile(r"[\"“„«‘]?[^\W\d_]")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_ONE_LETTER_WORDS = frozenset("AIOYE")  # letters that are words in some language


def merge_drop_caps(pages: Sequence[Page]) -> list[Page]:
    """Return the same pages with drop caps joined to their text."""
    if not any(len(line.text) < 3 and _DROP_CAP.fullmatch(line.text) for page in pages for line in page.lines):
        return list(pages)
    word_counts = Counter(
        word.casefold() for page in pages for line in page.lines for word in _FIRST_WORD.findall(line.text)
    )
    return [replace(page, lines=tuple(_merge(page.lines, word_counts))) for page in pages]


def _merge(lines: Sequence[Line], word_counts: Counter[str]) -> Iterator[Line]:
    letter: Line | None = None
    for line in lines:
        if letter is not None and _belongs_to(letter, line):
            space = " " if _is_word(letter.text, line.text, word_counts) else ""
            yield replace(line, text=f"{letter.text}{space}{line.text}", left=letter.left)
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


def _is_word(letter: str, text: str, word_counts: Counter[str]) -> bool:
    """Return True if the letter is a word, as in "A winter".

    Then the next word also occurs alone, but never joined to it.
    """
    first_word = _FIRST_WORD.match(text)
    if first_word is None or letter[-1] not in _ONE_LETTER_WORDS:
        return False
    word = first_word.group().casefold()
    return word_counts[word] > 1 and not word_counts[letter[-1].casefold() + word]
