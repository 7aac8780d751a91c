"""Walk over the XML of a Word document, or of its notes: paragraphs and tables as they close."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.extraction import html_pictures, inline, language
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.docx_links import DocxLinks
from chalicelib.extraction.docx_notes import DocxNoteMarks
from chalicelib.extraction.docx_numbering import level_number
from chalicelib.extraction.docx_paragraphs import DocxCell, DocxParagraph, DocxTable, Run
from chalicelib.extraction.docx_styles import DocxStyles, half_points, is_on, outline_level
from chalicelib.extraction.formulas.notation import Notation
from chalicelib.extraction.html_pictures import Meaning
from chalicelib.extraction.html_roles import Role
from chalicelib.extraction.inline import LINE_BREAK, Piece
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.table_text import MAX_COLUMNS
from chalicelib.formats import xml_events
from chalicelib.formats.xml_events import attribute, local_name

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Elements outside the text: moved text, which is where it was moved to; field codes; the fallback of a text box for old
# programs.
_SILENT_ELEMENTS = frozenset({"moveFrom", "instrText", "delInstrText", "Fallback"})
_REASONS = {"del": "deleted", "rt": "pronunciation"}  # of elements around runs
_MARK_PROPERTIES = frozenset({"rPr", "trPr", "tcPr"})  # in which "del" is about the paragraph's mark, or the row
_CHARACTER_ELEMENTS = {"tab": "\t", "cr": LINE_BREAK, "noBreakHyphen": "-"}
_LINKS = frozenset({"hyperlink", "fldSimple"})
_PAGE_BREAKS = frozenset({"page", "column"})
_FORMULAS = frozenset({"oMath", "oMathPara"})
_TEXT_ELEMENTS = frozenset({"t", "delText"})
_GALLERIES = {
    "Table of Contents": BlockKind.TOC,
    "Bibliographies": BlockKind.REFERENCE,
    "Cover Pages": BlockKind.FRONT_MATTER,
}
_GENERATED_DESCRIPTION = "Description automatically generated"
# Greek letters of the font Symbol, at the codes of A to Z and a to z.
_SYMBOLS = dict(
    zip(
        (*range(0x41, 0x5B), *range(0x61, 0x7B)),
        "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖαβχδεφγηιϕκλμνοπθρστυϖωξψζ",
        strict=True,
    )
)


@dataclass(slots=True)
class DocxWalker:
    """Calls `on_item` for each paragraph and table outside of tables, in the order of their ends.

    Stacks hold the open elements, because paragraphs may contain text boxes with paragraphs, and tables may contain tables.
    """

    builder: BlockBuilder
    styles: DocxStyles
    marks: DocxNoteMarks
    links: DocxLinks
    on_item: Callable[[DocxParagraph | DocxTable], None]
    on_note: Callable[[str], None] = lambda _: None  # at the start of each note in the part of notes
    letters_by_language: Counter[str] = field(default_factory=Counter)
    _path: list[str] = field(default_factory=list)
    _paragraphs: list[DocxParagraph] = field(default_factory=list)
    _runs: list[Run] = field(default_factory=list)
    _tables: list[DocxTable] = field(default_factory=list)
    _controls: list[BlockKind | None] = field(default_factory=list)  # kinds of the open content controls
    _reasons: list[str] = field(default_factory=list)  # of the open omissions
    _formula: list["Element"] = field(default_factory=list)  # copies of the open elements of a formula
    _joined: DocxParagraph | None = None  # to the next paragraph
    _anchors: list[str] = field(default_factory=list)  # before the next paragraph
    _language_kinds: dict[str, str] = field(default_factory=dict)

    def walk(self, content: bytes) -> None:
        """Visit a part. Raises FormatError."""
        silent_depth = 0
        for is_start, element in xml_events.events(content):
            kind = local_name(element.tag)
            if kind in _SILENT_ELEMENTS and not (self._is_property() if is_start else self._path[-1:] == [kind]):
                silent_depth += 1 if is_start else -1
                if kind == "instrText" and not is_start:
                    self.links.add_instruction(element.text or "")
            elif not silent_depth:
                if self._formula or kind in _FORMULAS:
                    self._copy_formula(element, is_start=is_start)
                elif is_start:
                    self._start_element(kind, element)
                    self._path.append(kind)
                else:
                    self._path.pop()
                    self._end_element(kind, element)
            if self.builder.is_truncated:
                break
        if self._joined is not None:
            self.on_item(self._joined)

    def _is_property(self) -> bool:
        return bool(self._path) and self._path[-1] in _MARK_PROPERTIES

    # ---- elements ----

    def _start_element(self, kind: str, element: "Element") -> None:
        if kind in _REASONS and not self._is_property():
            self._reasons.append(_REASONS[kind])
        elif kind == "p":
            style = self.styles.resolve(self.styles.default_style)
            gallery = next((control for control in reversed(self._controls) if control), None)
            self._paragraphs.append(DocxParagraph(kind=gallery, style_size=style.size))
            for name in self._anchors:
                self._paragraphs[-1].add_anchor(name)
            self._anchors.clear()
        elif kind == "r":
            self._runs.append(Run(reason=self._reasons[-1] if self._reasons else "", link=self.links.target))
        elif kind in _LINKS:
            self.links.start(element)
        elif kind == "fldChar":
            self.links.read_field_character(attribute(element, "fldCharType"))
        elif kind == "bookmarkStart":
            self._add_anchor(attribute(element, "name"))
        elif kind in {"sdt", "docPartGallery"}:
            self._apply_control(kind, element)
        elif kind in {"footnote", "endnote", "comment"}:
            self.on_note(attribute(element, "id"))
        elif kind in {"tbl", "tr", "tc", "tblHeader", "gridSpan"}:
            self._apply_to_table(kind, element)
        elif kind == "docPr" and self._paragraphs:
            self._add_picture(attribute(element, "descr"))
        elif kind == "shape" and self._paragraphs:
            self._add_picture(attribute(element, "alt"))
        elif self._runs:
            self._apply_to_run(self._runs[-1], kind, element)
        elif self._paragraphs:
            self._apply_to_paragraph(self._paragraphs[-1], kind, element)

    def _add_anchor(self, name: str) -> None:
        if name and self._paragraphs:
            self._paragraphs[-1].add_anchor(name)
        elif name:
            self._anchors.append(name)

    def _apply_control(self, kind: str, element: "Element") -> None:
        if kind == "sdt":
            self._controls.append(None)
        elif self._controls:
            self._controls[-1] = _GALLERIES.get(attribute(element, "val"))

    def _apply_to_table(self, kind: str, element: "Element") -> None:
        if kind == "tbl":
            self._tables.append(DocxTable())
        elif not self._tables:
            return
        elif kind == "tr":
            self._tables[-1].rows.append([])
        elif self._tables[-1].rows:
            rows = self._tables[-1].rows
            value = attribute(element, "val")
            if kind == "tc":
                rows[-1].append(DocxCell())
            elif kind == "tblHeader" and is_on(element):
                self._tables[-1].header_rows.add(len(rows) - 1)
            elif kind == "gridSpan" and rows[-1] and value.isdecimal():
                rows[-1][-1].columns = min(int(value[:4]), MAX_COLUMNS)

    def _apply_to_paragraph(self, paragraph: DocxParagraph, kind: str, element: "Element") -> None:
        if kind == "pStyle":
            style = self.styles.resolve(attribute(element, "val"))
            paragraph.level = style.level or 0
            paragraph.kind = paragraph.kind or style.kind
            paragraph.style_size, paragraph.is_style_bold = style.size, bool(style.is_bold)
            paragraph.list_id, paragraph.list_level = style.list_id, style.list_level
        elif kind == "outlineLvl":
            paragraph.level = outline_level(element)
        elif kind == "numPr":
            paragraph.kind = paragraph.kind or BlockKind.LIST_ITEM
        elif kind == "numId" and "pPrChange" not in self._path:
            paragraph.list_id = attribute(element, "val")
        elif kind == "ilvl" and "pPrChange" not in self._path:
            paragraph.list_level = level_number(attribute(element, "val"))
        elif kind in {"del", "moveFrom"} and self._path[-1] == "rPr":
            paragraph.is_joined = True

    def _apply_to_run(self, run: Run, kind: str, element: "Element") -> None:
        if kind == "vertAlign":
            run.is_superscript = attribute(element, "val") == "superscript"
        elif kind == "lang":
            run.language = attribute(element, "val")
        elif kind in {"vanish", "webHidden"}:
            run.reason = run.reason or ("hidden" if is_on(element) else "")
        elif kind in {"strike", "dstrike"}:
            run.reason = run.reason or ("deleted" if is_on(element) else "")
        elif kind == "b":
            run.is_bold = is_on(element)
        elif kind == "i":
            run.is_italic = is_on(element)
        elif kind == "sz":
            run.size = half_points(element)
        elif kind in {"footnoteReference", "endnoteReference"}:
            run.notes.append(f"{kind.removesuffix('Reference')} {attribute(element, 'id')}")
            run.has_own_mark = attribute(element, "customMarkFollows") not in {"", "0", "false", "off"}
            if self._paragraphs:
                self._paragraphs[-1].notes.append(run.notes[-1])
        elif kind == "sym":
            run.text.append(_symbol(attribute(element, "font"), attribute(element, "char")))
        elif kind == "br":
            run.text.append(LINE_BREAK * (2 if attribute(element, "type") in _PAGE_BREAKS else 1))
        elif kind in _CHARACTER_ELEMENTS:
            run.text.append(_CHARACTER_ELEMENTS[kind])

    def _end_element(self, kind: str, element: "Element") -> None:
        if kind in _REASONS and self._reasons and not self._is_property():
            self._reasons.pop()
        elif kind in _TEXT_ELEMENTS and self._runs:
            self._runs[-1].text.append(element.text or "")
        elif kind == "r" and self._runs:
            self._close_run(self._runs.pop())
        elif kind == "p" and self._paragraphs:
            self._close_paragraph(self._paragraphs.pop())
        elif kind == "tbl" and self._tables:
            self._close(self._tables.pop())
        elif kind == "sdt" and self._controls:
            self._controls.pop()
        elif kind in _LINKS:
            self.links.end()

    def _close_run(self, run: Run) -> None:
        if self._paragraphs and run.notes and not run.reason:
            for mark in self.marks.of_run(run):
                self._paragraphs[-1].add_note_mark(mark)
        elif self._paragraphs and not run.notes:
            if not run.reason:
                self.letters_by_language[run.language] += sum(sum(map(str.isalpha, text)) for text in run.text)
            self._paragraphs[-1].add(run, self._language_kind(run.language), self.styles.size)

    def _language_kind(self, tag: str) -> str:
        if tag not in self._language_kinds:
            normal = language.normalize(tag)
            self._language_kinds[tag] = "" if normal == language.UNDETERMINED else f"{inline.LANGUAGE_PREFIX}{normal}"
        return self._language_kinds[tag]

    def _close_paragraph(self, paragraph: DocxParagraph) -> None:
        if self._joined is not None:
            paragraph.take(self._joined)
            self._joined = None
        if paragraph.is_joined:
            self._joined = paragraph
        else:
            self._close(paragraph)

    def _close(self, item: DocxParagraph | DocxTable) -> None:
        """Add to the open table cell, otherwise hand out."""
        if not self._tables:
            self.on_item(item)
        elif self._tables[-1].rows and self._tables[-1].rows[-1]:
            self._tables[-1].rows[-1][-1].items.append(item)

    # ---- content that is not text ----

    def _add_picture(self, description: str) -> None:
        if self._reasons:
            return
        description = description.partition(_GENERATED_DESCRIPTION)[0]
        meaning, text = html_pictures.meaning({"alt": description}, Role.NONE, is_in_heading=False)
        if meaning is Meaning.DECORATION:
            self.builder.leave_out("figure", "decorative", text)
        else:
            self._paragraphs[-1].figures.append(text)

    def _copy_formula(self, element: "Element", *, is_start: bool) -> None:
        """Copy the elements of a formula: each is emptied at its end."""
        from xml.etree.ElementTree import Element, tostring

        if is_start:
            copy = Element(element.tag, dict(element.attrib))
            if self._formula:
                self._formula[-1].append(copy)
            self._formula.append(copy)
            return
        copy = self._formula.pop()
        copy.text = element.text
        if not self._formula and self._paragraphs and not self._reasons:
            piece = self.builder.formula(tostring(copy, encoding="unicode"), Notation.OMML)
            self._paragraphs[-1].pieces.append(Piece(piece.text, piece.kinds))


def _symbol(font: str, code: str) -> str:
    """Return the letter of a symbol by its font and its hexadecimal code; "" for drawings."""
    try:
        value = int(code[:4], 16) & 0xFF
    except ValueError:
        return ""
    return _SYMBOLS.get(value, "") if font.lower() == "symbol" else ""
