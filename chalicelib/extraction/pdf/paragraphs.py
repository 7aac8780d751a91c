"""Pages → running text: blocks in reading order, with footnotes behind the paragraph that reaches the end of their page."""

import re
from collections.abc import Iterator, Sequence

from chalicelib.extraction import addresses, citations
from chalicelib.extraction.inline import CITATION, CODE, URL
from chalicelib.extraction.model import MAX_EXCERPT_CHARACTERS, BlockKind, Omission, TextSpan
from chalicelib.extraction.pdf import block_kinds, labels
from chalicelib.extraction.pdf.layout import Page, body_font_size
from chalicelib.extraction.pdf.line_joining import LineJoiner, with_plain_hyphen
from chalicelib.extraction.pdf.positions import PositionedLine, position_lines
from chalicelib.extraction.pdf.printed_blocks import PrintedBlock, to_blocks
from chalicelib.extraction.running_text import PARAGRAPH_BREAK, Paragraph, RunningText

MAX_CODE_INDENT = 40  # characters

# What a printed blank or leader leaves in a line: it is drawn, not written.
_BLANK = re.compile(r"_{3,}|…{3,}|-{4,}|[—–]{3,}|(?:\. ?){5,}")  # found five times as fast as with a space before it
_BLANKS = re.compile(rf"\s?(?:{_BLANK.pattern})\s?")


def to_paragraphs(pages: Sequence[Page]) -> RunningText:
    """Join the pages to one text of blocks. Words divided at the end of a line are joined again."""
    lines = position_lines(pages)
    body, notes = _without_notes(lines)
    blocks = block_kinds.classify(to_blocks(body), body_font_size(pages), len(pages))
    writer = _TextWriter(LineJoiner(positioned.line.text for positioned in lines))
    for block in _with_notes(blocks, to_blocks(notes)):
        writer.add(block)
    return writer.finish(len(pages))


def _without_notes(lines: Sequence[PositionedLine]) -> tuple[list[PositionedLine], list[PositionedLine]]:
    """Part the footnotes at the end of each page from the text. Notes in the middle of a page stay at their place."""
    body: list[PositionedLine] = []
    notes: list[PositionedLine] = []
    below: PositionedLine | None = None
    for positioned in reversed(lines):
        is_last_on_page = below is None or below.page_index != positioned.page_index or (notes[-1:] == [below])
        (notes if is_last_on_page and positioned.line.kind == BlockKind.FOOTNOTE else body).append(positioned)
        below = positioned
    return body[::-1], notes[::-1]


def _with_notes(blocks: Sequence[PrintedBlock], notes: Sequence[PrintedBlock]) -> Iterator[PrintedBlock]:
    """Put each footnote behind the block with the last line of its page."""
    position = 0
    for block in blocks:
        while position < len(notes) and notes[position].first.page_index < block.first.page_index:
            yield notes[position]
            position += 1
        yield block
    yield from notes[position:]


class _TextWriter:
    """Collects the text. Offsets are taken while it grows, so that they cannot drift from it."""

    def __init__(self, joiner: LineJoiner) -> None:
        self._joiner = joiner
        self._parts: list[str] = []
        self._length = 0
        self._running_text = RunningText()

    def add(self, block: PrintedBlock) -> None:
        """Add a block, unless nothing is left of it: a blank line of a form."""
        if block.kind == BlockKind.CODE:
            text, page_offsets = _code(block), [(block.first.page_index, 0)]
        elif block.is_divided:
            text = "\n".join(filter(None, map(_printed_text, block.lines)))
            page_offsets = [(block.first.page_index, 0)]
        else:
            text, page_offsets = self._join(block)
        if not text:
            return
        found = addresses.find(text) if block.kind != BlockKind.CODE else []
        offsets = addresses.Offsets(found)
        if self._length:
            self._append(PARAGRAPH_BREAK)
        start = self._length
        for page_index, offset in page_offsets:
            self._start_pages(page_index, start + offsets.moved(offset))
        self._append(addresses.shorten(text, found))
        self._add_paragraph(block, start)
        self._add_spans(
            block, start, [TextSpan(URL, offsets.moved(url.start), offsets.moved(url.end)) for url in found]
        )
        self._running_text.left_out += [
            Omission("url", block.first.page_index + 1, "address", text[url.start : url.end][:MAX_EXCERPT_CHARACTERS])
            for url in found
            if url.is_shortened
        ]

    def finish(self, page_count: int) -> RunningText:
        """Return the text with its blocks, the starts of its pages, and its spans."""
        self._running_text.text = "".join(self._parts)
        self._start_pages(page_count - 1, self._length)
        self._running_text.page_starts[0:1] = [0] if page_count else []
        return self._running_text

    def _join(self, block: PrintedBlock) -> tuple[str, list[tuple[int, int]]]:
        """Return the text of the block's lines, and where pages start in it."""
        text, length = "", 0
        parts: list[str] = []
        page_offsets: list[tuple[int, int]] = []
        for positioned in block.lines:
            following = _printed_text(positioned, is_first=not text)
            if not following:
                continue
            offset = length
            if text:
                text, is_divided = self._joiner.join(text, following)
                parts.append(text)
                length += len(text)
                # A word divided by the end of a page belongs whole to the page it starts on.
                word, space, _ = following.partition(" ")
                offset = length + (len(word) + len(space) if is_divided else 0)
            if not page_offsets or page_offsets[-1][0] != positioned.page_index:
                page_offsets.append((positioned.page_index, offset))
            text = following
        return "".join((*parts, with_plain_hyphen(text))), page_offsets

    def _add_paragraph(self, block: PrintedBlock, start: int) -> None:
        line = block.first.line
        self._running_text.paragraphs.append(
            Paragraph(
                start, self._length, block.first.page_index, line.baseline, line.font_size, block.kind, block.level
            )
        )

    def _add_spans(self, block: PrintedBlock, start: int, urls: list[TextSpan]) -> None:
        spans = urls
        if block.kind == BlockKind.CODE:
            spans = [TextSpan(CODE, 0, self._length - start)]
        elif block.kind != BlockKind.REFERENCE:
            spans = [*urls, *(TextSpan(CITATION, *ends) for ends in citations.find(self._parts[-1]))]
        for span in sorted(spans, key=lambda span: span.start):
            self._running_text.spans.append(TextSpan(span.kind, start + span.start, start + span.end))

    def _start_pages(self, last_index: int, offset: int) -> None:
        while len(self._running_text.page_starts) <= last_index:
            self._running_text.page_starts.append(offset)

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def _printed_text(positioned: PositionedLine, *, is_first: bool = False) -> str:
    """Return the text of a line without blanks that are drawn, and without the bullet of the first line."""
    line = positioned.line
    if line.kind == BlockKind.SCENE_BREAK:
        return line.text
    text = _BLANKS.sub(" ", line.text).strip() if _BLANK.search(line.text) else line.text
    return labels.without_bullet(text) if is_first else text


def _code(block: PrintedBlock) -> str:
    """Return lines of code with the indentation that they are printed with."""
    left = min(positioned.line.left for positioned in block.lines)
    return "\n".join(
        _indent(positioned, left) + with_plain_hyphen(positioned.line.text) for positioned in block.lines
    ).strip()


def _indent(positioned: PositionedLine, left: float) -> str:
    line = positioned.line
    width = (line.right - line.left) / max(len(line.text), 1)
    return " " * min(round((line.left - left) / width), MAX_CODE_INDENT) if width > 0 else ""
