"""The text of a chapter as XHTML: each block as the element that it was, and each spoken word in an element of its own."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby

from chalicelib.exports.content.illustrations import PlacedIllustration
from chalicelib.exports.content.recording import Recording, RecordingChapter
from chalicelib.extraction.model import BlockKind, BlockSpan

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLOCK_END = re.compile(r"\n\s*\n|\n")
_LINE_BREAK = "<br/>"


def render(recording: Recording, chapter: RecordingChapter) -> str:
    """Render a chapter. Its first paragraph is the heading if it is the chapter's title and no block says otherwise."""
    text = recording.text_between(chapter.text_start, chapter.text_end)
    pictures = _PendingPictures(recording, chapter)
    rendered: list[str] = []
    for kind, group in groupby(_blocks(recording.blocks, chapter, text), key=lambda block: block.kind):
        elements: list[str] = []
        for block in group:
            elements += pictures.before(_first_letter(text, block))
            html = _words(text, chapter, block.start, block.end)
            is_title = not (rendered or elements) and text[block.start : block.end].split() == chapter.title.split()
            elements.append(_heading(html, block.level or 1) if is_title else _element(block, html))
        rendered += ["<ul>", *_in_items(elements), "</ul>"] if kind is BlockKind.LIST_ITEM else elements
    return "\n".join([*rendered, *pictures.before(len(text))])


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


def to_xml(text: str) -> str:
    """Return the text escaped, without characters that XML cannot have."""
    return escape(_NOT_XML.sub(" ", text), quote=True)


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
    BlockKind.QUOTE: lambda html: f"<blockquote><p>{html}</p></blockquote>",
    BlockKind.VERSE: _paragraph("verse"),
    BlockKind.CODE: lambda html: f"<pre><code>{html}</code></pre>",
    BlockKind.CAPTION: _paragraph("caption"),
    BlockKind.FIGURE: _paragraph("figure"),
    BlockKind.FOOTNOTE: lambda html: f'<aside epub:type="footnote"><p>{html}</p></aside>',
    BlockKind.SCENE_BREAK: _paragraph("scene-break"),
}


def _element(block: BlockSpan, html: str) -> str:
    """Render a block. Lines stay lines."""
    lines = html if block.kind is BlockKind.CODE else html.replace("\n", _LINE_BREAK)
    if block.kind is BlockKind.HEADING:
        return _heading(lines, min(max(block.level, 1), 6))
    render_block = _ELEMENTS.get(block.kind)
    return f"<p>{lines}</p>" if render_block is None else render_block(lines)


def _words(text: str, chapter: RecordingChapter, start: int, end: int) -> str:
    """Render a range of the chapter's text, each spoken word in an element with the word's number."""
    html, position, offset = [], start, chapter.text_start
    for number in _word_numbers(chapter, offset + start, offset + end):
        word = chapter.words[number]
        word_start, word_end = word.text_start - offset, min(word.text_end - offset, end)
        html += [to_xml(text[position:word_start]), f'<span id="w{number}">{to_xml(text[word_start:word_end])}</span>']
        position = word_end
    return "".join([*html, to_xml(text[position:end])]).strip()


def _word_numbers(chapter: RecordingChapter, start: int, end: int) -> range:
    def number_at(offset: int) -> int:
        return bisect_left(chapter.words, offset, key=lambda word: word.text_start)

    return range(number_at(start), number_at(end))
