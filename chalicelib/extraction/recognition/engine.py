"""Tesseract: a level picture of a page becomes lines of words.

Its models are loaded before the sandbox's fork, because a child can open no file: `load` comes first, then `read`.
"""

from __future__ import annotations

import os
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from chalicelib.extraction.cleanup import clean_line
from chalicelib.extraction.recognition import columns, raised_marks, reading_order, trained_data
from chalicelib.extraction.recognition.model import Matrix, RecognizedLine, RecognizedWord, compose
from chalicelib.extraction.recognition.page_image import POINTS_PER_INCH, PageImage

if TYPE_CHECKING:
    from PIL.Image import Image

MIN_ORIENTATION_CONFIDENCE = 5.0  # Tesseract gives 8 and more to a page of text, below 3 to pictures
X_HEIGHT_SHARE = 0.47  # of the font size: the height of small letters, between Times (0.45) and Helvetica (0.52)
MIN_FONT_SIZE = 3.0  # points; no type is smaller, but specks are
SAME_SIZE = 0.12  # lines whose size differs from the page's usual one by less have the usual one: it is an estimate
MIN_SIGN_CONFIDENCE = 60.0  # of 100, for words without letters or figures: dust is read as dots and dashes
MIN_UNDERSCORE_CONFIDENCE = 92.0  # of 100, for words with underscores: wide spaces of justified lines are read as them
FIGURE_HEIGHT = 32  # pixels that footnote marks are enlarged to; type of 11 points has as many at 210 dpi
MAX_WORDS = 20_000  # of a page; a newspaper page has 6,000


# Words, baseline and font size, in points.
_Line = tuple[list[RecognizedWord], float, float]


def load(folder: Path, languages: str) -> None:
    """Load the models of these languages ("eng", "eng+deu") and that of the orientation."""
    import PIL.Image
    import PIL.ImageFile
    import PIL.ImageOps  # noqa: F401

    _reader(str(folder), languages)
    _orienter(str(folder))


@cache
def _reader(folder: str, languages: str) -> Any:
    return _api(folder, languages, "AUTO")


@cache
def _orienter(folder: str) -> Any:
    return _api(folder, trained_data.ORIENTATION, "OSD_ONLY")


def _api(folder: str, languages: str, mode: str) -> Any:
    os.environ["OMP_THREAD_LIMIT"] = "1"  # a child has one thread, and several would only wait for each other
    import tesserocr

    api = tesserocr.PyTessBaseAPI(path=folder, lang=languages, psm=getattr(tesserocr.PSM, mode))
    api.SetVariable("debug_file", "")  # the standard error: it would open a file, and crash where that is refused
    return api


def find_quarter_turns(folder: Path, image: Image, dpi: int) -> int:
    """Return how many quarter turns anticlockwise make the picture upright; 0 if it has too few letters to tell."""
    api = _orienter(str(folder))
    try:
        _set_image(api, image, dpi)
        orientation = api.DetectOrientationScript()
    finally:
        api.Clear()
    if orientation is None or orientation["orient_conf"] < MIN_ORIENTATION_CONFIDENCE:
        return 0
    return int(orientation["orient_deg"]) // 90


def read(folder: Path, languages: str, picture: PageImage) -> tuple[list[RecognizedLine], Matrix]:
    """Return the lines of a picture in reading order, and the matrix from their positions to those of the page."""
    import tesserocr

    api = _reader(str(folder), languages)
    scale, image = POINTS_PER_INCH / picture.dpi, picture.image
    lines: list[_Line] = []
    column_ends: list[int] = []
    try:
        _set_image(api, image, picture.dpi)
        ranges = columns.find(image, picture.dpi)
        for left, right in ranges:
            api.SetPageSegMode(tesserocr.PSM.AUTO if len(ranges) == 1 else tesserocr.PSM.SINGLE_BLOCK)
            api.SetRectangle(left, 0, right - left, image.height)
            lines += _read_lines(api, image.height, scale)
            column_ends.append(len(lines))
        marked = raised_marks.separate(_with_usual_size(lines), image, scale, partial(_read_figures, api, picture.dpi))
    finally:
        api.SetPageSegMode(tesserocr.PSM.AUTO)
        api.Clear()
    to_page = compose((1 / scale, 0.0, 0.0, -1 / scale, 0.0, float(image.height)), picture.to_page)
    in_columns = (marked[start:end] for start, end in pairwise((0, *column_ends)))
    return [line for column in in_columns for line in reading_order.merge_fragments(column)], to_page


