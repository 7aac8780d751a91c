"""Inline content: pieces of raw text as the cleaned text of one block, with the offsets of its spans."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from unicodedata import category, is_normalized

from chalicelib.extraction import addresses
from chalicelib.extraction.cleanup import readable_text
from chalicelib.extraction.display.recorder import SOURCE_PREFIX
from chalicelib.extraction.model import TextSpan
from chalicelib.formats.normalization import to_nfc

LINE_BREAK = "\u2028"  # in raw text, where line feeds are spaces: divides lines, as <br> does
CODE = "code"
EMPHASIS = "emphasis"
FORMULA = "formula"
URL = "url"
CITATION = "citation"
LANGUAGE_PREFIX = "language:"
INITIAL = "initial"  # of a piece that is the initial of a word, as a picture; no span
TAB_WIDTH = 4  # spaces

_CONJOINING_JAMO = range(0x1160, 0x1200)  # Hangul vowels and finals, which join the letter before them


class NoteMark(NamedTuple):
    """Mark of a note as it is shown. `note` is the name of the note that it opens, empty at the beginning of the note itself."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """Raw text, and the kinds of the spans that cover it. The text of a formula is its token in the BlockBuilder.

    `link` is where the text leads to: an address, or "#" and the name of an anchor. A piece with an `anchor`, which names its
    place, or with a `note_mark` has no text: neither is read.
    """

    text: str
    kinds: tuple[str, ...] = ()
    link: str = ""
    anchor: str = ""
    note_mark: NoteMark | None = None

    @property
    def is_mark(self) -> bool:
        return bool(self.anchor) or self.note_mark is not None


@dataclass(frozen=True, slots=True)
class Inline:
    """Text of a block, with spans in order, and the addresses that are in it only by their hosts."""

    text: str
    spans: tuple[TextSpan, ...] = ()
    addresses: tuple[str, ...] = ()


class Coverage:
    """Ranges of a text that spans cover."""

    def __init__(self, spans: Iterable[TextSpan]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for span in sorted(spans, key=lambda span: span.start):
            if self._ends and span.start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], span.end)
            else:
                self._starts.append(span.start)
                self._ends.append(span.end)

    def overlaps(self, start: int, end: int) -> bool:
        """Return whether a range shares a character with a span."""
        index = bisect_left(self._starts, end) - 1
        return index >= 0 and self._ends[index] > start


def clean(pieces: Iterable[Piece], *, separator: str = "\n") -> Inline:
    """Return the pieces as cleaned lines, which are parted by `separator`. Empty lines are dropped.

    The text is what `clean_line` returns for each line: in NFC, printable, with single spaces, and without the paths of
    addresses, except in code.
    """
    texts: list[str] = []
    spans: list[TextSpan] = []
    long_addresses: list[str] = []
    length = 0
    for line in map(_clean_line, _lines(pieces)):
        if line.text:
            start = length + len(separator) * bool(texts)
            texts.append(line.text)
            spans += [TextSpan(span.kind, span.start + start, span.end + start) for span in line.spans]
            long_addresses += line.addresses
            length = start + len(line.text)
    return Inline(separator.join(texts), _merge(spans), tuple(long_addresses))


def clean_code(text: str) -> str:
    """Return code with its indentation: readable characters, no blank lines, and nothing before the first line."""
    lines = [
        to_nfc(readable_text(line.expandtabs(TAB_WIDTH), keeps_spaces=True)).rstrip()
        for line in text.replace("\r", "\n").replace(LINE_BREAK, "\n").split("\n")
    ]
    lines = [line for line in lines if line]
    indent = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    return to_nfc("\n".join(line[indent:] for line in lines)).strip()


def paragraphs(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield the pieces between two or more line breaks."""
    paragraph: list[Piece] = []
    breaks: list[Piece] = []
    marks: list[Piece] = []  # behind the breaks
    for piece in pieces:
        if piece.text == LINE_BREAK:
            breaks.append(piece)
        elif breaks and not piece.text.strip():
            marks += [piece] if piece.is_mark else []
        else:
            if len(breaks) > 1:
                yield paragraph
                paragraph = []
            elif breaks:
                paragraph += breaks
            paragraph += [*marks, piece]
            breaks, marks = [], []
    yield paragraph + marks


def is_formula(pieces: Sequence[Piece]) -> bool:
    """Return whether nothing but formulas and punctuation is in a block."""
    others = "".join(piece.text for piece in pieces if FORMULA not in piece.kinds)
    return any(FORMULA in piece.kinds for piece in pieces) and not others.strip(" \t\n.,;:()0123456789" + LINE_BREAK)


