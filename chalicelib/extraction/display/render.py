"""Structure → HTML: elements are opened when they get content, so that sections can begin and end inside of them."""

from __future__ import annotations

import html
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.extraction.display import latex
from chalicelib.extraction.display.model import (
    MAX_SECTION_CHARACTERS,
    MAX_SECTION_PICTURES,
    Attributes,
    BlockEnd,
    CloseTag,
    Event,
    OpenTag,
    PictureFile,
    ShownFormula,
    ShownPicture,
    TextRun,
    UnreadText,
    VoidTag,
)
from chalicelib.extraction.model import BlockKind, BlockSpan, ChapterSpan

FULL_CHARACTERS = 30_000  # a section with as many ends at the next block of the top level
CROWDED_CHARACTERS = 45_000  # and with as many at the next block, be it in a list or a table
MIN_CHAPTER_CHARACTERS = 5_000  # a new chapter ends a section with as many: short ones share a section
MAX_RUN_CHARACTERS = 10_000  # longer ones are split
MAX_CONVERSIONS = 3_000  # of formulas, 1 ms each
MAX_MARKUP_CHARACTERS = 500_000  # of a section; a response holds 6 MB

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PARAGRAPHS = frozenset({"p", *_HEADINGS})  # which hold no blocks
_ITEMS = frozenset({"li", "dt", "dd", "td", "th", "caption", "figcaption", "summary"})  # which hold text, or blocks
_GROUPS = frozenset({
    "div", "ul", "ol", "dl", "blockquote", "table", "thead", "tbody", "tfoot", "tr", "figure", "aside",
})  # fmt: skip  # which hold blocks only
BLOCK_TAGS = _PARAGRAPHS | _ITEMS | _GROUPS | {"pre"}
INLINE_TAGS = frozenset({"a", "cite", "code", "em", "rp", "rt", "ruby", "s", "span", "strong", "sub", "sup", "u"})
_TEXT_TAGS = _PARAGRAPHS | _ITEMS | {"pre"}
_CELLS = frozenset({"td", "th"})  # which are there without content, too
_TABLE_PARTS = frozenset({"table", "thead", "tbody", "tfoot", "tr"})
# Kinds that no element has; a paragraph names its kind for the style of it.
_NAMED_KINDS = frozenset({
    BlockKind.VERSE, BlockKind.TABLE, BlockKind.FORMULA, BlockKind.CAPTION, BlockKind.FIGURE, BlockKind.FOOTNOTE,
    BlockKind.REFERENCE, BlockKind.TOC, BlockKind.FRONT_MATTER,
})  # fmt: skip
_BARE_TAGS = frozenset({"a", "span"})  # which mean nothing without attributes
_RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


@dataclass(slots=True)
class SectionDraft:
    """Section before it is sanitised. `runs` are the offsets of its text runs, each with its length."""

    start: int
    end: int
    markup: list[str] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)
    pictures: dict[str, None] = field(default_factory=dict)
    characters: int = 0
    size: int = 0

    def html(self) -> str:
        return "".join(self.markup)


@dataclass(slots=True)
class _OpenElement:
    """Element of the stack. `is_dead`: it ended where a block began inside of it, which HTML does not allow."""

    tag: str
    attributes: Attributes
    is_implied: bool = False
    is_dead: bool = False
    has_content: bool = False
    is_parted: bool = False  # by the end of a block inside
    written_tag: str = ""  # as long as it is open in the markup


def render(
    events: Iterable[Event],
    text: str,
    blocks: Sequence[BlockSpan],
    chapters: Sequence[ChapterSpan],
    pictures: Mapping[str, PictureFile],
) -> Iterator[SectionDraft]:
    """Yield the sections of a structure. They cover the text without gaps, and each is well-formed on its own."""
    renderer = _Renderer(text, blocks, chapters, pictures)
    for event in events:
        renderer.add(event)
        yield from renderer.finished()
    renderer.end()
    yield from renderer.finished()


