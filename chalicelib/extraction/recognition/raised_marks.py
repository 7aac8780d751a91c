"""Footnote marks on a recognised page: figures above the baseline, too small for Tesseract, which takes them for quotation marks.

They are found in the picture: behind a word, and in front of a line. A quotation mark is half as high.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from chalicelib.extraction.recognition.model import RecognizedLine, RecognizedWord

if TYPE_CHECKING:
    from PIL.Image import Image

INK = 150  # of 255, and below: a shade of grey between the grain of paper and thin strokes
MIN_RAISE = 0.18  # times the font size, from the baseline to the foot of a mark
MIN_HEIGHT = 0.32  # times the font size; quotation marks have 0.25
MAX_HEIGHT = 0.62  # and below that of small letters with an accent
MIN_WIDTH, MAX_WIDTH = 0.06, 0.42  # times the font size, of one figure
MAX_MARK_SPACE = 0.5  # times the font size: between a mark and its note; further away is another column
MAX_FIGURES = 3
ASCENT, DESCENT = 1.0, 0.3  # times the font size: what a line may reach above and below its baseline
MARKED_CONFIDENCE = 75.0  # of 100, of a word without its mark, at least
UNREAD = "*"  # a mark whose figures are not read

_MAYBE_MARKED_END = re.compile(r"(?:[^\w\s.,;:!?)\]-]|(?<=\D)\d{1,3})$")
_MAYBE_MARKED_START = re.compile(r"[^\w\s(\[]|\d{1,3}$|[^\W\d_]{3}|[A-Z0-9©®°]")
_QUOTES = ("”", "’", '"', "'", "»", "“", "‘")
_WORD_START = re.compile(r"[^\W\d_][^\W\d_A-Z]+")


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring columns of pixels with ink, and the rows of it. `right` and `bottom` are behind the last ones."""

    left: int
    right: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class _PrintedLine:
    """Baseline and font size of a line, in pixels."""

    baseline: float
    size: float

    def is_mark(self, run: _Run) -> bool:
        return (
            self.baseline - run.bottom >= MIN_RAISE * self.size
            and MIN_HEIGHT * self.size <= run.bottom - run.top <= MAX_HEIGHT * self.size
            and MIN_WIDTH * self.size <= run.right - run.left <= MAX_WIDTH * self.size
        )

    def is_quote(self, run: _Run) -> bool:
        return self.baseline - run.bottom >= MIN_RAISE * self.size and run.bottom - run.top < MIN_HEIGHT * self.size


def separate(
    lines: Sequence[RecognizedLine], image: Image, scale: float, read_figures: Callable[[Image], str]
) -> list[RecognizedLine]:
    """Return the lines with their marks taken from the words. A pixel has `scale` points.

    `read_figures` returns the figures in a part of the picture, and "" without any.
    """
    finder = _MarkFinder(image, scale, read_figures)
    return [finder.separate(line) for line in lines]


class _MarkFinder:
    def __init__(self, image: Image, scale: float, read_figures: Callable[[Image], str]) -> None:
        self._image = image
        self._ink = image.point([255 if shade <= INK else 0 for shade in range(256)])
        self._scale = scale
        self._read_figures = read_figures

    def separate(self, line: RecognizedLine) -> RecognizedLine:
        printed = _PrintedLine(self._image.height - line.baseline / self._scale, line.font_size / self._scale)
        words: list[RecognizedWord] = []
        leading, marks = "", []
        for index, word in enumerate(line.words):
            text = word.text
            if index == 0 and _MAYBE_MARKED_START.match(text):
                text, leading = self._without_leading_mark(word, printed)
            if _MAYBE_MARKED_END.search(text) and any(map(str.isalpha, text)):
                text, mark = self._without_mark(replace(word, text=text), printed)
                marks += [mark] if mark else []
            if text:
                # What Tesseract was not sure of was the mark.
                confidence = word.confidence if text == word.text else max(word.confidence, MARKED_CONFIDENCE)
                words.append(replace(word, text=text, confidence=confidence))
        return replace(line, words=tuple(words), leading_mark=leading, footnote_marks=tuple(marks)) if words else line

    def _without_mark(self, word: RecognizedWord, printed: _PrintedLine) -> tuple[str, str]:
        runs = list(self._runs(word.left, word.right, printed))
        marks = list(takewhile(printed.is_mark, reversed(runs)))[::-1]
        if not 0 < len(marks) <= MAX_FIGURES:
            return word.text, ""
        text = word.text
        for _ in marks:
            if not _MAYBE_MARKED_END.search(text):
                break
            text = text[:-1]
        before = runs[-len(marks) - 1] if len(runs) > len(marks) else None
        if before is not None and printed.is_quote(before) and not text.endswith(_QUOTES):
            text += next((sign for sign in word.text[len(text) :] if sign in _QUOTES), "")
        return text, self._label(marks)

    def _without_leading_mark(self, word: RecognizedWord, printed: _PrintedLine) -> tuple[str, str]:
        reach = word.left - MAX_MARK_SPACE * printed.size * self._scale
        marks = list(takewhile(printed.is_mark, self._runs(reach, word.right, printed)))
        if not 0 < len(marks) <= MAX_FIGURES:
            return word.text, ""
        text = word.text
        for _ in marks:
            if not text or _WORD_START.match(text):
                break
            text = text[1:]
        return text, self._label(marks)

    def _runs(self, left: float, right: float, printed: _PrintedLine) -> Iterator[_Run]:
        """Yield the runs of ink in a part of a line, from left to right."""
        from PIL.Image import Resampling

        box = (
            max(0, round(left / self._scale) - 1),
            max(0, round(printed.baseline - ASCENT * printed.size)),
            min(self._image.width, round(right / self._scale) + 2),
            min(self._image.height, round(printed.baseline + DESCENT * printed.size)),
        )
        part = self._ink.crop(box)
        columns = part.resize((part.width, 1), Resampling.BOX).tobytes() if part.height else b""
        start: int | None = None
        for x, shade in enumerate((*columns, 0)):
            if shade and start is None:
                start = x
            elif not shade and start is not None:
                rows = part.crop((start, 0, x, part.height)).getbbox()
                if rows is not None:
                    yield _Run(box[0] + start, box[0] + x, box[1] + rows[1], box[1] + rows[3])
                start = None

    def _label(self, marks: Sequence[_Run]) -> str:
        top, bottom = min(run.top for run in marks), max(run.bottom for run in marks)
        return self._read_figures(self._image.crop((marks[0].left, top, marks[-1].right, bottom))) or UNREAD
