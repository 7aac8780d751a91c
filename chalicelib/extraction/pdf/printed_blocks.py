"""Lines → blocks: which lines belong together, with the lines of verse and the lines of a title kept as one block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.pdf import labels
from chalicelib.extraction.pdf.paragraph_starts import (
    DEFAULT_GAP,
    PARAGRAPH_GAP,
    ended_early,
    ends_sentence,
    starts_paragraph,
)
from chalicelib.extraction.pdf.positions import PositionedLine, is_other_size, usual_line_gaps

MIN_VERSE_LINES = 3  # with two, it may be a heading and its sub-heading
MIN_EARLY_SHARE = 0.75  # of the line ends of a stanza: its longest line may reach the edge of the column
MIN_RAGGED_SHARE = 0.4  # of the line ends of a stanza are before its own edge; in a narrower text, hardly any is,
MIN_CAPITAL_LINES = 4  # that begin with a capital: fewer do so by chance
VERSE_CAPITAL_SHARE = 0.85  # of the lines; a third of them in a German text
MIN_TEXT_WIDTH = 0.55  # of the column's width: such a text is wider than most verse,
MIN_CAPITAL_SHARE = 0.6  # and fewer of its lines begin with a capital
MAX_VERSE_CHARACTERS = 70  # of a line; longer ones are sentences, each on a line of its own
MAX_SENTENCE_SHARE = 0.6  # of the line ends: more, and the lines are sentences
MAX_SHARE_WITH_DIGITS = 0.6  # of the lines: more, and they are entries of an index,
MAX_ADDRESS_LINES = 6  # or an address


@dataclass(slots=True)
class PrintedBlock:
    """Lines of one block. `is_divided`: its lines stay apart, as those of verse, code and addresses do."""

    lines: list[PositionedLine]
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    is_divided: bool = False

    @property
    def first(self) -> PositionedLine:
        return self.lines[0]

    @property
    def last(self) -> PositionedLine:
        return self.lines[-1]

    @property
    def font_size(self) -> float:
        return self.first.line.font_size

    @property
    def is_bold(self) -> bool:
        return all(positioned.line.is_bold for positioned in self.lines)

    @property
    def text(self) -> str:
        """Return the text of its lines, not yet joined as they will be."""
        return " ".join(positioned.line.text for positioned in self.lines)


def to_blocks(lines: Sequence[PositionedLine]) -> list[PrintedBlock]:
    """Return the lines as blocks. The kind is that of the lines, otherwise paragraph or verse."""
    gaps = usual_line_gaps(lines)
    verse = _verse_starts(lines, gaps)
    blocks: list[PrintedBlock] = []
    stanza_end = 0
    for index, current in enumerate(lines):
        if index in verse:
            stanza_end = verse[index]
            kind = BlockKind.PARAGRAPH if _is_address(lines[index:stanza_end]) else BlockKind.VERSE
            blocks.append(PrintedBlock(list(lines[index:stanza_end]), kind, is_divided=True))
        if index < stanza_end:
            continue
        before = lines[index - 1] if index else None
        after = lines[index + 1] if index + 1 < len(lines) else None
        if (
            before is None
            or index == stanza_end != 0
            or starts_paragraph(before, current, after, blocks[-1].first, gaps)
        ):
            kind = current.line.kind or BlockKind.PARAGRAPH
            is_divided = kind in (BlockKind.CODE, BlockKind.VERSE)
            blocks.append(PrintedBlock([current], kind, is_divided=is_divided))
        else:
            blocks[-1].lines.append(current)
    return blocks


# ---- verse ----


def _verse_starts(lines: Sequence[PositionedLine], gaps: dict[float, float]) -> dict[int, int]:
    """Return where stanzas start and end: lines that end before the column does, although the sentence goes on."""
    stanzas: dict[int, int] = {}
    start = 0
    for index in range(1, len(lines) + 1):
        if index < len(lines) and _may_continue_stanza(lines[index - 1], lines[index], gaps):
            continue
        segment = lines[start:index]
        runs = [(0, len(segment))] if _starts_with_capitals(segment) else _early_runs(segment)
        for first, last in runs:
            run = lines[start + first : start + last]
            if _is_narrower_text(run):
                edge = max(positioned.line.right for positioned in run)
                for positioned in run:
                    positioned.right_edge = edge
            elif _is_stanza(run):
                stanzas[start + first] = start + last
        start = index
    return stanzas


def _may_continue_stanza(above: PositionedLine, below: PositionedLine, gaps: dict[float, float]) -> bool:
    line = below.line
    distance = above.line.baseline - line.baseline
    return (
        above.column == below.column
        and above.line.kind is None
        and line.kind is None
        and not (above.line.is_standalone or line.is_standalone)
        and not is_other_size(above.line, line)
        and above.line.is_bold == line.is_bold
        and line.font_size / 3
        <= distance
        <= PARAGRAPH_GAP * gaps.get(round(line.font_size), DEFAULT_GAP * line.font_size)
        and len(line.text) <= MAX_VERSE_CHARACTERS
        and not labels.is_bullet(line.text)
        and not labels.is_numbered(line.text)
    )


def _starts_with_capitals(lines: Sequence[PositionedLine]) -> bool:
    """Return True if nearly every line begins with a capital, as in a book of verse, where no line is full."""
    capitals = sum(1 for positioned in lines if positioned.line.text[:1].isupper())
    return len(lines) >= MIN_CAPITAL_LINES and capitals >= VERSE_CAPITAL_SHARE * len(lines)


def _early_runs(lines: Sequence[PositionedLine]) -> Iterator[tuple[int, int]]:
    """Yield where most lines, one after the other, end early."""
    early = [ended_early(above, below) for above, below in pairwise(lines)]
    start = 0
    while start < len(early):
        if not all(early[start : start + MIN_VERSE_LINES - 1]) or start + MIN_VERSE_LINES - 1 > len(early):
            start += 1
            continue
        end = start
        while end < len(early) and (early[end] or (all(early[end + 1 : end + 3]) and end + 2 < len(early))):
            end += 1
        if sum(early[start:end]) >= MIN_EARLY_SHARE * (end - start):
            yield start, end + 1
        start = end + 1


def _is_narrower_text(lines: Sequence[PositionedLine]) -> bool:
    """Return True for lines that are full up to an edge of their own: a quotation, or text around a picture."""
    edge = max(positioned.line.right for positioned in lines)
    left = min(positioned.line.left for positioned in lines)
    column_width = lines[0].column_edge - lines[0].left_edge
    early = sum(1 for above, below in pairwise(lines) if ended_early(above, below, edge))
    capitals = sum(1 for positioned in lines if positioned.line.text[:1].isupper())
    return (
        edge - left > MIN_TEXT_WIDTH * column_width
        and early < MIN_RAGGED_SHARE * (len(lines) - 1)
        and capitals < MIN_CAPITAL_SHARE * len(lines)
    )


def _is_stanza(lines: Sequence[PositionedLine]) -> bool:
    texts = [positioned.line.text for positioned in lines]
    if len(texts) < MIN_VERSE_LINES or len(texts[0]) > MAX_VERSE_CHARACTERS:
        return False
    with_digits = sum(1 for text in texts if any(map(str.isdecimal, text)))
    sentences = sum(map(ends_sentence, texts[:-1]))
    return (
        sentences <= MAX_SENTENCE_SHARE * (len(texts) - 1)
        and (with_digits <= MAX_SHARE_WITH_DIGITS * len(texts) or with_digits < len(texts) <= MAX_ADDRESS_LINES)
        and not any(text.endswith(("-", "\ufffe")) for text in texts)
        and any(" " in text for text in texts)
    )


def _is_address(lines: Sequence[PositionedLine]) -> bool:
    return any(character.isdecimal() or character == "@" for positioned in lines for character in positioned.line.text)
