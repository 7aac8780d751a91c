"""Texts of the codes that a PDF's fonts map to no Unicode character, by the names that the fonts give to their glyphs."""

import io
import re
import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from chalicelib.extraction.pdf import font_programs, glyph_names

PageTexts = dict[bytes, dict[int, str]]  # by the font's name as pdfium reports it, then by code

MAX_FONTS = 1_000  # of a page; a book has tens
MAX_RESOURCES = 200  # dictionaries that are searched for fonts: of the page and its form XObjects
MAX_READ_RESOURCES = 20_000  # of all pages
MAX_PROGRAM_BYTES = 4 * 1024 * 1024  # of a font that is read for its names; one for Latin letters has 200 KB

_FONT_FILES = {"/FontFile", "/FontFile2", "/FontFile3"}
_SUBSET_TAG = re.compile(rb"^.{6}\+", re.DOTALL)  # which pdfium keeps in the names of other fonts
_DIRECT = (0, 0)  # instead of the number of an object that has none
_UNREADABLE = (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError, struct.error)


class FontTexts:
    """Texts of the fonts of a document, by page: two fonts may have one name. What cannot be read has no texts."""

    def __init__(self, content: bytes) -> None:
        import pikepdf

        self._errors = (*_UNREADABLE, pikepdf.PdfError)
        self._fonts: dict[tuple[int, int], tuple[bytes, dict[int, str]]] = {}  # by their object's number
        self._resources_left = MAX_READ_RESOURCES
        self._pages: list[Any] = []  # `document.pages[index]` takes 80 µs
        try:
            self._document = pikepdf.open(io.BytesIO(content))  # its pages are valid as long as it is referred to
            self._pages = list(self._document.pages)
        except self._errors:
            pass

    def of_page(self, index: int) -> PageTexts:
        """Return the texts of a page's fonts. A code on which two fonts of one name differ has none."""
        texts: PageTexts = {}
        try:
            for font in islice(self._fonts_of(self._pages[index]), MAX_FONTS):
                name, codes = self._texts_of(font)
                if not codes:
                    continue
                known = texts.setdefault(name, {})
                for code, text in codes.items():
                    known[code] = text if known.get(code, text) == text else ""
        except self._errors:
            return {}
        return texts

    def _fonts_of(self, page: Any) -> Iterator[Any]:
        """Yield the fonts of a page and of the form XObjects on it."""
        pending = [page.resources]
        for resources in islice(pending, MAX_RESOURCES):  # it grows meanwhile
            self._resources_left -= 1
            if self._resources_left < 0:
                return
            yield from resources.get("/Font", {}).values()
            forms = islice(resources.get("/XObject", {}).values(), MAX_RESOURCES)
            pending += [form.Resources for form in forms if form.get("/Subtype") == "/Form" and "/Resources" in form]

    def _texts_of(self, font: Any) -> tuple[bytes, dict[int, str]]:
        number = font.objgen
        texts = self._fonts.get(number)
        if texts is None:
            try:
                texts = _texts(font)
            except self._errors:
                texts = (b"", {})
            if number != _DIRECT:
                self._fonts[number] = texts
        return texts


def _texts(font: Any) -> tuple[bytes, dict[int, str]]:
    """Return the font's name as pdfium reports it, and the texts of its codes."""
    if font.Subtype == "/Type0":
        descendant = font.DescendantFonts[0]
        return _base_name(descendant), {} if "/ToUnicode" in font else _glyph_texts(font.Encoding, descendant)
    names = {**_names_of_program(font), **_differences(font)}
    composite = ((code, name) for code, name in names.items() if glyph_names.is_composite(name))
    name = _base_name(font)
    if _FONT_FILES & set(font.get("/FontDescriptor", {}).keys()):
        name = _SUBSET_TAG.sub(b"", name)
    return name, {code: text for code, name in composite if (text := glyph_names.text(name))}


def _base_name(font: Any) -> bytes:
    return str(font.get("/BaseFont", "")).removeprefix("/").encode("latin-1", "replace")


def _differences(font: Any) -> dict[int, str]:
    import pikepdf

    encoding = font.get("/Encoding")
    entries: Iterable[Any] = encoding.get("/Differences", ()) if isinstance(encoding, pikepdf.Dictionary) else ()
    names: dict[int, str] = {}
    code = 0
    for entry in entries:
        if isinstance(entry, int):
            code = entry
        else:
            names[code] = str(entry).removeprefix("/")
            code += 1
    return names


def _names_of_program(font: Any) -> dict[int, str]:
    """Return the names in the embedded font's own encoding, where the PDF says no other."""
    import pikepdf

    encoding = font.get("/Encoding")
    is_own = encoding is None or (isinstance(encoding, pikepdf.Dictionary) and "/BaseEncoding" not in encoding)
    if not is_own or "/ToUnicode" in font or "/FontDescriptor" not in font:
        return {}
    if "/FontFile" in font.FontDescriptor:
        return font_programs.type1_names(_program(font.FontDescriptor.FontFile))
    if "/FontFile3" in font.FontDescriptor:
        return font_programs.cff_names(_program(font.FontDescriptor.FontFile3))
    return {}


def _glyph_texts(encoding: Any, descendant: Any) -> dict[int, str]:
    """Return the texts of a TrueType font whose codes are the numbers of its glyphs."""
    is_of_glyphs = encoding == "/Identity-H" and descendant.get("/CIDToGIDMap", "/Identity") == "/Identity"
    if not is_of_glyphs or "/FontFile2" not in descendant.get("/FontDescriptor", {}):
        return {}
    glyphs = font_programs.true_type_glyphs(_program(descendant.FontDescriptor.FontFile2))
    texts = {code: name if len(name) == 1 else glyph_names.text(name) for code, name in enumerate(glyphs)}
    return {code: text for code, text in texts.items() if text}


def _program(stream: Any) -> bytes:
    if int(stream.get("/Length", 0)) > MAX_PROGRAM_BYTES:
        return b""
    return bytes(stream.read_bytes())
