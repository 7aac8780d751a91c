"""A page of a PDF as a picture that is upright and level, and the way back from its pixels to the page.

Scans are turned by quarters, because the paper lay sideways, and by a few degrees, because it lay askew. pdfium draws the page
in a frame of its own choice; Tesseract finds the quarter turns, and the rows of ink the few degrees.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from chalicelib.extraction.recognition.model import Matrix, compose

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

MIN_DPI = (
    200  # also of coarser scans, and without a picture to take it from: below, Tesseract does not find quarter turns
)
MAX_DPI = 240  # a finer picture takes longer and reads no better
MAX_PIXELS = 16_000_000  # A2 at 200 dpi; a poster is drawn more coarsely
MIN_PICTURE_SHARE = (
    0.2  # of the page's width: a smaller picture is a logo, whose resolution says nothing about the scan
)
MAX_PAGE_OBJECTS = 2_000  # of a page that are searched for its scan, which is among the first
POINTS_PER_INCH = 72

MAX_SKEW_DEGREES = 5.0  # paper that lies further askew was photographed, not scanned
MIN_SKEW_DEGREES = 0.15  # Tesseract reads this much without harm
SKEW_STEPS = (1.0, 0.25, 0.1)  # degrees; each step searches around the best angle of the one before
SKEW_WIDTH = 700  # pixels of the picture in which the angle is searched: 0.1 degrees move its edge by a pixel


@dataclass(frozen=True, slots=True)
class PageImage:
    """Picture of a page in shades of grey. `to_page` turns its pixels, counted from the top left, into positions on the page."""

    image: Image
    dpi: int
    to_page: Matrix


def draw(page: Any, find_quarter_turns: Callable[[Image, int], int]) -> PageImage:
    """Draw a page upright and level.

    `find_quarter_turns` returns for a picture and its resolution how many quarter turns anticlockwise make it upright.
    """
    drawn = _render(page)
    upright = _turn(drawn, find_quarter_turns(drawn.image, drawn.dpi))
    return _level(upright, find_skew(upright.image))


def _render(page: Any) -> PageImage:
    width, height = page.get_size()
    dpi = min(
        float(_scan_dpi(page, width)),
        math.sqrt(MAX_PIXELS / max(width * height, 1.0)) * POINTS_PER_INCH,
        float(MAX_DPI),
    )
    bitmap = page.render(scale=dpi / POINTS_PER_INCH, grayscale=True, optimize_mode=None)
    image = bitmap.to_pil().convert("L")
    return PageImage(image, max(round(dpi), 1), _frame(page, *image.size))


def _frame(page: Any, width: int, height: int) -> Matrix:
    """Return the matrix from pixels of the drawn page to its own positions: the page may be turned and cropped."""
    from pypdfium2 import raw

    x, y = ctypes.c_double(), ctypes.c_double()

    def position(column: int, row: int) -> tuple[float, float]:
        raw.FPDF_DeviceToPage(page.raw, 0, 0, width, height, 0, column, row, x, y)
        return x.value, y.value

    (left, top), right, bottom = position(0, 0), position(width, 0), position(0, height)
    return (
        (right[0] - left) / width,
        (right[1] - top) / width,
        (bottom[0] - left) / height,
        (bottom[1] - top) / height,
        left,
        top,
    )


def _scan_dpi(page: Any, page_width: float) -> int:
    """Return the resolution of the page's largest picture, within what recognition can use."""
    from pypdfium2 import raw

    widest, dpi = MIN_PICTURE_SHARE * page_width, float(MIN_DPI)
    metadata = raw.FPDF_IMAGEOBJ_METADATA()
    for number in range(min(raw.FPDFPage_CountObjects(page.raw), MAX_PAGE_OBJECTS)):
        page_object = raw.FPDFPage_GetObject(page.raw, number)
        if raw.FPDFPageObj_GetType(page_object) != raw.FPDF_PAGEOBJ_IMAGE:
            continue
        if not raw.FPDFImageObj_GetImageMetadata(page_object, page.raw, metadata) or metadata.horizontal_dpi <= 0:
            continue
        width = metadata.width / metadata.horizontal_dpi * POINTS_PER_INCH
        if width > widest:
            widest, dpi = width, metadata.horizontal_dpi
    return round(min(max(dpi, MIN_DPI), MAX_DPI))


def _turn(drawn: PageImage, quarter_turns: int) -> PageImage:
    """Turn the picture by quarters, anticlockwise."""
    from PIL.Image import Transpose

    width, height = drawn.image.size
    match quarter_turns % 4:
        case 1:
            turn, back = Transpose.ROTATE_90, (0.0, 1.0, -1.0, 0.0, float(width), 0.0)
        case 2:
            turn, back = Transpose.ROTATE_180, (-1.0, 0.0, 0.0, -1.0, float(width), float(height))
        case 3:
            turn, back = Transpose.ROTATE_270, (0.0, -1.0, 1.0, 0.0, 0.0, float(height))
        case _:
            return drawn
    return PageImage(drawn.image.transpose(turn), drawn.dpi, compose(back, drawn.to_page))


def find_skew(image: Image) -> float:
    """Return by how many degrees the picture must be turned anticlockwise for its lines to be level.

    Level lines of text make rows of pixels that are all ink or all paper, so the ink of neighbouring rows differs most.
    """
    from PIL.Image import Resampling
    from PIL.ImageOps import invert

    small = invert(image.reduce(max(1, image.width // SKEW_WIDTH)))

    def contrast(degrees: float) -> int:
        turned = small.rotate(degrees, Resampling.BILINEAR)
        rows = turned.resize((1, turned.height), Resampling.BOX).tobytes()
        return sum((upper - lower) ** 2 for upper, lower in pairwise(rows))

    best, reach = 0.0, MAX_SKEW_DEGREES
    best_contrast = contrast(0.0)
    for step in SKEW_STEPS:
        middle = best
        for number in range(-round(reach / step), round(reach / step) + 1):
            if number and (found := contrast(middle + number * step)) > best_contrast:
                best, best_contrast = middle + number * step, found
        reach = step * 0.75
    return best if abs(best) >= MIN_SKEW_DEGREES else 0.0


def _level(upright: PageImage, degrees: float) -> PageImage:
    """Turn the picture around its middle, anticlockwise."""
    from PIL.Image import Resampling

    if not degrees:
        return upright
    width, height = upright.image.size
    image = upright.image.rotate(degrees, Resampling.BILINEAR, fillcolor=255)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = width / 2, height / 2
    back = (cosine, sine, -sine, cosine, x - cosine * x + sine * y, y - sine * x - cosine * y)
    return PageImage(image, upright.dpi, compose(back, upright.to_page))
