"""The text of a chapter as XHTML: each block as the element that it was."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from chalicelib.exports.content import epub_tables
from chalicelib.exports.content.epub_inline import NOTE_MARK, InlineText, to_xml
from chalicelib.exports.content.epub_tables import RowPart
from chalicelib.exports.content.illustrations import PlacedIllustration
from chalicelib.exports.content.recording import Recording, RecordingChapter
from chalicelib.extraction.model import BlockKind, BlockSpan, TextSpan

_BLOCK_END = re.compile(r"\n\s*\n|\n")
_LINE_BREAK = "<br/>"


def render(recording: Recording, chapter: RecordingChapter) -> str:
    """Render a chapter. Its first paragraph is the heading if it is the chapter's title and no block says otherwise."""
    text = recording.text_between(chapter.text_start, chapter.text_end)
    blocks = list(_blocks(recording.blocks, chapter, text))
    spans = list(_spans(recording.spans, chapter, text))
    notes = _NumberedNotes(blocks, spans)
    writer = _ChapterWriter(
        text, chapter, InlineText(text, chapter, spans, notes=notes.by_mark, addresses=recording.addresses), notes
    )
    pictures = _PendingPictures(recording, chapter)
    rendered: list[str] = []
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        members = list(group)
        if kind is BlockKind.TABLE:
            rendered += [*pictures.before(_first_letter(text, members[0])), writer.table(members)]
            continue
        elements: list[str] = []
        for block in members:
            elements += pictures.before(_first_letter(text, block))
            elements.append(writer.element(block, is_first=not (rendered or elements)))
        rendered += _grouped(kind, elements)
    return "\n".join([*rendered, *pictures.before(len(text))])


class _NumberedNotes:
    """The notes of a chapter, numbered: each has the first mark before it that has no note yet."""

    def __init__(self, blocks: Sequence[BlockSpan], spans: Sequence[TextSpan]) -> None:
        self.numbers: dict[BlockSpan, int] = {}
        self.by_mark: dict[TextSpan, int] = {}
        marks = [span for span in spans if span.kind == NOTE_MARK]
        next_mark = 0
        for block in blocks:
            if block.kind is not BlockKind.FOOTNOTE:
                continue
            number = self.numbers[block] = len(self.numbers) + 1
            if next_mark < len(marks) and marks[next_mark].end <= block.start:
                self.by_mark[marks[next_mark]] = number
                next_mark += 1


class _Outline:
    """The headings above a place in a chapter. None of their levels is left out, as screen readers and Ace expect."""

    def __init__(self) -> None:
        self._headings: list[tuple[int, int]] = []  # levels in the document, and as rendered

    def add(self, level: int) -> int:
        """Return the level at which the next heading is rendered: one below the heading that it belongs to."""
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        rendered = self._headings[-1][1] + 1 if self._headings else level
        self._headings.append((level, rendered))
        return rendered


class _ChapterWriter:
    """Renders the blocks of a chapter."""

    def __init__(self, text: str, chapter: RecordingChapter, inline: InlineText, notes: _NumberedNotes) -> None:
        self._text = text
        self._title = chapter.title
        self._inline = inline
        self._notes = notes
        self._outline = _Outline()

    def element(self, block: BlockSpan, *, is_first: bool) -> str:
        """Render a block. Lines stay lines."""
        is_code = block.kind is BlockKind.CODE
        html = self._inline.render(block.start, block.end, with_code=not is_code)
        if is_first and self._text[block.start : block.end].split() == self._title.split():
            return _heading(html, self._outline.add(max(block.level, 1)))
        lines = html if is_code else html.replace("\n", _LINE_BREAK)
        if block.kind is BlockKind.HEADING:
            return _heading(lines, self._outline.add(max(block.level, 1)))
        if block.kind is BlockKind.FOOTNOTE:
            identity = f'epub:type="footnote" role="doc-footnote" id="note{self._notes.numbers[block]}"'
            return f"<aside {identity}><p>{lines}</p></aside>"
        render_block = _ELEMENTS.get(block.kind)
        return f"<p>{lines}</p>" if render_block is None else render_block(lines)

    def table(self, blocks: Sequence[BlockSpan]) -> str:
        """Render the rows of a table. What is before them and names no column announces it."""
        texts = [self._text[block.start : block.end] for block in blocks]
        is_announced = len(blocks) > 1 and ": " not in texts[0] and any(": " in text for text in texts[1:])
        caption = f"<caption>{self._inline.render(blocks[0].start, blocks[0].end)}</caption>\n" if is_announced else ""
        rows = blocks[1:] if is_announced else blocks
        table = epub_tables.parse(texts[1:] if is_announced else texts)
        corner = "<td></td>" if table.has_row_names else ""
        names = "".join(f'<th scope="col">{to_xml(name)}</th>' for name in table.headers)
        head = f"<thead><tr>{corner}{names}</tr></thead>\n" if names else ""
        body = "\n".join(
            f"<tr>{self._row(block, cells, has_name=table.has_row_names)}</tr>"
            for block, cells in zip(rows, table.rows, strict=True)
        )
        return f"<table>\n{caption}{head}<tbody>\n{body}\n</tbody>\n</table>"

    def _row(self, block: BlockSpan, cells: Sequence[RowPart | None], *, has_name: bool) -> str:
        return "".join(
            self._cell(block.start, cell, "th" if has_name and number == 0 else "td")
            for number, cell in enumerate(cells)
        )

    def _cell(self, offset: int, cell: RowPart | None, tag: str) -> str:
        if cell is None:
            return f"<{tag}></{tag}>"
        label = self._inline.render(offset + cell.start, offset + cell.label_end)
        value = self._inline.render(offset + cell.label_end, offset + cell.end).replace("\n", _LINE_BREAK)
        opening = '<th scope="row">' if tag == "th" else "<td>"
        return f'{opening}{f"""<span class="label">{label}</span> """ if label else ""}{value}</{tag}>'


