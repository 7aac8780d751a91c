"""Plain text → lines. A character grid is a layout too: blank lines are gaps, leading spaces are indents, and form feeds
are page ends.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median

from chalicelib.extraction import plain_text_marks
from chalicelib.extraction.cleanup import clean_line
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.pdf import labels, letterspacing
from chalicelib.extraction.pdf.layout import DocumentLayout, Line, Page
from chalicelib.extraction.pdf.paragraph_starts import ends_sentence
from chalicelib.formats.charset import bom_encoding

MAX_WRAPPED_LINE = 120  # characters; longer lines were not wrapped by hand or by a mail program
MIN_MEDIAN_WRAPPED_LINE = 40  # characters
MIN_DIVIDED_WORDS = 2  # at line ends: then the text is wrapped, however short its lines are
TAB_WIDTH = 4  # spaces
BLANK_LINE_ROWS = 3.0  # height of a blank line: a gap that no line spacing has
MAX_VERSE_LINE = 60  # characters
MIN_STANZA_LINES = 2
MAX_STANZA_LINES = 60  # more short lines without a gap are a list
MAX_SENTENCE_SHARE = 0.5  # of the lines of a stanza end a sentence; in a dialogue nearly all do

_CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]|[\x0b\x1c-\x1f]")  # colours of a terminal, other separators
_DIVIDED_WORD = re.compile(r"[^\W\d_]{2}-$")
_UNDERLINE = re.compile(r"=+|-+|~+|\^+|\*+|#+")
_FIELD = re.compile(r"[A-Z][\w-]{0,30}: ?\S")  # of a mail header, or of an address card


def extract(path: Path, limit: int) -> DocumentLayout:
    """Return the lines of at most `limit` characters: UTF-8, or UTF-16 with a byte order mark."""
    content = _load(path, limit)
    cited = plain_text_marks.cited_notes(content)
    lines_by_page = [_lines(page) for page in content.split("\f")]
    is_wrapped = _is_wrapped([line for lines in lines_by_page for line in lines])
    pages = [_page(lines, cited, is_wrapped=is_wrapped) for lines in lines_by_page]
    return DocumentLayout(pages, is_truncated=len(content) >= limit)


def _load(path: Path, limit: int) -> str:
    with path.open("rb") as file:
        encoding = bom_encoding(file.read(3)) or "utf-8-sig"
    with path.open(encoding=encoding, newline=None) as file:
        return file.read(limit)


def _lines(page: str) -> list[str]:
    if _CONTROL_SEQUENCE.search(page):
        page = _CONTROL_SEQUENCE.sub(lambda match: "" if match[0].startswith("\x1b") else " ", page)
    return [line.expandtabs(TAB_WIDTH).rstrip() for line in page.replace("\x00", " ").split("\n")]


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Return True if paragraphs span several lines. Otherwise each line is a paragraph: verse, lists, or text from an
    editor that wraps on screen only.
    """
    pairs = [(line, following) for line, following in pairwise(lines) if line and following]
    lengths = [len(line) for line, _ in pairs]
    if not lengths or max(lengths) > MAX_WRAPPED_LINE:
        return False
    divided = sum(1 for line, following in pairs if _DIVIDED_WORD.search(line) and following.lstrip()[:1].islower())
    return median(lengths) >= MIN_MEDIAN_WRAPPED_LINE or divided >= MIN_DIVIDED_WORDS


def _page(raw_lines: Sequence[str], cited: frozenset[str], *, is_wrapped: bool) -> Page:
    lines: list[Line] = []
    baseline = 0.0
    for group in _groups(raw_lines):
        kind = None if is_wrapped or not _is_stanza(group) else BlockKind.VERSE
        for row, raw_line in enumerate(group):
            is_next = is_wrapped or (kind is not None and row > 0)
            baseline -= 1.0 if is_next else BLANK_LINE_ROWS
            if row and lines and _is_underline(raw_line, group[row - 1]):
                lines[-1] = replace(lines[-1], kind=BlockKind.HEADING, is_standalone=True)
                continue
            line = _line(raw_line, baseline, cited, kind)
            if line is not None and row and line.kind is None and lines and lines[-1].kind == BlockKind.FOOTNOTE:
                line = replace(line, kind=BlockKind.FOOTNOTE)  # a note over several lines
            if line is not None:
                lines.append(line)
        baseline -= BLANK_LINE_ROWS
    return Page(tuple(lines))


def _groups(raw_lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines between blank lines."""
    group: list[str] = []
    for raw_line in (*raw_lines, ""):
        if raw_line:
            group.append(raw_line)
        elif group:
            yield group
            group = []


def _is_stanza(group: Sequence[str]) -> bool:
    """Return True for short lines of which most do not end a sentence, and which are no list, card or heading."""
    if not MIN_STANZA_LINES <= len(group) <= MAX_STANZA_LINES or max(map(len, group)) > MAX_VERSE_LINE:
        return False
    sentences = sum(map(ends_sentence, group[:-1]))
    return sentences <= MAX_SENTENCE_SHARE * (len(group) - 1) and not any(map(_is_no_verse, group))


def _is_no_verse(raw_line: str) -> bool:
    line = raw_line.strip()
    return (
        labels.is_bullet(line)
        or labels.is_numbered(line)
        or _FIELD.match(line) is not None
        or not any(map(str.isalpha, line))
        or line.isupper()
        or line[:1] in "<{[|#"
        or " " not in line
    )


def _is_underline(raw_line: str, above: str) -> bool:
    """Return True if the line only underlines a title."""
    return (
        _UNDERLINE.fullmatch(raw_line.strip()) is not None and abs(len(raw_line) - len(above)) <= 2 and len(above) > 2
    )


def _line(raw_line: str, baseline: float, cited: frozenset[str], kind: BlockKind | None) -> Line | None:
    text = raw_line.strip()
    if letterspacing.is_letterspaced(text):
        text = letterspacing.joined_by_width(text)
    text = clean_line(plain_text_marks.without_marks(text, cited), keeps_addresses=True)
    if not text:
        return None
    indent = float(len(raw_line) - len(raw_line.lstrip(" \u3000")))
    note_kind, text = plain_text_marks.marked_line(text, cited)
    return Line(
        text,
        indent,
        float(len(raw_line)),
        baseline,
        1.0,
        has_footnote_mark=note_kind == BlockKind.FOOTNOTE,
        is_standalone=note_kind == BlockKind.FIGURE,
        kind=note_kind or kind,
    )
