"""Where a listener expects pauses, and how long they are."""

from __future__ import annotations

import pytest

from chalicelib.extraction.model import BlockKind, BlockSpan
from chalicelib.speech import pauses
from chalicelib.speech.pauses import Outline, Pause
from chalicelib.speech.segments import Segment, split

PARAGRAPH = "The keeper counts the waves."
HEADING, LIST_ITEM, VERSE, TABLE, QUOTE, CAPTION, SCENE_BREAK = (
    BlockKind.HEADING,
    BlockKind.LIST_ITEM,
    BlockKind.VERSE,
    BlockKind.TABLE,
    BlockKind.QUOTE,
    BlockKind.CAPTION,
    BlockKind.SCENE_BREAK,
)


def outline(*blocks: tuple[BlockKind, str], chapters: tuple[int, ...] = ()) -> tuple[str, Outline]:
    """Return a text of these blocks, and its outline; `chapters` are the indexes of the blocks where they start."""
    text, spans = "", []
    for kind, content in blocks:
        start = len(text) + 2 if text else 0
        text = f"{text}\n\n{content}" if text else content
        spans.append(BlockSpan(kind, start, start + len(content)))
    return text, Outline(spans, [spans[index].start for index in chapters])


def listen(text: str, structure: Outline, *, scale: float = 1.0) -> list[tuple[str, int | None, str]]:
    """Return what is heard: the words before each pause, its length if it is set, and the words behind."""
    segments = split(text, [], borders=structure.borders(), skipped=structure.silent_ranges(()))
    heard: list[tuple[str, int | None, str]] = []
    for segment, set_pauses in zip(segments, pauses.place(text, segments, structure, scale=scale), strict=True):
        lengths = dict(set_pauses)
        lengths.setdefault(segment.end - segment.start, segment.pause_ms)
        for offset, length in lengths.items():
            at = segment.start + offset
            heard.append((text[:at].split()[-1], length, "".join(text[at:].split()[:1])))
    return heard


def test_prose_is_left_to_its_voice_and_keeps_its_segments() -> None:
    text, structure = outline(*[(BlockKind.PARAGRAPH, PARAGRAPH)] * 60)
    segments = split(text, [], borders=structure.borders(), skipped=structure.silent_ranges(()))
    assert segments == split(text, [])
    assert pauses.place(text, segments, structure) == [()] * len(segments)


@pytest.mark.parametrize(
    ("kind", "content", "following", "pause_ms"),
    [
        (LIST_ITEM, "oil", LIST_ITEM, 500),
        (TABLE, "Ships: 12", TABLE, 500),
        (VERSE, "and home we go", VERSE, 750),
        (QUOTE, "It was never dark.", BlockKind.PARAGRAPH, 650),
        (BlockKind.PARAGRAPH, PARAGRAPH, QUOTE, 550),
        (BlockKind.PARAGRAPH, PARAGRAPH, CAPTION, 650),
        (HEADING, "The Storm", BlockKind.PARAGRAPH, 900),
        (HEADING, "Who came?", HEADING, 900),
        (BlockKind.PARAGRAPH, PARAGRAPH, HEADING, 900),
    ],
)
def test_the_pause_behind_a_block_follows_from_it_and_the_next(
    kind: BlockKind, content: str, following: BlockKind, pause_ms: int
) -> None:
    text, structure = outline((kind, content), (following, "Nobody came."))
    assert listen(text, structure)[0] == (content.split()[-1], pause_ms, "Nobody")


def test_the_lines_of_a_verse_are_parted_in_one_call() -> None:
    text, structure = outline(
        (VERSE, "The lamp is low\nthe tide is slow\nand home we go"), (VERSE, "The gulls are white")
    )
    assert len(split(text, [], borders=structure.borders())) == 1
    assert listen(text, structure)[:3] == [("low", 350, "the"), ("slow", 350, "and"), ("go", 750, "The")]


def test_a_chapter_is_heard_to_begin_and_a_scene_to_end() -> None:
    text, structure = outline(
        (HEADING, "One"),
        (BlockKind.PARAGRAPH, PARAGRAPH),
        (SCENE_BREAK, "* * *"),
        (BlockKind.PARAGRAPH, PARAGRAPH),
        (HEADING, "Two"),
        (HEADING, "The Calm"),
        chapters=(0, 4),
    )
    assert listen(text, structure)[:4] == [
        ("One", 900, "The"),
        ("waves.", 1_300, "*"),
        ("waves.", 1_600, "Two"),
        ("Two", 900, "The"),
    ]
    assert "* * *" not in {
        text[segment.start : segment.end]
        for segment in split(text, [], borders=structure.borders(), skipped=structure.silent_ranges(()))
    }


def test_a_scale_stretches_every_pause_between_blocks() -> None:
    text, structure = outline(
        (HEADING, "One"),
        (BlockKind.PARAGRAPH, PARAGRAPH),
        (BlockKind.PARAGRAPH, PARAGRAPH),
        (LIST_ITEM, "oil"),
        (LIST_ITEM, "tar"),
    )
    assert [pause for _, pause, _ in listen(text, structure, scale=2.0)[:-1]] == [1_800, 800, 800, 1_000]
    assert [pause for _, pause, _ in listen(text, structure, scale=0.5)[:-1]] == [450, 200, 200, 250]


def test_between_two_segments_in_a_paragraph_the_scale_counts_as_well() -> None:
    text = "The keeper counts the waves. Nobody comes."
    segments = [Segment(0, 0, 28, 120), Segment(1, 29, len(text), 0)]
    structure = Outline([BlockSpan(BlockKind.PARAGRAPH, 0, len(text))])
    assert pauses.place(text, segments, structure, scale=2.0) == [(Pause(28, 240),), ()]
    assert pauses.place(text, segments, structure) == [(), ()]


def test_what_is_skipped_has_no_pause_of_its_own() -> None:
    text, structure = outline(
        (BlockKind.PARAGRAPH, PARAGRAPH), (BlockKind.TOC, "One 1\nTwo 2"), (BlockKind.PARAGRAPH, PARAGRAPH)
    )
    segments = split(text, [], skipped=structure.silent_ranges({"toc"}), borders=structure.borders())
    assert pauses.place(text, segments, structure, {"toc"}) == [(), ()]


def test_a_text_without_blocks_is_read_as_before() -> None:
    text = "One\n\n" + "\n\n".join([PARAGRAPH] * 60)
    segments = split(text, [])
    assert Outline((), [0, 33]).borders() == []
    assert pauses.place(text, segments, Outline((), [0, 33])) == [()] * len(segments)
