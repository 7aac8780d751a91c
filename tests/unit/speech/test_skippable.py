"""Parts of a recording that a player can jump over."""

from __future__ import annotations

from chalicelib.extraction.model import BlockKind, BlockSpan, TextSpan
from chalicelib.library.passages import PassageMarks
from chalicelib.speech.audio.marks import WordTiming, word_spans
from chalicelib.speech.playback.skippable import find_ranges

TEXT = "The lamp [3] was lit.\n\nShips: 12\n\nBoats: 7\n\nThen it rained."
WORD_MS, GAP_MS = 200, 300  # a word takes 200 ms, and the next one begins 300 ms after its start


def words_of(text: str) -> list[WordTiming]:
    return [
        WordTiming(number * GAP_MS, number * GAP_MS + WORD_MS, *span) for number, span in enumerate(word_spans(text))
    ]


def block(kind: BlockKind, part: str) -> BlockSpan:
    return BlockSpan(kind, TEXT.index(part), TEXT.index(part) + len(part))


MARKS = PassageMarks(
    [
        block(BlockKind.PARAGRAPH, "The lamp [3] was lit."),
        block(BlockKind.TABLE, "Ships: 12"),
        block(BlockKind.TABLE, "Boats: 7"),
        block(BlockKind.PARAGRAPH, "Then it rained."),
    ],
    [TextSpan("citation", TEXT.index("[3]"), TEXT.index("[3]") + 3), TextSpan("emphasis", 0, 8)],
)


def ranges(marks: PassageMarks, words: list[WordTiming], end_ms: int = 4_000) -> list[tuple[str, int, int, str]]:
    return [
        (found.kind.value, found.start_ms, found.end_ms, TEXT[found.text_start : found.text_end])
        for found in find_ranges(marks, words, start_ms=0, end_ms=end_ms)
    ]


def test_a_jump_leaves_out_whole_words_and_no_other_and_rows_of_a_table_are_one_range() -> None:
    assert ranges(MARKS, words_of(TEXT)) == [
        ("citation", 500, 800, "3"),  # from the end of "lamp", or a preroll before "3"
        ("table", 1_400, 2_600, "Ships: 12\n\nBoats: 7"),
    ]


def test_words_that_follow_each_other_closely_are_parted_where_the_first_ends() -> None:
    close = [WordTiming(n * 150, n * 150 + 140, *span) for n, span in enumerate(word_spans(TEXT))]
    assert ranges(MARKS, close)[0] == ("citation", 290, 440, "3")


def test_what_begins_or_ends_a_part_reaches_to_its_border() -> None:
    marks = PassageMarks(
        [block(BlockKind.FOOTNOTE, "The lamp [3] was lit."), block(BlockKind.REFERENCE, "Then it rained.")]
    )
    words = words_of(TEXT)
    assert [found[:3] for found in ranges(marks, words)] == [("footnote", 0, 1_400), ("reference", 2_600, 4_000)]


def test_a_word_that_stands_for_more_than_the_kind_is_heard() -> None:
    """One number is read for "5 [3]": a jump would lose it."""
    start = TEXT.index("lamp")
    words = [word for word in words_of(TEXT) if not start <= word.text_start < TEXT.index("was")]
    words.insert(1, WordTiming(300, 800, start, TEXT.index("[3]") + 3))
    assert [found[0] for found in ranges(MARKS, words)] == ["table"]


def test_kinds_of_the_running_text_and_what_was_not_spoken_have_no_range() -> None:
    assert ranges(MARKS, [word for word in words_of(TEXT) if word.text_start > TEXT.index("Then")]) == []
    verse = PassageMarks([block(BlockKind.VERSE, "Then it rained.")])
    assert ranges(verse, words_of(TEXT)) == []
