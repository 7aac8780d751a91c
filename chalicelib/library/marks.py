"""Marks of a part of a reading text: its blocks and spans, and what was left out of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Annotated, TypeVar

from pydantic import Field

from chalicelib.extraction.model import BlockKind, BlockSpan, TextSpan
from chalicelib.library.passage_store import MarkedPassage
from chalicelib.platform.lazy_model import LazyModel

MAX_BLOCKS_AND_SPANS = 20_000  # of one response: ~1.3 MB of JSON, beside 2 MB of text; a Lambda response holds 6 MB
MAX_LEFT_OUT = 1_500  # of one response: ~1.2 MB

_Span = TypeVar("_Span", BlockSpan, TextSpan)


class TextBlock(LazyModel):
    """A block of the reading text. `level` is that of a heading, 1 to 6."""

    kind: BlockKind
    start: int
    end: int
    level: int | None


class MarkedSpan(LazyModel):
    """A part of a block: `citation`, `url`, `note_mark`, `formula`, `code`, `emphasis`, or `language:` and a BCP 47 tag."""

    kind: str
    start: int
    end: int


class LeftOutContent(LazyModel):
    """Content of the document that is not in its reading text.

    `page` counts from 1; it is null in documents without pages. `reason` is a code, such as `navigation`, `hidden`, `deleted`,
    `running_header` or `large_table`; `excerpt` is the beginning of what was left out.
    """

    kind: str
    page: int | None
    reason: str
    excerpt: Annotated[str, Field(max_length=500)]


class TextMarks(LazyModel):
    """The marks of a part of a text. Blocks and spans are cut off at its ends; offsets count code points of the whole text."""

    blocks: list[TextBlock]
    spans: list[MarkedSpan]
    left_out: list[LeftOutContent]


def clip(passages: Sequence[MarkedPassage], start: int, end: int, *, length: int, page: int | None = None) -> TextMarks:
    """Return the marks of the text from `start` up to `end`, and what was left out of this part, or of this page.

    `length` is that of the whole text: its last part includes the blank pages at its end.
    """
    blocks = _clip((block for passage in passages for block in passage.marks.blocks), start, end)
    spans = _clip((span for passage in passages for span in passage.marks.spans), start, end)
    left_out = [
        omission
        for passage in passages
        if (
            start <= passage.text_start < end or start < passage.text_start == end == length
            if page is None
            else passage.page == page
        )
        for omission in passage.marks.left_out
    ]
    return TextMarks(
        blocks=[
            TextBlock(kind=block.kind, start=block.start, end=block.end, level=block.level or None) for block in blocks
        ],
        spans=[MarkedSpan(**asdict(span)) for span in spans],
        left_out=[LeftOutContent(**asdict(omission)) for omission in left_out],
    )


def fitting_end(passages: Sequence[MarkedPassage], start: int, end: int) -> int:
    """Return up to where the marks of a part that begins at `start` fit into one response: `end`, or the start of a passage."""
    mark_count = left_out_count = 0
    for passage in passages:
        mark_count += len(passage.marks.blocks) + len(passage.marks.spans)
        left_out_count += len(passage.marks.left_out)
        if start < passage.text_start and (mark_count > MAX_BLOCKS_AND_SPANS or left_out_count > MAX_LEFT_OUT):
            return min(passage.text_start, end)
    return end


def _clip(spans: Iterable[_Span], start: int, end: int) -> list[_Span]:
    """Return the spans that overlap a part, each once, cut off at its ends."""
    overlapping = dict.fromkeys(span for span in spans if span.start < end and span.end > start)
    return [replace(span, start=max(span.start, start), end=min(span.end, end)) for span in overlapping]
