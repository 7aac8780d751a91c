"""Parts of each segment that have a kind: what its voice is sent depends on them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection
from dataclasses import dataclass

from chalicelib.extraction.inline import FORMULA
from chalicelib.extraction.model import BlockKind, TextSpan
from chalicelib.library.passages import PassageMarks
from chalicelib.speech import skipping
from chalicelib.speech.skipping import SkippableKind, TextRange


@dataclass(frozen=True, slots=True)
class SegmentParts:
    """Parts of a segment, whose offsets count from its start: what the listener skips, and its spans.

    `is_heading`: the segment is one, or begins one. `says_citations`: the listener does not skip them.
    """

    silent: tuple[TextRange, ...] = ()
    spans: tuple[TextSpan, ...] = ()
    is_heading: bool = False
    says_citations: bool = False


class PartFinder:
    """The parts of any segment of a text, which these marks are of. Formulas that are blocks count as spans."""

    def __init__(self, marks: PassageMarks, skip: Collection[str]) -> None:
        formulas = (
            TextSpan(FORMULA, block.start, block.end) for block in marks.blocks if block.kind is BlockKind.FORMULA
        )
        self._silent = skipping.skipped_spans(marks.spans, skip)
        self._says_citations = SkippableKind.CITATION not in skip
        self._spans = sorted((*marks.spans, *formulas), key=lambda span: span.start)
        self._headings = sorted((block.start, block.end) for block in marks.blocks if block.kind is BlockKind.HEADING)

    def find(self, start: int, end: int) -> SegmentParts:
        """Return the parts of the text from `start` up to `end`. A span that is not all in it is none of its parts."""
        first = bisect_left(self._spans, start, key=lambda span: span.start)
        last = bisect_left(self._spans, end, key=lambda span: span.start)
        heading = bisect_right(self._headings, (start, start)) if self._headings else 0
        return SegmentParts(
            tuple(skipping.clip(self._silent, start, end)),
            tuple(
                TextSpan(span.kind, span.start - start, span.end - start)
                for span in self._spans[first:last]
                if span.end <= end
            ),
            is_heading=heading < len(self._headings) and self._headings[heading][0] == start,
            says_citations=self._says_citations,
        )