def _read_lines(api: Any, height: int, scale: float) -> list[_Line]:
    import tesserocr

    level = tesserocr.RIL
    lines: list[_Line] = []
    api.Recognize()
    iterator = api.GetIterator()
    for count, word in enumerate(tesserocr.iterate_level(iterator, level.WORD) if iterator is not None else ()):
        if count >= MAX_WORDS or word.Empty(level.WORD):
            break
        if word.IsAtBeginningOf(level.TEXTLINE):
            lines.append(([], *_line_measures(word, level, height, scale)))
        text, (left, _, right, _) = clean_line(word.GetUTF8Text(level.WORD)), word.BoundingBox(level.WORD)
        confidence = round(word.Confidence(level.WORD), 1)
        if confidence < MIN_UNDERSCORE_CONFIDENCE:
            text = text.replace("_", " ").strip()
        if text and (confidence >= MIN_SIGN_CONFIDENCE or any(map(str.isalnum, text))):
            lines[-1][0].append(RecognizedWord(text, round(left * scale, 2), round(right * scale, 2), confidence))
    return [line for line in lines if line[0]]


def _read_figures(api: Any, dpi: int, image: Image) -> str:
    """Return the figures that a small picture shows; "" without any."""
    import tesserocr
    from PIL.Image import Resampling
    from PIL.ImageOps import expand

    scale = FIGURE_HEIGHT / max(image.height, 1)
    large = expand(
        image.resize((round(image.width * scale) or 1, FIGURE_HEIGHT), Resampling.BICUBIC), FIGURE_HEIGHT // 2, 255
    )
    api.SetPageSegMode(tesserocr.PSM.SINGLE_LINE)
    api.SetVariable("tessedit_char_whitelist", "0123456789")
    try:
        _set_image(api, large, dpi)
        return "".join(filter(str.isdecimal, api.GetUTF8Text()))
    finally:
        api.SetVariable("tessedit_char_whitelist", "")


def _set_image(api: Any, image: Image, dpi: int) -> None:
    """Give Tesseract the pixels as they are; `SetImage` would write a file in memory first."""
    api.SetImageBytes(image.tobytes(), image.width, image.height, 1, image.width)
    api.SetSourceResolution(dpi)


def _line_measures(word: Any, level: Any, height: int, scale: float) -> tuple[float, float]:
    """Return the baseline and the font size of the line that the word is in."""
    row = word.RowAttributes()
    x_height = row["row_height"] - row["ascenders"] + row["descenders"]
    baseline = word.Baseline(level.TEXTLINE)
    _, _, _, bottom = word.BoundingBox(level.TEXTLINE)
    row_of_pixels = bottom if baseline is None else (baseline[0][1] + baseline[1][1]) / 2
    return round((height - row_of_pixels) * scale, 2), round(max(x_height * scale / X_HEIGHT_SHARE, MIN_FONT_SIZE), 2)


def _with_usual_size(lines: list[_Line]) -> list[RecognizedLine]:
    sizes = [size for words, _, size in lines for word in words for _ in word.text]
    usual = median(sizes) if sizes else 0.0
    return [
        RecognizedLine(tuple(words), baseline, usual if abs(size - usual) < SAME_SIZE * usual else size)
        for words, baseline, size in lines
    ]
