"""Scene breaks: lines of asterisks, tildes or other ornaments between two paragraphs."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.pdf.layout import Line, Page

SCENE_BREAK_TEXT = "* * *"
MAX_RULE_CHARACTERS = 24  # of underscores: longer ones are the blanks of a form
PLAIN_TEXT_SIZE = 1.0  # font size of plain text, in which a rule is drawn with underscores

_ORNAMENT = re.compile(r"[*~#⁂❦❧☙✻✽❋※◆◇■=+•·∗—–_-](?:\s?[*~#⁂❦❧☙✻✽❋※◆◇■=+•·∗—–_-]){0,79}")
_RULE = re.compile(r"[_\s]+")
_SINGLE_ORNAMENTS = frozenset("*~#⁂❦❧☙✻✽❋※—")


def mark_scene_breaks(pages: Sequence[Page]) -> list[Page]:
    """Return the same pages with ornaments between paragraphs in one form."""
    return [_mark_page(page) if any(is_ornament(line.text) for line in page.lines) else page for page in pages]


def is_ornament(text: str) -> bool:
    """Return True if nothing but ornaments is in the line: one of a few signs, or several."""
    if text[:1].isalnum():
        return False
    return _ORNAMENT.fullmatch(text) is not None and (len(text) > 1 or text in _SINGLE_ORNAMENTS)


def _mark_page(page: Page) -> Page:
    lines_at_height = Counter(round(line.baseline) for line in page.lines)
    rules = sum(1 for line in page.lines if _RULE.fullmatch(line.text))
    lines: list[Line] = []
    for line in page.lines:
        # Others are marked already, or are bullets and signs in a table.
        if line.kind is not None or lines_at_height[round(line.baseline)] > 1 or not is_ornament(line.text):
            lines.append(line)
        elif _RULE.fullmatch(line.text) and not _divides(line, rules):
            lines.append(replace(line, is_standalone=True))  # the blank of a form
        else:
            lines.append(_scene_break(line))
    return replace(page, lines=tuple(lines))


def _divides(rule: Line, rules: int) -> bool:
    """Return True if underscores are a line between paragraphs. On a printed page, several are blanks of a form."""
    return len(rule.text) <= MAX_RULE_CHARACTERS and (rule.font_size == PLAIN_TEXT_SIZE or rules == 1)


def _scene_break(line: Line) -> Line:
    return replace(line, text=SCENE_BREAK_TEXT, cells=(), kind=BlockKind.SCENE_BREAK, is_standalone=True)
