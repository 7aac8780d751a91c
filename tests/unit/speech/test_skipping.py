"""Kinds that a listener skips: the parts of a text that they are, and the words that are left."""

from __future__ import annotations

import pytest

from chalicelib.extraction.model import BlockKind, BlockSpan, TextSpan
from chalicelib.library.passages import PassageMarks
from chalicelib.speech import skipping
from chalicelib.speech.normalization.model import Replacement
from chalicelib.speech.segment_parts import SegmentParts
from chalicelib.speech.skipping import SPAN_KINDS, SkippableKind
from chalicelib.speech.spoken_segment import get_spoken_text

pytestmark = pytest.mark.usefixtures("deployment")


def test_every_kind_of_block_can_be_skipped() -> None:
    assert {kind.value for kind in SkippableKind} == {kind.value for kind in BlockKind} | {
        kind.value for kind in SPAN_KINDS
    }


def test_overlapping_spans_are_one_range_and_other_kinds_none() -> None:
    spans = [
        TextSpan("url", 20, 30),
        TextSpan("note_mark", 18, 31),
        TextSpan("emphasis", 0, 9),
        TextSpan("code", 40, 44),
    ]
    assert skipping.skipped_spans(spans, {"note_mark", "url", "code"}) == [(18, 31)]
    assert skipping.skipped_spans(spans, {"url"}) == [(20, 30)]
    assert skipping.clip([(18, 31), (40, 44)], 20, 40) == [(0, 11)]


def test_characters_of_side_kinds_are_counted_inside_the_range() -> None:
    marks = PassageMarks(
        [BlockSpan(BlockKind.PARAGRAPH, 0, 50), BlockSpan(BlockKind.TABLE, 52, 60), BlockSpan(BlockKind.TABLE, 62, 80)],
        [TextSpan("citation", 10, 14), TextSpan("code", 20, 30)],
    )
    assert skipping.count_characters(marks, 0, 70) == {"citation": 4, "table": 16}
    assert skipping.count_characters(marks, 20, 50) == {}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("The lamp was lit «[12]».", "The lamp was lit."),
        ("Lit early «(Miller, 2019)», it burned.", "Lit early, it burned."),
        ("He says («light.example») so.", "He says so."),
        ("«[3]» The keeper.", "The keeper."),
        ("Ask «light.example» or him.", "Ask or him."),
        ("lamp«[3]»light", "lamplight"),
    ],
)
def test_what_is_left_reads_as_if_it_had_never_been_there(text: str, left: str) -> None:
    start, end = text.index("«"), text.index("»") - 1
    written = text.replace("«", "").replace("»", "")
    spoken = get_spoken_text(written, "en", "espeak:en-us", SegmentParts(((start, end),)))
    assert spoken.text == left
    assert all(replacement.spoken == "" for replacement in spoken.replacements)


def test_the_rest_is_said_as_ever_and_the_skipped_part_wins_over_a_rule() -> None:
    text = "It cost $100 (Miller, 1984), 3 lamps."
    spoken = get_spoken_text(text, "en", "espeak:en-us", SegmentParts(((13, 27),)))
    assert spoken.text == "It cost one hundred dollars, three lamps."
    assert [replacement for replacement in spoken.replacements if not replacement.spoken] == [Replacement(12, 27, "")]


def test_nothing_is_said_for_a_segment_that_is_skipped_as_a_whole() -> None:
    assert get_spoken_text("(light.example).", "en", "espeak:en-us", SegmentParts(((1, 14),))).text == ""
    unskipped = get_spoken_text("7 lamps", "en", "espeak:en-us", SegmentParts())
    assert unskipped == get_spoken_text("7 lamps", "en", "espeak:en-us")
