"""Columns of prose on a picture of a page: each is read by itself, where Tesseract would join a heading with the next column.

Only a page that has a white strip from its top to its bottom, with full lines on both sides, is divided: the cells of a table
belong together. A heading may reach into the strip, but not through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

INK = 150  # of 255, and below
MIN_GUTTER = 6.0  # points; the space between two words of a column is as wide, but not on every line
MIN_CUT = 1.5  # points of a gutter that no heading reaches into
MAX_INK = 7  # of 255: the share of a gutter's height that headings may take, three lines of a page
EDGE_SHARE = 0.2  # of the text's width: a strip nearer to the edge is beside a margin note or the numbers of a list
BAND = 6.0  # points: about half a line
MIN_BANDS = 20  # of a column: ten lines
PARTS = 4  # of a column's width, all of which a full line has ink in
MIN_FULL_SHARE = 0.6  # of the bands with ink, that are full
MIN_WIDTH_SHARE = 0.6  # of the widest column
MAX_COLUMNS = 4

Range = tuple[int, int]


def find(image: Image, dpi: int) -> list[Range]:
    """Return the columns from left to right, as ranges of pixels; the whole width if there is one only."""
    ink = image.point([255 if shade <= INK else 0 for shade in range(256)])
    ranges = _divide(ink, (0, image.width), dpi / 72)
    return ranges if len(ranges) <= MAX_COLUMNS else [(0, image.width)]


def _divide(ink: Image, whole: Range, scale: float) -> list[Range]:
    left, right = whole
    inked = _profile(ink.crop((left, 0, right, ink.height)), (right - left, 1))
    used = [x for x, shade in enumerate(inked) if shade > MAX_INK]
    margin = EDGE_SHARE * (used[-1] - used[0]) if used else 0.0
    gutters = [
        (start + 1, end)
        for start, end in pairwise(used)
        if end - start > MIN_GUTTER * scale and used[0] + margin < (start + end) / 2 < used[-1] - margin
    ]
    if not gutters:
        return [whole]
    start, end = max(gutters, key=lambda gutter: gutter[1] - gutter[0])
    edges = [start - 1, *(x for x in range(start, end) if inked[x]), end]
    width, middle = max((following - x, (x + following + 1) // 2) for x, following in pairwise(edges))
    if width <= MIN_CUT * scale:
        return [whole]
    halves = ((left, left + middle), (left + middle, right))
    columns = [column for half in halves for column in _divide(ink, half, scale)]
    return columns if _are_prose(ink, columns, scale) else [whole]


def _are_prose(ink: Image, columns: Sequence[Range], scale: float) -> bool:
    """Return True if the columns are about as wide as one another, and most lines fill them."""
    parts = [ink.crop((left, 0, right, ink.height)) for left, right in columns]
    boxes = [part.getbbox() for part in parts]
    texts = [part.crop(box) for part, box in zip(parts, boxes, strict=True) if box is not None]
    widths = [text.width for text in texts]
    return (
        len(texts) == len(columns)
        and min(widths) >= MIN_WIDTH_SHARE * max(widths)
        and all(_is_full(text, scale) for text in texts)
    )


def _is_full(text: Image, scale: float) -> bool:
    bands = max(1, round(text.height / (BAND * scale)))
    rows = _profile(text, (PARTS, bands))
    filled = [sum(1 for shade in rows[start : start + PARTS] if shade) for start in range(0, len(rows), PARTS)]
    inked = [parts for parts in filled if parts]
    return len(inked) >= MIN_BANDS and sum(1 for parts in inked if parts == PARTS) >= MIN_FULL_SHARE * len(inked)


def _profile(ink: Image, size: tuple[int, int]) -> bytes:
    """Return the share of ink in equal parts of a picture, of 255; specks count as none."""
    from PIL.Image import Resampling

    return bytes(ink.resize(size, Resampling.BOX).tobytes())
