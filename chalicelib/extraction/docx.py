"""DOCX → blocks: the paragraphs, tables and notes of a Word document, in order.

Notes are read behind the paragraph with their mark. Page headers and footers, comments and diagrams are parts of their own
in the container, and are left out.
"""

import posixpath
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from chalicelib.extraction import docx_styles, inline
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.docx_body import DocxWalker
from chalicelib.extraction.docx_links import DocxLinks
from chalicelib.extraction.docx_notes import DocxNoteMarks
from chalicelib.extraction.docx_numbering import DocxNumbering
from chalicelib.extraction.docx_paragraphs import DocxParagraph, DocxTable, leave_out, without_short_passages
from chalicelib.extraction.docx_styles import DocxStyles
from chalicelib.extraction.inline import Piece
from chalicelib.extraction.model import BlockKind
from chalicelib.formats import ooxml, xml_events
from chalicelib.formats.errors import FormatError
from chalicelib.formats.ooxml import Relationship
from chalicelib.formats.xml_events import local_name
from chalicelib.formats.zip_container import ZipContainer

MAX_MANUAL_SHARE = 0.5  # of the paragraphs: if more stand out by their type, it is the type of the text
# Parts that are not read, by the kind of their relationship.
_OMITTED_PARTS = {
    "header": "running_header", "footer": "running_header", "comments": "comment", "diagramdata": "diagram", "chart": "diagram",
}  # fmt: skip
_BLOCK_KINDS = frozenset({BlockKind.TOC, BlockKind.FRONT_MATTER, BlockKind.FOOTNOTE})  # which headings do not leave


def extract(path: Path, limit: int) -> BlockBuilder:
    """Return all paragraphs and tables of the main document, with its notes. Raises FormatError."""
    builder = BlockBuilder(limit)
    builder.show_blocks()
    with ZipContainer(path) as container:
        main_name = ooxml.main_part(container)
        styles_name = posixpath.join(posixpath.dirname(main_name), "styles.xml")
        styles = (
            docx_styles.read_styles(container.read(styles_name)) if styles_name in container.names else DocxStyles()
        )
        parts = list(_related_parts(container, main_name))
        numbering_name = posixpath.join(posixpath.dirname(main_name), "numbering.xml")
        numbering = (
            DocxNumbering.read(container.read(numbering_name)) if numbering_name in container.names else DocxNumbering()
        )
        document = _DocumentReader(builder, styles, numbering)
        for kind, name, content in parts:
            if kind in {"footnotes", "endnotes"}:
                document.read_notes(kind.removesuffix("s"), content, _links(container, name))
        document.read(container.read(main_name), _links(container, main_name))
        for kind, _, content in parts:
            if kind in _OMITTED_PARTS:
                _leave_out_part(builder, _OMITTED_PARTS[kind], content)
    return builder


def _related_parts(container: ZipContainer, main_name: str) -> Iterator[tuple[str, str, bytes]]:
    """Yield the kind, the name and the content of each part that the document refers to."""
    for reference in _references(container, main_name):
        target = ooxml.target_name(main_name, reference) if not reference.is_external else ""
        if target in container.names and reference.kind in {"footnotes", "endnotes", *_OMITTED_PARTS}:
            yield reference.kind, target, container.read(target)


def _links(container: ZipContainer, part: str) -> DocxLinks:
    references = _references(container, part)
    return DocxLinks({reference.id: reference.target for reference in references if reference.kind == "hyperlink"})


def _references(container: ZipContainer, part: str) -> list[Relationship]:
    """Return the relationships of a part; none if they are damaged."""
    name = ooxml.relationships_name(part)
    try:
        return list(ooxml.relationships(container.read(name))) if name in container.names else []
    except FormatError:
        return []


def _leave_out_part(builder: BlockBuilder, reason: str, content: bytes) -> None:
    """Note the paragraphs of a part; none if the part is damaged."""
    texts: list[str] = []
    try:
        for is_start, element in xml_events.events(content):
            kind = local_name(element.tag)
            if not is_start and kind in {"t", "v"}:
                texts.append(element.text or "")
            elif not is_start and kind in {"p", "pt"} and texts:
                builder.leave_out("paragraph", reason, "".join(texts))
                texts.clear()
    except FormatError:
        return


