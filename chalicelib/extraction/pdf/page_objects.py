"""Objects of a PDF page: text that is removed before the page is read, and what covers the page beside its text."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.extraction.pdf.figure_descriptions import Picture

MAX_OBJECTS = 100_000  # of one page that are looked at; a map has tens of thousands
MAX_MEASURED_PICTURES = 1_000  # of one page; scans come in strips, but not in more
MAX_FORM_DEPTH = 3  # of form XObjects that are searched for pictures
MAX_REMOVED_TEXTS = 20_000  # of one page: to remove one takes the time of all before it; a dense page has 10,000
MIN_DRAWINGS = 100  # paths, on a page without text: then they may be letters that were converted to outlines
INVISIBLE_TEXT = 3  # text render mode: neither filled nor stroked, as OCR writes it behind a scan


@dataclass(frozen=True, slots=True)
class PageCover:
    """Pictures and drawings of a page. `picture_share` is the part of its area that pictures cover, at most 1.

    `has_hidden_text`: its text is that of an earlier text recognition.
    """

    height: float
    bottom: float
    picture_share: float
    has_drawings: bool
    has_hidden_text: bool
    pictures: tuple[Picture, ...] = ()


def read(page: Any) -> PageCover:
    """Remove hidden text from the page, and measure its pictures and drawings."""
    from pypdfium2 import raw

    kinds: dict[int, list[Any]] = {raw.FPDF_PAGEOBJ_TEXT: [], raw.FPDF_PAGEOBJ_IMAGE: [], raw.FPDF_PAGEOBJ_FORM: []}
    drawings = 0
    for number in range(min(raw.FPDFPage_CountObjects(page.raw), MAX_OBJECTS)):
        page_object = raw.FPDFPage_GetObject(page.raw, number)
        kind = raw.FPDFPageObj_GetType(page_object)
        if kind in kinds:
            kinds[kind].append(page_object)
        else:
            drawings += 1
    has_hidden_text = _remove_hidden_text(page, kinds[raw.FPDF_PAGEOBJ_TEXT])
    left, bottom, right, top = page.get_cropbox()
    area = max((right - left) * (top - bottom), 1.0)
    pictures = [*kinds[raw.FPDF_PAGEOBJ_IMAGE], *filter(_shows_picture, kinds[raw.FPDF_PAGEOBJ_FORM])]
    boxes = [(picture, box) for picture in pictures[:MAX_MEASURED_PICTURES] if (box := _bounds(picture))]
    covered = sum(_covered_area(box, (left, bottom, right, top)) for _, box in boxes)
    return PageCover(
        top - bottom,
        bottom,
        min(covered / area, 1.0),
        drawings >= MIN_DRAWINGS,
        has_hidden_text,
        tuple(Picture(raw.FPDFPageObj_GetMarkedContentID(picture), box[0], box[2], box[3]) for picture, box in boxes),
    )


def _remove_hidden_text(page: Any, texts: list[Any]) -> bool:
    """Remove invisible text from a page with visible text, where it would be read twice. Return True if any is kept.

    A searchable scan has its text invisibly behind the image. It is kept if all that is visible is a short stamp
    ("Downloaded from …").
    """
    from pypdfium2 import raw

    hidden = [text for text in texts if raw.FPDFTextObj_GetTextRenderMode(text) == INVISIBLE_TEXT]
    if len(texts) - len(hidden) < len(hidden) / 2 or len(hidden) > MAX_REMOVED_TEXTS:
        return bool(hidden)
    for text in hidden:
        if raw.FPDFPage_RemoveObject(page.raw, text):
            raw.FPDFPageObj_Destroy(text)
    return False


def _shows_picture(form: Any) -> bool:
    from pypdfium2 import raw

    return any(raw.FPDFPageObj_GetType(part) == raw.FPDF_PAGEOBJ_IMAGE for part in _parts(form, MAX_FORM_DEPTH))


def _parts(form: Any, depth: int) -> Iterator[Any]:
    from pypdfium2 import raw

    for number in range(min(raw.FPDFFormObj_CountObjects(form), MAX_MEASURED_PICTURES)):
        part = raw.FPDFFormObj_GetObject(form, number)
        yield part
        if depth > 1 and raw.FPDFPageObj_GetType(part) == raw.FPDF_PAGEOBJ_FORM:
            yield from _parts(part, depth - 1)


def _bounds(picture: Any) -> tuple[float, float, float, float] | None:
    """Return left, bottom, right and top."""
    from pypdfium2 import raw

    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not raw.FPDFPageObj_GetBounds(picture, left, bottom, right, top):
        return None
    return left.value, bottom.value, right.value, top.value


def _covered_area(picture: tuple[float, float, float, float], page: tuple[float, float, float, float]) -> float:
    width = min(picture[2], page[2]) - max(picture[0], page[0])
    height = min(picture[3], page[3]) - max(picture[1], page[1])
    return max(width, 0.0) * max(height, 0.0)
