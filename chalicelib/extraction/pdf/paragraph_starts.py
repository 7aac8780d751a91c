"""Starts of paragraphs: by space above, by an indent, by another font size, or only by a short last line.

All four are checked, because each publisher prefers another. The end of a page or column is none of them: the paragraph
continues.
"""

import re

from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.pdf import labels
from chalicelib.extraction.pdf.positions import MIXED_SIZE, PositionedLine, is_other_size

PARAGRAPH_GAP = 1.18  # times the usual line gap of this font size; LaTeX stretches its paragraph gaps to 1.2 at least
DEFAULT_GAP = 1.5  # times the font size, if a font size is too rare to have a usual line gap
MAX_LINE_DISTANCE = 2.0  # times the font size: from there on, a sentence does not go on
INDENT = 0.8  # times the font size

HYPHENS = ("\ufffe", "-", "\u2010")  # pdfium's character for a hyphen at the end of a line, and printed ones
_SENTENCE_END = re.compile(r"[.!?…:;。！？][\"'”’»)\]」』]*$")
_CAPITAL_START = re.compile(r"[\"'“‘«(\[]*[A-Z\d]")
IDEOGRAPH = re.compile(r"[\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]")


def starts_paragraph(
    before: PositionedLine,
    current: PositionedLine,
    after: PositionedLine | None,
    first: PositionedLine,
    gaps: dict[float, float],
) -> bool:
    """Return True if `current` starts a paragraph. `first` is the first line of the paragraph that `before` is in."""
    above, line = before.line, current.line
    if above.is_standalone or line.is_standalone or above.kind != line.kind:
        return True
    if line.kind == BlockKind.CODE:
        return before.column != current.column
    if line.kind == BlockKind.FOOTNOTE and line.has_footnote_mark:
        return True
    if before.column == current.column and abs(above.baseline - line.baseline) < line.font_size / 3:
        return False  # fragments of one row
    if labels.is_bullet(line.text) or labels.follows(first.line.text, line.text):
        return True
    if labels.list_number(line.text) == 1 and ends_sentence(above.text):
        return True
    below = after.line if after is not None and after.column == current.column else None
    indent = INDENT * line.font_size
    has_ended = ended_early(before, current)
    if is_other_size(above, line) and (
        has_ended or is_other_size(above, line, MIXED_SIZE) or ends_sentence(above.text)
    ):
        return True
    if before.column != current.column:
        if below is not None and line.left - below.left > indent:
            return True
        return has_ended and (ends_sentence(above.text) or _looks_like_start(line.text))
    distance = above.baseline - line.baseline
    if distance > PARAGRAPH_GAP * gaps.get(round(line.font_size), DEFAULT_GAP * line.font_size):
        # An abstract may be set wider than the text of its size: its sentence goes on.
        goes_on = not has_ended and line.text[:1].islower() and not ends_sentence(above.text)
        return not goes_on or distance > MAX_LINE_DISTANCE * line.font_size
    if above.is_bold != line.is_bold and has_ended and not _ends_clause(above.text):
        return True
    if line.left - above.left > indent:
        following = after if below is not None else None
        return _indent_starts_paragraph(before, current, following, has_ended=has_ended)
    if above.left - line.left > indent and before is not first:
        is_next_entry = abs(first.line.left - line.left) < indent / 2  # of a list with hanging indents
        return is_next_entry or ends_sentence(above.text)
    return has_ended and (ends_sentence(above.text) or _looks_like_start(line.text))


def _indent_starts_paragraph(
    before: PositionedLine, current: PositionedLine, after: PositionedLine | None, *, has_ended: bool
) -> bool:
    """Return True if a line indented further than the one above starts a paragraph.

    Otherwise it continues a list entry with a hanging indent.
    """
    if labels.is_bullet(before.line.text) or labels.is_numbered(before.line.text):
        return has_ended and ends_sentence(before.line.text)
    if after is None:
        return has_ended or ends_sentence(before.line.text)
    is_indented_alone = current.line.left - after.line.left > INDENT * current.line.font_size
    return has_ended or (is_indented_alone and not ended_early(current, after))


def ended_early(before: PositionedLine, current: PositionedLine, edge: float | None = None) -> bool:
    """Return True if the first word of `current` would have fitted into the line above, which might end at `edge`."""
    if before.line.text.endswith(HYPHENS):
        return False
    line = current.line
    character_width = (line.right - line.left) / max(len(line.text), 1)
    word_length = 1 if IDEOGRAPH.match(line.text) else len(line.text.split(" ", 1)[0])
    right_edge = before.right_edge if edge is None else edge
    return right_edge - before.line.right > (word_length + 1.5) * character_width


def ends_sentence(text: str) -> bool:
    """Return True if the text ends with the punctuation of a sentence, or of an introduction to what follows."""
    return _SENTENCE_END.search(text) is not None


def _ends_clause(text: str) -> bool:
    return text.endswith((",", *HYPHENS))


def _looks_like_start(text: str) -> bool:
    return _CAPITAL_START.match(text) is not None or labels.is_numbered(text)