class _DocumentReader:
    """Adds paragraphs, tables and notes to a builder."""

    def __init__(self, builder: BlockBuilder, styles: DocxStyles, numbering: DocxNumbering) -> None:
        self._builder, self._styles, self._numbering = builder, styles, numbering
        self._notes: dict[str, list[DocxParagraph | DocxTable]] = {}
        self._marks = DocxNoteMarks()
        self._code: list[str] = []  # lines of the open block
        self._manual_headings: dict[int, tuple[int, bool]] = {}  # size and boldness by the index of the block
        self._letters_by_size = Counter[int]()
        self._has_headings = False

    def read(self, content: bytes, links: DocxLinks) -> None:
        """Add the main document."""
        walker = DocxWalker(self._builder, self._styles, self._marks, links, self._add)
        walker.walk(content)
        self._flush_code()
        for paragraphs in self._notes.values():  # to which no mark leads
            for paragraph in paragraphs:
                if isinstance(paragraph, DocxParagraph):
                    self._builder.leave_out("footnote", "hidden", paragraph.text)
        self._builder.language = self._language(walker.letters_by_language)
        self._apply_manual_headings()

    def read_notes(self, kind: str, content: bytes, links: DocxLinks) -> None:
        """Keep the notes of a part until their marks are read; none if the part is damaged."""
        notes: list[DocxParagraph | DocxTable] = []

        def start_note(identifier: str) -> None:
            nonlocal notes
            notes = self._notes.setdefault(f"{kind} {identifier}", [])

        try:
            walker = DocxWalker(
                self._builder, self._styles, self._marks, links, lambda item: notes.append(item), start_note
            )
            walker.walk(content)
        except FormatError:
            return

    def _language(self, letters_by_language: Counter[str]) -> str | None:
        """Return the language of most letters, as the runs or the defaults state it.

        English as a default says nothing: programs' templates have it for documents in every language.
        """
        default = self._styles.language
        if default.lower().startswith("en"):
            default = ""
        counts = Counter[str]()
        for language, letters in letters_by_language.items():
            counts[language or default] += letters
        return counts.most_common(1)[0][0] if counts else None

    def _add(self, item: DocxParagraph | DocxTable) -> None:
        if isinstance(item, DocxTable):
            self._flush_code()
            self._add_table(item)
            return
        if item.kind is BlockKind.CODE and not item.level:
            self._code.append(item.text)
            leave_out(self._builder, item)
            return
        self._flush_code()
        self._add_paragraph(item)

    def _flush_code(self) -> None:
        if self._code:
            self._builder.add_code("\n".join(self._code))
            self._code.clear()

    def _add_paragraph(self, item: DocxParagraph) -> None:
        kind = item.kind or BlockKind.PARAGRAPH
        level = 0 if kind in _BLOCK_KINDS else item.level
        self._has_headings |= level > 0
        pieces = item.without_page_number() if kind is BlockKind.TOC else without_short_passages(item.pieces)
        if kind is BlockKind.PARAGRAPH and inline.is_formula(pieces):
            kind = BlockKind.FORMULA
        count = len(self._builder.blocks)
        is_entry = kind is BlockKind.LIST_ITEM and not level
        entry = self._numbering.next_entry(item.list_id, item.list_level) if is_entry else None
        for paragraph in inline.paragraphs(pieces):
            self._builder.add_block(paragraph, kind, level=level, entry=entry if item.text.strip() else None)
        if kind is BlockKind.PARAGRAPH and not level and len(self._builder.blocks) == count + 1:
            self._note_type(item, count)
        self._add_rest(item)

    def _note_type(self, item: DocxParagraph, index: int) -> None:
        for (size, _), letters in item.sizes.items():
            self._letters_by_size[size] += letters
        if heading := item.manual_heading():
            self._manual_headings[index] = heading

    def _add_rest(self, item: DocxParagraph) -> None:
        """Add what stands behind a paragraph: what is left out of it, its pictures and its notes."""
        leave_out(self._builder, item)
        for figure in item.figures:
            self._builder.add_paragraph(figure, kind=BlockKind.FIGURE)
        for name in item.notes:
            if note := self._notes.pop(name, []):
                self._add_note(name, note)

    def _add_note(self, name: str, items: list[DocxParagraph | DocxTable]) -> None:
        self._builder.begin_note(name)
        if isinstance(items[0], DocxParagraph):
            items[0].pieces.insert(0, Piece("", note_mark=self._marks.of_note(name)))
        for item in items:
            if isinstance(item, DocxTable):
                self._add_table(item)
            else:
                item.kind, item.level = BlockKind.FOOTNOTE, 0
                self._add_paragraph(item)
        self._builder.end_note()

    def _add_table(self, table: DocxTable) -> None:
        """Add by the rule for tables; of one that only lays out the page, the text."""
        if table.is_layout():
            for item in table.items():
                self._add(item)
            self._flush_code()
            return
        self._builder.add_table(table.cells())
        for paragraph in table.paragraphs():
            paragraph.figures = []  # in the cell's text
            self._add_rest(paragraph)

    def _apply_manual_headings(self) -> None:
        """Mark headings by their type in a document whose author used no styles for them."""
        if self._has_headings or not self._letters_by_size:
            return
        body_size = self._letters_by_size.most_common(1)[0][0]
        levels = docx_styles.manual_heading_levels(self._manual_headings, body_size)
        if len(levels) <= MAX_MANUAL_SHARE * len(self._builder.blocks):
            for index, level in levels.items():
                self._builder.make_heading(index, level)