def _spans(spans: Sequence[TextSpan], chapter: RecordingChapter, text: str) -> Iterator[TextSpan]:
    """Yield the spans of the chapter, with offsets from its start."""
    for span in spans:
        start, end = max(0, span.start - chapter.text_start), min(len(text), span.end - chapter.text_start)
        if start < end:
            yield TextSpan(span.kind, start, end)


def _grouped(kind: BlockKind, elements: list[str]) -> list[str]:
    if kind is BlockKind.LIST_ITEM:
        return ["<ul>", *_in_items(elements), "</ul>"]
    if kind is BlockKind.QUOTE:
        return ["<blockquote>", *elements, "</blockquote>"]
    return elements


class _PendingPictures:
    """The pictures of a chapter that are not in it yet, in order."""

    def __init__(self, recording: Recording, chapter: RecordingChapter) -> None:
        is_last = chapter is recording.chapters[-1]
        self._places = [
            (place.offset - chapter.text_start, place)
            for place in recording.illustrations.places
            if chapter.text_start <= place.offset < chapter.text_end or (is_last and place.offset == chapter.text_end)
        ]

    def before(self, offset: int) -> list[str]:
        """Render the pictures up to an offset in the chapter."""
        count = bisect_right(self._places, offset, key=lambda entry: entry[0])
        figures = [_figure(place) for _, place in self._places[:count]]
        del self._places[:count]
        return figures


def picture_path(file: str) -> str:
    """Return the path of a picture, from the documents of the book."""
    return f"pictures/{file}"


def _figure(place: PlacedIllustration) -> str:
    return f'<figure><img src="{picture_path(place.file)}" alt="{to_xml(place.description)}"/></figure>'


def _in_items(elements: list[str]) -> list[str]:
    """Give the pictures in a list items of their own."""
    return [element if element.startswith("<li>") else f"<li>{element}</li>" for element in elements]


def _first_letter(text: str, block: BlockSpan) -> int:
    """Return the offset of the first letter of a block: places of pictures know nothing of punctuation."""
    return next((at for at in range(block.start, block.end) if text[at].isalnum()), block.start)


def _blocks(blocks: Sequence[BlockSpan], chapter: RecordingChapter, text: str) -> Iterator[BlockSpan]:
    """Yield the blocks of the chapter, with offsets from its start; paragraphs where the text has no blocks."""
    position = 0
    for block in blocks:
        start, end = max(0, block.start - chapter.text_start), min(len(text), block.end - chapter.text_start)
        if start < end:
            yield from _paragraphs(text, position, start)
            yield BlockSpan(block.kind, start, end, block.level)
            position = end
    yield from _paragraphs(text, position, len(text))


def _paragraphs(text: str, start: int, end: int) -> Iterator[BlockSpan]:
    position = start
    for match_end in [*(match.end() for match in _BLOCK_END.finditer(text, start, end)), end]:
        if text[position:match_end].strip():
            yield BlockSpan(BlockKind.PARAGRAPH, position, match_end)
        position = match_end


def _heading(html: str, level: int) -> str:
    return f"<h{level}>{html}</h{level}>"


def _paragraph(name: str) -> Callable[[str], str]:
    return lambda html: f'<p class="{name}">{html}</p>'


_ELEMENTS: dict[BlockKind, Callable[[str], str]] = {
    BlockKind.LIST_ITEM: lambda html: f"<li>{html}</li>",
    BlockKind.VERSE: _paragraph("verse"),
    BlockKind.CODE: lambda html: f"<pre><code>{html}</code></pre>",
    BlockKind.FORMULA: _paragraph("formula"),
    BlockKind.CAPTION: _paragraph("caption"),
    BlockKind.FIGURE: _paragraph("figure"),
    BlockKind.REFERENCE: _paragraph("reference"),
    BlockKind.SCENE_BREAK: _paragraph("scene-break"),
}
