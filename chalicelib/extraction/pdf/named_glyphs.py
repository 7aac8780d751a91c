"""Characters of a PDF page for which pdfium has only the codes of their font: they are read by the names of their glyphs."""

from types import SimpleNamespace

from chalicelib.extraction.pdf import pdfium_functions
from chalicelib.extraction.pdf.font_texts import PageTexts

_FIRST_PLACEHOLDER = 0xF0000  # private letters, one for a text of several: each index of the page keeps its character


class NamedGlyphs:
    """Glyphs of one page. `indices` are those of the characters that were read by name."""

    def __init__(self, pdfium: SimpleNamespace, page: int | None, font_texts: PageTexts) -> None:
        self._pdfium = pdfium
        self._page = page
        self._font_texts = font_texts
        self._fonts: dict[int, dict[int, str]] = {}
        self._placeholders: dict[str, str] = {}
        self._texts: dict[int, str] = {}
        self.indices: set[int] = set()

    def insert(self, text: str) -> str:
        """Return the page's text with a character for each named glyph, one letter or a placeholder."""
        if not self._font_texts:
            return text
        codes = {code for texts in self._font_texts.values() for code in texts}
        characters = list(text)
        for index, character in enumerate(text):
            if ord(character) in codes and (named := self._text_at(index, ord(character))):
                self.indices.add(index)
                characters[index] = named if len(named) == 1 else self._placeholder(named)
        return "".join(characters)

    def spelled_out(self, text: str) -> str:
        """Return a part of the page's text without placeholders."""
        return text.translate(self._texts) if self._texts else text

    def _text_at(self, index: int, code: int) -> str:
        if not self._pdfium.has_map_error(self._page, index):  # it is the character itself
            return ""
        text_object = self._pdfium.text_object(self._page, index)
        font = self._pdfium.font(text_object) if text_object else None
        if not font:
            return ""
        if font not in self._fonts:
            self._fonts[font] = self._font_texts.get(pdfium_functions.font_name(font), {})
        return self._fonts[font].get(code, "")

    def _placeholder(self, text: str) -> str:
        placeholder = self._placeholders.setdefault(text, chr(_FIRST_PLACEHOLDER + len(self._placeholders)))
        self._texts[ord(placeholder)] = text
        return placeholder