def clip(inline: Inline, limit: int) -> Inline:
    """Return the first `limit` characters, with what is left of the spans."""
    if len(inline.text) <= limit:
        return inline
    spans = (replace(span, end=min(span.end, limit)) for span in inline.spans if span.start < limit)
    return replace(inline, text=inline.text[:limit], spans=tuple(spans))


def _lines(pieces: Iterable[Piece]) -> list[list[Piece]]:
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        if LINE_BREAK not in piece.text:
            lines[-1].append(piece)
            continue
        first, *others = piece.text.split(LINE_BREAK)
        lines[-1].append(Piece(first, piece.kinds))
        lines += [[Piece(other, piece.kinds)] for other in others]
    return lines


def _clean_line(pieces: Sequence[Piece]) -> Inline:
    texts: list[str] = []
    spans: list[TextSpan] = []
    length = 0
    is_apart = False
    for text, kinds in _composed(pieces):
        core = text.strip()
        is_apart |= text[:1] == " "
        if not core:
            continue
        if texts and is_apart:
            texts.append(" ")
            length += 1
        texts.append(core)
        spans += [TextSpan(kind, length, length + len(core)) for kind in kinds if kind != INITIAL]
        length += len(core)
        is_apart = text.endswith(" ")
    line = "".join(texts)
    if not is_normalized("NFC", line):  # letters that join across pieces; what is marked in them is unclear
        return Inline(to_nfc(line), _sources_in_nfc(line, spans))
    return _shorten_addresses(Inline(line, tuple(spans)))


def _sources_in_nfc(line: str, spans: Sequence[TextSpan]) -> tuple[TextSpan, ...]:
    """Return the spans of sources in the normalized line. A letter that is joined of two belongs to the second."""

    def moved(offset: int) -> int:
        return len(to_nfc(line[:offset]))

    return tuple(
        replace(span, start=moved(span.start), end=moved(span.end))
        for span in spans
        if span.kind.startswith(SOURCE_PREFIX)
    )


def _composed(pieces: Sequence[Piece]) -> list[tuple[str, tuple[str, ...]]]:
    """Return readable texts in NFC. A piece that begins inside a letter belongs to the piece before it."""
    groups: list[tuple[list[str], tuple[str, ...]]] = []
    for piece in pieces:
        text = piece.text if FORMULA in piece.kinds else readable_text(piece.text)
        if text and groups and _joins(text[0]):
            groups[-1][0].append(text)
        elif text:
            groups.append(([text], piece.kinds))
    return [(to_nfc("".join(texts)), kinds) for texts, kinds in groups]


def _joins(character: str) -> bool:
    return ord(character) in _CONJOINING_JAMO or (not character.isascii() and category(character).startswith("M"))


def _shorten_addresses(line: Inline) -> Inline:
    """Return the line with its addresses reduced to their hosts, and a span for each."""
    code = Coverage(span for span in line.spans if span.kind == CODE)
    edits = [address for address in addresses.find(line.text) if not code.overlaps(address.start, address.end)]
    if not edits:
        return line
    offsets = addresses.Offsets(edits)
    spans = [replace(span, start=offsets.moved(span.start), end=offsets.moved(span.end)) for span in line.spans]
    spans += [TextSpan(URL, offsets.moved(edit.start), offsets.moved(edit.end)) for edit in edits]
    long_addresses = tuple(line.text[edit.start : edit.end] for edit in edits if edit.is_shortened)
    return Inline(addresses.shorten(line.text, edits), tuple(spans), long_addresses)


def _merge(spans: list[TextSpan]) -> tuple[TextSpan, ...]:
    """Return the spans in order, adjacent ones of a kind as one. Emphasis and languages also extend over a space."""
    merged: list[TextSpan] = []
    last: dict[str, int] = {}
    for span in sorted(spans, key=lambda span: (span.start, -span.end, span.kind)):
        if span.end <= span.start:
            continue
        gap = 1 if span.kind == EMPHASIS or span.kind.startswith(LANGUAGE_PREFIX) else 0
        index = last.get(span.kind)
        if index is not None and span.kind != URL and span.start <= merged[index].end + gap:
            merged[index] = replace(merged[index], end=max(merged[index].end, span.end))
        else:
            last[span.kind] = len(merged)
            merged.append(span)
    return tuple(merged)
