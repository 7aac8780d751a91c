"""The plain form: the structure of a document as its blocks and spans have it. Any text with blocks has one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from chalicelib.extraction import inline
from chalicelib.extraction.display.model import (
    BlockEnd,
    CloseTag,
    Event,
    OpenTag,
    PlacedPicture,
    ShownPicture,
    TextRun,
    VoidTag,
)
from chalicelib.extraction.model import BlockKind, BlockSpan, TextSpan

_GROUPS = {BlockKind.LIST_ITEM: "ul", BlockKind.QUOTE: "blockquote"}  # of adjacent blocks
_ELEMENTS = {BlockKind.LIST_ITEM: "li", BlockKind.CODE: "pre"}
_OUTER_TAGS = frozenset({"p", "pre", "ul", "ol", "blockquote", "table"})
_INLINE = {inline.EMPHASIS: "em", inline.CODE: "code"}


def structure(
    blocks: Sequence[BlockSpan], spans: Sequence[TextSpan], pictures: Sequence[PlacedPicture] = ()
) -> Iterator[Event]:
    """Yield the events of blocks and spans, both in the order of the text, with pictures between the blocks."""
    group = ""
    placed = sorted(pictures, key=lambda picture: picture.offset)
    starts = [span.start for span in spans]
    for block in blocks:
        wanted = _GROUPS.get(block.kind, "")
        has_pictures = bool(placed) and placed[0].offset <= block.start
        if group and (wanted != group or has_pictures):
            yield CloseTag(group)
            group = ""
        while placed and placed[0].offset <= block.start:
            yield from _figure(placed.pop(0))
        if wanted and not group:
            yield OpenTag(wanted)
            group = wanted
        first, last = bisect_left(starts, block.start), bisect_left(starts, block.end)
        yield from _block(block, spans[first:last])
    if group:
        yield CloseTag(group)
    for picture in placed:
        yield from _figure(picture)


def _figure(picture: PlacedPicture) -> Iterator[Event]:
    yield OpenTag("figure")
    yield ShownPicture(picture.digest, picture.description)
    yield CloseTag("figure")


def _block(block: BlockSpan, spans: Sequence[TextSpan]) -> Iterator[Event]:
    if block.kind is BlockKind.SCENE_BREAK:
        yield VoidTag("hr", block.start, block.end)
        return
    tag = _ELEMENTS.get(block.kind, "p")
    yield OpenTag(tag)
    yield from _runs(block, [span for span in spans if _tag(span)])
    yield BlockEnd()
    yield CloseTag(tag)


def _runs(block: BlockSpan, spans: Sequence[TextSpan]) -> Iterator[Event]:
    """Yield the text between the starts and ends of spans, each part with its own elements."""
    bounds = sorted(
        {block.start, block.end, *(min(bound, block.end) for span in spans for bound in (span.start, span.end))}
    )
    current: list[TextSpan] = []
    upcoming = list(reversed(spans))
    for start, end in pairwise(bounds):
        while upcoming and upcoming[-1].start <= start:
            current.append(upcoming.pop())
        current = [span for span in current if span.end > start]
        opened = [_element(span) for span in current]
        yield from opened
        yield TextRun(start, end)
        yield from (CloseTag(element.tag) for element in reversed(opened))


def _tag(span: TextSpan) -> str:
    return "span" if span.kind.startswith(inline.LANGUAGE_PREFIX) else _INLINE.get(span.kind, "")


def _element(span: TextSpan) -> OpenTag:
    language = span.kind.removeprefix(inline.LANGUAGE_PREFIX)
    return OpenTag("span", {"lang": language}) if language != span.kind else OpenTag(_INLINE[span.kind])


def with_pictures(events: Iterable[Event], pictures: Sequence[PlacedPicture]) -> Iterator[Event]:
    """Yield a structure with pictures between its blocks, for documents whose structure does not say where they are."""
    placed = sorted(pictures, key=lambda picture: picture.offset)
    waiting: list[Event] = []  # since the last place where a picture may be
    depth = 0
    for event in events:
        waiting.append(event)
        if isinstance(event, OpenTag | CloseTag) and event.tag in _OUTER_TAGS:
            depth += 1 if isinstance(event, OpenTag) else -1
        if isinstance(event, TextRun):
            while placed and placed[0].offset <= event.start:
                yield from _figure(placed.pop(0))
        if depth == 0 and isinstance(event, CloseTag):
            yield from waiting
            waiting = []
    yield from waiting
    for picture in placed:
        yield from _figure(picture)