class _Renderer:
    def __init__(
        self,
        text: str,
        blocks: Sequence[BlockSpan],
        chapters: Sequence[ChapterSpan],
        pictures: Mapping[str, PictureFile],
    ) -> None:
        self._text = text
        self._blocks = blocks
        self._block_starts = [block.start for block in blocks]
        self._chapter_starts = [chapter.start for chapter in chapters]
        self._pictures = pictures
        self._stack: list[_OpenElement] = []
        self._section = SectionDraft(0, 0)
        self._finished: list[SectionDraft] = []
        self._conversions = 0
        self._last = 0  # the end of the text that was shown

    def finished(self) -> Iterator[SectionDraft]:
        while self._finished:
            yield self._finished.pop(0)

    def add(self, event: Event) -> None:
        match event:
            case OpenTag(tag, attributes):
                self._open(tag, attributes)
            case CloseTag(tag):
                self._close(tag)
            case TextRun(start, end):
                self._run(start, end)
            case UnreadText(text):
                self._unread(text)
            case BlockEnd():
                self._part()
            case VoidTag(tag, start, end):
                self._void(tag, start, end)
            case ShownPicture():
                self._picture(event)
            case ShownFormula():
                self._formula(event)

    def end(self) -> None:
        while self._stack:
            self._close(self._stack[-1].tag)
        if self._section.markup or not self._finished:
            self._section.end = len(self._text)
            self._finished.append(self._section)
        elif self._finished:
            self._finished[-1].end = len(self._text)

    # ---- elements ----

    def _open(self, tag: str, attributes: Attributes) -> None:
        if tag in BLOCK_TAGS:
            self._part()
            self._end_paragraphs()
        self._stack.append(_OpenElement(tag, attributes, is_dead=tag in _BARE_TAGS and not attributes))
        if tag in _CELLS:
            self._write_tags(None)

    def _close(self, tag: str) -> None:
        while self._stack and self._stack[-1].is_implied and tag in BLOCK_TAGS:
            self._write_end(self._stack.pop())
        index = next((i for i in range(len(self._stack) - 1, -1, -1) if self._stack[i].tag == tag), None)
        if index is None:
            return
        for element in reversed(self._stack[index:]):
            self._write_end(element)
        del self._stack[index:]
        if tag in BLOCK_TAGS:
            self._part()

    def _part(self) -> None:
        """End the block of text that is open."""
        for index in range(len(self._stack) - 1, -1, -1):
            element = self._stack[index]
            if element.is_implied or (element.tag in _PARAGRAPHS and element.has_content):
                for inner in reversed(self._stack[index:]):
                    self._write_end(inner)
                element.has_content = False
                if element.is_implied:
                    del self._stack[index]
                return
            if element.tag in BLOCK_TAGS:
                element.is_parted |= element.has_content
                return

    def _end_paragraphs(self) -> None:
        """End the paragraph in which a block begins. What follows the block is a paragraph of its own."""
        for index in range(len(self._stack) - 1, -1, -1):
            element = self._stack[index]
            if element.tag in _PARAGRAPHS and not element.is_dead:
                for inner in reversed(self._stack[index:]):
                    self._write_end(inner)
                element.is_dead = True
            if element.tag in BLOCK_TAGS:
                return

    def _write_end(self, element: _OpenElement) -> None:
        if element.written_tag:
            self._write(f"</{element.written_tag}>")
            element.written_tag = ""

    def _write(self, markup: str) -> None:
        self._section.markup.append(markup)
        self._section.size += len(markup)

    def _write_tags(self, offset: int | None, *, is_block: bool = False, is_picture: bool = False) -> None:
        """Open the elements around content that begins at `offset`; None for content that is not read."""
        if not is_block:
            self._imply_paragraph(is_picture=is_picture)
        for element in self._stack:
            if element.is_dead:
                continue
            if not element.written_tag:
                element.written_tag, attributes = self._named(element, offset)
                self._write(f"<{element.written_tag}{_markup(attributes)}>")
            element.has_content = True

    def _imply_paragraph(self, *, is_picture: bool) -> None:
        index = next((i for i in range(len(self._stack) - 1, -1, -1) if self._stack[i].tag in BLOCK_TAGS), -1)
        around = self._stack[index] if index >= 0 else None
        if around is not None and not around.is_dead:
            if around.tag in _TABLE_PARTS:
                return  # the parser moves it out of the table, and the check of the runs fails
            if around.tag == "figure" and is_picture:
                return
            if around.tag in _TEXT_TAGS and not around.is_parted:
                return
        self._stack.insert(index + 1, _OpenElement("p", {}, is_implied=True))

    def _named(self, element: _OpenElement, offset: int | None) -> tuple[str, Attributes]:
        """Return the tag and the attributes of a paragraph by the block that begins in it."""
        if element.tag not in _PARAGRAPHS or offset is None:
            return element.tag, element.attributes
        block = self._block_at(offset)
        if block is not None and block.kind is BlockKind.HEADING:
            return f"h{block.level or 1}", element.attributes
        if block is not None and block.kind in _NAMED_KINDS:
            return element.tag, {**element.attributes, "data-kind": block.kind.value}
        return element.tag, element.attributes

    def _block_at(self, offset: int) -> BlockSpan | None:
        index = bisect_right(self._block_starts, offset) - 1
        return self._blocks[index] if index >= 0 and offset < self._blocks[index].end else None

    # ---- content ----

    def _run(self, start: int, end: int) -> None:
        is_code = any(element.tag == "pre" for element in self._stack)
        while start < end:
            line_end = end if is_code else self._text.find("\n", start, end)
            stop = min(end if line_end < 0 else line_end, start + MAX_RUN_CHARACTERS)
            if stop > start:
                self._span(start, stop)
            if stop < end and self._text[stop] == "\n" and not is_code:
                self._void("br", 0, 0)
                stop += 1
            start = stop

    def _span(self, start: int, end: int) -> None:
        self._begin(start, end - start)
        content = self._text[start:end]
        inner = self._stack[-1] if self._stack else None
        if inner is not None and inner.tag == "sup" and not inner.written_tag and _RAISED.issuperset(content):
            inner.is_dead = True  # its characters are raised themselves
        self._write_tags(start)
        self._write(f'<span data-start="{start}">{html.escape(content, quote=False)}</span>')
        self._section.runs.append((start, end - start))
        self._show(start, end)

    def _unread(self, text: str) -> None:
        if not text.strip() and not (self._stack and self._stack[-1].has_content):
            return
        self._begin(None, len(text))
        for first in range(0, len(text), MAX_RUN_CHARACTERS):
            self._write_tags(None)
            self._write(html.escape(text[first : first + MAX_RUN_CHARACTERS], quote=False))
            self._section.characters += len(text[first : first + MAX_RUN_CHARACTERS])

    def _void(self, tag: str, start: int, end: int) -> None:
        if tag == "br":
            if any(element.written_tag for element in self._stack if element.tag in _TEXT_TAGS):
                self._write("<br>")
            return
        self._part()
        self._end_paragraphs()
        self._begin(start if end else None, end - start)
        self._write_tags(None, is_block=True)
        self._write(f"<hr{_markup(_range(start, end))}>")
        if end:
            self._show(start, end)

    def _picture(self, picture: ShownPicture) -> None:
        file = self._pictures.get(picture.digest)
        if file is None:
            self._without_picture(picture)
            return
        self._begin(picture.start if picture.end else None, picture.end - picture.start)
        self._write_tags(None, is_picture=True)
        size = {"width": str(file.width), "height": str(file.height)}
        attributes = {"data-image": file.name, "alt": picture.description, **size, **_range(picture.start, picture.end)}
        self._write(f"<img{_markup(attributes, keeps_empty=True)}>")
        self._section.pictures[file.name] = None
        if picture.end:
            self._show(picture.start, picture.end)

    def _without_picture(self, picture: ShownPicture) -> None:
        """Show the description of a picture that there is not."""
        if picture.end:
            self._run(picture.start, picture.end)
        elif picture.description:
            self._unread(f"[{picture.description}]")

    def _formula(self, formula: ShownFormula) -> None:
        self._begin(formula.start if formula.end else None, formula.end - formula.start)
        self._write_tags(formula.start if formula.end else None)
        content, source = formula.mathml, latex.without_delimiters(formula.latex)
        if source and self._conversions < MAX_CONVERSIONS:
            self._conversions += 1
            content = latex.to_mathml(source)
        content = content or f"<code>{html.escape(source or formula.symbols, quote=False)}</code>"
        self._write(f"<span{_markup(_range(formula.start, formula.end))}>{content}</span>")
        if formula.end:
            self._show(formula.start, formula.end)

    def _show(self, start: int, end: int) -> None:
        self._section.characters += end - start
        self._last = max(self._last, end)

    # ---- sections ----

    def _begin(self, start: int | None, length: int) -> None:
        """End the section before content that begins at `start`, if it is the place for it."""
        section = self._section
        if not section.markup:
            return
        open_tags = {element.written_tag for element in self._stack if element.written_tag}
        is_full = section.characters >= FULL_CHARACTERS or len(section.pictures) >= MAX_SECTION_PICTURES // 2
        is_crowded = section.characters >= CROWDED_CHARACTERS or len(section.pictures) >= MAX_SECTION_PICTURES
        if section.characters + length > MAX_SECTION_CHARACTERS or section.size > MAX_MARKUP_CHARACTERS:
            is_end = True
        elif open_tags <= {"div"}:
            is_end = is_full or self._is_new_chapter(start)
        else:
            is_end = is_crowded and open_tags <= _GROUPS | {"li", "dd"}
        if is_end:
            self._end_section(start)

    def _is_new_chapter(self, start: int | None) -> bool:
        if start is None or self._section.characters < MIN_CHAPTER_CHARACTERS:
            return False
        return bisect_right(self._chapter_starts, start) > bisect_right(self._chapter_starts, self._section.start)

    def _end_section(self, start: int | None) -> None:
        for element in reversed(self._stack):
            self._write_end(element)
        boundary = max(self._section.start, self._last if start is None else max(start, self._last))
        self._section.end = boundary
        self._finished.append(self._section)
        self._section = SectionDraft(boundary, boundary)


def _range(start: int, end: int) -> Attributes:
    return {"data-start": str(start), "data-end": str(end)} if end else {}


def _markup(attributes: Attributes, *, keeps_empty: bool = False) -> str:
    return "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items() if value or keeps_empty)
