"""Text that a reader of a PDF typed onto its pages: filled form fields and free text. It is placed among the printed lines."""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.extraction.cleanup import clean_line
from chalicelib.extraction.model import MAX_EXCERPT_CHARACTERS, Omission
from chalicelib.extraction.pdf.layout import Line

MAX_ANNOTATIONS = 2_000  # of one page; a tax form has a few hundred fields
MAX_DOCUMENT_ANNOTATIONS = 40_000  # looked at, 4 µs each: pages may share them
MAX_PLACED_LINES = 5_000  # of a page: typed text is placed by looking at each of them
MAX_VALUE_BYTES = 200_000  # of one field, in UTF-16; more is cut
DEFAULT_SIZE = 10.0  # points: the size of type on a page without printed lines
CHECKED = "☑"  # spoken text of a ticked box, in front of its label
HIDDEN_FLAGS = 0x02 | 0x20  # ISO 32000-1, table 165: Hidden, NoView
PASSWORD_FLAG = 1 << 13  # ISO 32000-1, table 228


@dataclass(slots=True)
class TypedText:
    """Text that was typed onto a page, in its rectangle."""

    text: str
    left: float
    bottom: float
    right: float
    top: float


@dataclass(slots=True)
class AnnotationReader:
    """Reads the annotations of the pages of one document. The form is opened at the first page with a field."""

    document: Any
    _form: Any = field(default=None, init=False)
    _left: int = field(default=MAX_DOCUMENT_ANNOTATIONS, init=False)

    def read(self, page: Any, page_number: int) -> tuple[list[TypedText], list[Omission]]:
        """Return what was typed onto the page, and the comments beside it, which are left out."""
        from pypdfium2 import raw

        typed: list[TypedText] = []
        comments: list[Omission] = []
        count = min(raw.FPDFPage_GetAnnotCount(page.raw), MAX_ANNOTATIONS, self._left)
        self._left -= count
        for index in range(count):
            annotation = raw.FPDFPage_GetAnnot(page.raw, index)
            if not annotation:
                continue
            try:
                subtype = raw.FPDFAnnot_GetSubtype(annotation)
                if raw.FPDFAnnot_GetFlags(annotation) & HIDDEN_FLAGS:
                    continue
                if subtype in (raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT):
                    is_field = subtype == raw.FPDF_ANNOT_WIDGET
                    text = self._field_value(annotation) if is_field else _string(annotation, b"Contents")
                    typed += _placed(annotation, text)
                elif subtype in (raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE):
                    comment = clean_line(_string(annotation, b"Contents"))
                    if comment:
                        comments.append(Omission("comment", page_number, "comment", comment[:MAX_EXCERPT_CHARACTERS]))
            finally:
                raw.FPDFPage_CloseAnnot(annotation)
        return typed, comments

    def _field_value(self, annotation: Any) -> str:
        from pypdfium2 import raw

        form = self._open_form()
        if form is None:
            return ""
        kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
        if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
            return CHECKED if _string(annotation, b"AS") not in ("", "Off") else ""  # ISO 32000-1, 12.7.4.2.3
        if kind not in (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX):
            return ""  # buttons and signatures
        if raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & PASSWORD_FLAG:
            return ""
        return _utf16(lambda buffer, size: raw.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))

    def _open_form(self) -> Any:
        if self._form is None:
            self.document.init_forms()
            self._form = self.document.formenv
        return self._form.raw if self._form is not None else None


def _string(annotation: Any, key: bytes) -> str:
    from pypdfium2 import raw

    return _utf16(lambda buffer, size: raw.FPDFAnnot_GetStringValue(annotation, key, buffer, size))


def _utf16(get: Callable[[Any, int], int]) -> str:
    """Return a string that pdfium writes into a buffer as UTF-16, with a NUL behind it."""
    from pypdfium2 import raw

    size = get(None, 0)
    if not 2 < size <= MAX_VALUE_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(size)
    get(ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")


def _placed(annotation: Any, text: str) -> list[TypedText]:
    from pypdfium2 import raw

    rectangle = raw.FS_RECTF()
    if not text.strip() or not raw.FPDFAnnot_GetRect(annotation, rectangle):
        return []
    bottom, top = sorted((rectangle.bottom, rectangle.top))
    return [TypedText(text, rectangle.left, bottom, rectangle.right, top)]


def with_typed_text(lines: Sequence[Line], typed: Sequence[TypedText], described: Sequence[Line] = ()) -> list[Line]:
    """Return the lines of a page with what was typed onto it: in the row of a label, or above the next line below.

    `described` are lines that are not printed, and are placed by their baselines only.
    """
    result = list(lines)
    can_place = len(lines) + len(typed) + len(described) <= MAX_PLACED_LINES
    for new_lines in (
        *([line] for line in described),
        *(_typed_lines(text, lines) for text in sorted(typed, key=lambda text: (-text.top, text.left))),
    ):
        if new_lines:
            position = _position(new_lines[0], result) if can_place else len(result)
            result[position:position] = new_lines
    return result


def _typed_lines(typed: TypedText, lines: Sequence[Line]) -> list[Line]:
    if len(lines) > MAX_PLACED_LINES:
        lines = ()
    beside = [line for line in lines if typed.bottom - 2 <= line.baseline <= typed.top and _is_apart(line, typed)]
    texts = [clean for raw_line in typed.text.splitlines() if (clean := clean_line(raw_line, keeps_addresses=True))]
    if not texts:
        return []
    nearest = min(
        beside, key=lambda line: min(abs(line.right - typed.left), abs(line.left - typed.right)), default=None
    )
    closest = nearest or min(lines, key=lambda line: abs(line.baseline - typed.bottom), default=None)
    size = closest.font_size if closest else DEFAULT_SIZE
    is_one_row = len(texts) == 1 and nearest is not None
    first = nearest.baseline if nearest and is_one_row else typed.top - size
    return [
        Line(text, typed.left, typed.right, first - row * 1.2 * size, size, is_standalone=not is_one_row)
        for row, text in enumerate(texts)
    ]


def _is_apart(line: Line, typed: TypedText) -> bool:
    """Return True if the line is beside the rectangle, not in it."""
    return line.right <= typed.left + 2 or line.left >= typed.right - 2


def _position(line: Line, lines: Sequence[Line]) -> int:
    """Return where the line belongs: behind those of its row on its left, else in front of the first one below it."""
    for index, other in enumerate(lines):
        is_same_row = abs(other.baseline - line.baseline) < line.font_size / 3
        if (is_same_row and other.left >= line.right - 2) or (not is_same_row and other.baseline < line.baseline):
            return index
    return len(lines)
