"""Scans of typeset pages: what a scanner makes of paper that lies askew, sideways or upside down."""

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2
from PIL import Image, ImageChops
from PIL.Image import Resampling, Transpose

POINTS_PER_INCH = 72
JPEG_QUALITY = 75  # of most scanners
_TURNS = {1: Transpose.ROTATE_90, 2: Transpose.ROTATE_180, 3: Transpose.ROTATE_270}


@dataclass(frozen=True, slots=True)
class Scanner:
    """How pages are scanned. `degrees` and `quarter_turns` are anticlockwise; `noise` darkens pixels by as much."""

    dpi: int = 200
    degrees: float = 0.0
    quarter_turns: int = 0
    noise: int = 40


def scan(pdf: bytes, scanner: Scanner, pages: Sequence[int] | None = None) -> bytes:
    """Return a PDF of pictures of the pages, those with these indexes or all."""
    document = pypdfium2.PdfDocument(pdf)
    pictures = [picture(document[index], scanner) for index in (pages if pages is not None else range(len(document)))]
    result = io.BytesIO()
    pictures[0].save(
        result,
        "PDF",
        save_all=True,
        append_images=pictures[1:],
        resolution=scanner.dpi,
        quality=JPEG_QUALITY,
    )
    return result.getvalue()


def picture(page: pypdfium2.PdfPage, scanner: Scanner) -> Image.Image:
    """Return the picture that the scanner makes of a page."""
    image: Image.Image = page.render(scale=scanner.dpi / POINTS_PER_INCH, grayscale=True).to_pil().convert("L")
    if scanner.degrees:
        image = image.rotate(scanner.degrees, Resampling.BICUBIC, fillcolor=255)
    if scanner.quarter_turns:
        image = image.transpose(_TURNS[scanner.quarter_turns])
    if scanner.noise:
        image = ImageChops.subtract(image, _grain(image.size, scanner.noise))
    return image


def _grain(size: tuple[int, int], noise: int) -> Image.Image:
    """Return a picture of random shades, the same on every run."""
    width, height = size
    shades = random.Random(0).randbytes(width * height)  # noqa: S311 - grain
    return Image.frombytes("L", size, shades).point(lambda shade: shade * noise // 255)


def first_picture(pdf: bytes, scanner: Scanner) -> Image.Image:
    """Return the picture of the first page."""
    return picture(pypdfium2.PdfDocument(pdf)[0], scanner)
