"""Blocks → one text: what only the whole document tells of a block, and the offsets of blocks and spans."""

import re
from collections.abc import Sequence
from dataclasses import replace

from chalicelib.extraction import block_formulas, inline, letterspacing, table_announcements
from chalicelib.extraction.blocks import Block, BlockBuilder
from chalicelib.extraction.display.recorder import SOURCE_PREFIX
from chalicelib.extraction.model import BlockKind, TextSpan
from chalicelib.extraction.running_text import PARAGRAPH_BREAK, OutlineEntry, Paragraph, RunningText

_REFERENCES_TITLE = re.compile(
    r"(?:\d{1,2}\.? )?(?:references|bibliography|works cited|literature(?: cited)?|further reading|sources"
    r"|literatur(?:verzeichnis)?|quellen(?:verzeichnis)?|bibliograf[ií]a|bibliographie|références|referencias|bibliografie)",
    re.IGNORECASE,
)


def heading_outline(running_text: RunningText) -> list[OutlineEntry]:
    """Return an outline made of the headings, for documents without one."""
    return [
        OutlineEntry(running_text.text[paragraph.start : paragraph.end], paragraph.level, paragraph.page_index)
        for paragraph in running_text.paragraphs
        if paragraph.level
    ]


def to_paragraphs(builder: BlockBuilder, language: str) -> RunningText:
    """Return the blocks as one text. Each block is a paragraph on a page of its own, as the outline counts them."""
    _mark_references(builder.blocks)
    _close_up_titles(builder)
    running_text = RunningText(left_out=builder.left_out)
    spoken_formulas = block_formulas.spoken_texts(builder.formulas, language)
    parts: list[str] = []
    length = 0
    for index, block in enumerate(builder.blocks):
        if block.announced is not None:
            block = replace(
                block,
                text=table_announcements.announcement(block.announced, language, is_read=block.is_read),
            )
        text, spans = block_formulas.in_words(block.text, block.spans, spoken_formulas)
        if parts:
            parts.append(PARAGRAPH_BREAK)
            length += len(PARAGRAPH_BREAK)
        running_text.paragraphs.append(Paragraph(length, length + len(text), index, 0.0, 0.0, block.kind, block.level))
        for span in spans:
            if not _is_language(span.kind, language):
                is_source = span.kind.startswith(SOURCE_PREFIX)
                moved = TextSpan(span.kind, length + span.start, length + span.end)
                (running_text.sources if is_source else running_text.spans).append(moved)
        parts.append(text)
        length += len(text)
    running_text.text = "".join(parts)
    running_text.page_starts = [paragraph.start for paragraph in running_text.paragraphs]
    starts = [*running_text.page_starts, length]
    running_text.left_out_offsets = [starts[min(index, len(starts) - 1)] for index in builder.left_out_before]
    return running_text


def _mark_references(blocks: list[Block]) -> None:
    """Mark the entries below the heading of a bibliography, up to the next heading that is not below it."""
    level = 0
    for index, block in enumerate(blocks):
        if block.level:
            is_title = _REFERENCES_TITLE.fullmatch(block.text) is not None
            if is_title or block.level <= level:
                level = block.level if is_title else 0
        elif level and block.kind in {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM}:
            blocks[index] = replace(block, kind=BlockKind.REFERENCE)


def _close_up_titles(builder: BlockBuilder) -> None:
    """Close up letterspaced titles, as words that the document has."""
    indices = [
        index
        for index, block in enumerate(builder.blocks)
        if block.kind not in {BlockKind.CODE, BlockKind.TABLE} and letterspacing.is_letterspaced(block.text)
    ]
    if indices:
        titles = " ".join(entry.title for entry in builder.outline)
        vocabulary = letterspacing.words_of(f"{titles} {builder.plain_text()}")
        for index in indices:
            block = builder.blocks[index]
            text = letterspacing.close_up(block.text, vocabulary)
            builder.blocks[index] = replace(block, text=text, spans=_first_source(block.spans, len(text)))


def _first_source(spans: Sequence[TextSpan], length: int) -> tuple[TextSpan, ...]:
    """Return a span of the first source over a whole text; the others have no part of it."""
    sources = [span for span in spans if span.kind.startswith(SOURCE_PREFIX)]
    return tuple(replace(span, start=0 if index == 0 else length, end=length) for index, span in enumerate(sources))


def _is_language(kind: str, language: str) -> bool:
    """Return whether a span only says that its text is in the language of the whole."""
    tag = kind.removeprefix(inline.LANGUAGE_PREFIX)
    return tag != kind and tag.partition("-")[0] == language.partition("-")[0]
