"""Footnotes on printed pages: small type at the foot of a page or column, that starts with a mark."""

import re
from collections.abc import Sequence
from dataclasses import replace

from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.pdf.layout import Line, Page, body_font_size

SMALL_TYPE = 0.93  # times the body's font size, and below: footnotes are set in it
MAX_JUDGED_NOTES = 200  # of a page, each of which is compared with its text

_LABEL = re.compile(r"\d{1,3}|[*†‡§]")


def mark_footnotes(pages: Sequence[Page]) -> list[Page]:
    """Return the same pages with the lines of footnotes marked and behind the others."""
    body_size = body_font_size(pages)
    marked: list[Page] = []
    note_size = 0.0
    for page in pages:
        notes = _find_footnotes(page.lines, body_size, note_size)
        if notes:
            note_size = page.lines[min(notes)].font_size
            body = [line for index, line in enumerate(page.lines) if index not in notes]
            note_lines = [_as_footnote(page.lines[index]) for index in sorted(notes)]
            marked.append(replace(page, lines=(*body, *note_lines)))
        else:
            note_size = 0.0
            marked.append(page)
    return marked


def _as_footnote(line: Line) -> Line:
    return replace(line, kind=BlockKind.FOOTNOTE, has_footnote_mark=line.has_footnote_mark or bool(_label(line.text)))


def _find_footnotes(lines: Sequence[Line], body_size: float, note_size: float) -> set[int]:
    """Return the indices of the lines of footnotes. A mark is superscript, or it is cited in the text above.

    A page may begin with the rest of a footnote of the page before, which has the size `note_size`.
    """
    is_small = [line.font_size <= SMALL_TYPE * body_size for line in lines]
    body = [line for line, small in zip(lines, is_small, strict=True) if not small]
    if not body:
        return set()
    cited_marks = {mark for line in lines for mark in line.footnote_marks}
    notes: set[int] = set()
    judged = 0
    for start, first in enumerate(lines):
        if start in notes or not is_small[start] or judged >= MAX_JUDGED_NOTES:
            continue
        is_footnote = first.has_footnote_mark or _label(first.text) in cited_marks
        continues = note_size > 0 and abs(first.font_size - note_size) < 0.2 and not first.text[:1].isupper()
        judged += is_footnote or continues
        if (is_footnote or continues) and _is_below(first, body):
            for index in range(start, len(lines)):
                if not is_small[index] or lines[index].baseline > first.baseline:
                    break
                notes.add(index)
    return notes


def _is_below(note: Line, body: Sequence[Line]) -> bool:
    """Return True if no text of the body is below the note in its column."""
    return not any(
        line.baseline <= note.baseline and line.left < note.right and line.right > note.left for line in body
    )


def _label(text: str) -> str:
    label = _LABEL.match(text)
    return label.group() if label else ""
