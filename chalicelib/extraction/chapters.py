"""Chapter detection: from the document's own outline, otherwise from headings that look like chapters."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from chalicelib.extraction.model import BlockKind, ChapterSpan
from chalicelib.extraction.running_text import PARAGRAPH_BREAK, OutlineEntry, Paragraph, RunningText

LARGE_TYPE = 1.15  # times the body's font size, and above: a heading
MAX_HEADING_CHARACTERS = 120
MAX_TITLE_CHARACTERS = 200  # of an outline entry
MAX_SEARCHED_PARAGRAPHS = 1_000  # of one page, for a heading; a printed page has a hundred lines
MAX_LEVEL = 6  # of a heading
MAX_CHAPTERS = 500  # more are not chapters, but every numbered line

# "Chapter 7", "Part II", "Kapitel 3: Das Meer"
_NAMED_HEADING = re.compile(
    r"(?:chapter|part|book|appendix|prologue|epilogue|introduction"
    r"|kapitel|teil|anhang|chapitre|partie|capítulo|parte|capitolo)"
    r"(?:\s+(?:\d{1,3}|[ivxlcdm]{1,7}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z])\b.{0,80})?",
    re.IGNORECASE,
)
_PART = re.compile(r"(?:part|book|teil|buch|partie|livre|parte|libro|deel|livro)\b", re.IGNORECASE)
_NON_LETTERS = re.compile(r"[\W\d_]+")


def detect_chapters(
    running_text: RunningText, outline: Sequence[OutlineEntry], body_font_size: float
) -> tuple[ChapterSpan, ...]:
    """Return the chapters in order, each from its heading to the next."""
    titles = _from_outline(running_text, outline) or _from_headings(running_text, body_font_size)
    starts = sorted(titles)
    ends = [*starts, len(running_text.text)][1:]
    return tuple(ChapterSpan(titles[start], start, end) for start, end in zip(starts, ends, strict=True) if end > start)


# ---- by the outline ----


def mark_headings(running_text: RunningText, outline: Sequence[OutlineEntry]) -> None:
    """Mark the paragraphs with the titles of outline entries as headings of their levels."""
    candidates_by_page = _candidates_by_page(running_text, {entry.page_index for entry in outline})
    levels: dict[int, int] = {}
    for entry in outline:
        title = _letters(entry.title)
        for paragraph, letters in candidates_by_page.get(entry.page_index, ()) if title else ():
            if letters == title and paragraph.kind in (BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.LIST_ITEM):
                levels.setdefault(paragraph.start, min(entry.level + 1, MAX_LEVEL))
                break
    if levels:
        running_text.paragraphs = [
            replace(paragraph, kind=BlockKind.HEADING, level=levels[paragraph.start])
            if paragraph.start in levels
            else paragraph
            for paragraph in running_text.paragraphs
        ]


def _from_outline(running_text: RunningText, outline: Sequence[OutlineEntry]) -> dict[int, str]:
    """Return titles by offset, from the first level with more than one entry.

    A lone top entry is the book's title. If that level holds the parts of a book, the chapters inside a part count as well.
    """
    entry_counts = Counter(entry.level for entry in outline)
    chapter_level = next((level for level in sorted(entry_counts) if entry_counts[level] > 1), None)
    candidates_by_page = _candidates_by_page(running_text, {entry.page_index for entry in outline})
    titles: dict[int, str] = {}
    is_in_part = False
    for entry in outline:
        if entry.level == chapter_level:
            is_in_part = _PART.match(entry.title) is not None
        elif not (is_in_part and chapter_level is not None and entry.level == chapter_level + 1):
            continue
        if entry.page_index < len(running_text.page_starts):
            candidates = candidates_by_page.get(entry.page_index, [])
            start = _heading_offset(candidates, entry, running_text.page_starts[entry.page_index])
            if start < len(running_text.text) and len(titles) < MAX_CHAPTERS:
                titles.setdefault(start, entry.title[:MAX_TITLE_CHARACTERS])
    return titles


def _candidates_by_page(running_text: RunningText, page_indices: set[int]) -> dict[int, list[tuple[Paragraph, str]]]:
    """Return the first paragraphs of each of these pages, with the letters that they open with."""
    candidates: dict[int, list[tuple[Paragraph, str]]] = {page_index: [] for page_index in page_indices}
    for paragraph in running_text.paragraphs:
        on_page = candidates.get(paragraph.page_index)
        if on_page is not None and len(on_page) < MAX_SEARCHED_PARAGRAPHS:
            end = min(paragraph.end, paragraph.start + MAX_TITLE_CHARACTERS)
            on_page.append((paragraph, _letters(running_text.text[paragraph.start : end])))
    return candidates


def _heading_offset(candidates: list[tuple[Paragraph, str]], entry: OutlineEntry, page_start: int) -> int:
    """Return where the entry's heading starts.

    It is the paragraph with its title on its page, otherwise the first one below its target, otherwise the top of the page.
    """
    title = _letters(entry.title)
    for paragraph, letters in candidates if title else ():
        if letters and (
            letters == title or (_is_short(paragraph) and (letters.startswith(title) or letters.endswith(title)))
        ):
            return paragraph.start
    if entry.baseline is not None:
        return min(
            (paragraph.start for paragraph, _ in candidates if paragraph.baseline <= entry.baseline), default=page_start
        )
    return page_start


def _letters(text: str) -> str:
    return _NON_LETTERS.sub("", text).casefold()


def _is_short(paragraph: Paragraph) -> bool:
    return paragraph.end - paragraph.start <= MAX_HEADING_CHARACTERS


# ---- by headings ----


def _from_headings(running_text: RunningText, body_font_size: float) -> dict[int, str]:
    short = [paragraph for paragraph in running_text.paragraphs if _is_short(paragraph)]
    chapter_words = [paragraph for paragraph in short if _NAMED_HEADING.fullmatch(_text(running_text, paragraph))]
    large = [paragraph for paragraph in short if paragraph.font_size >= LARGE_TYPE * body_font_size]
    for headings in (chapter_words, _largest_that_repeats(large)):
        titles = _titles(running_text, headings)
        if 2 <= len(titles) <= MAX_CHAPTERS:
            return titles
    return {}


def _largest_that_repeats(large: list[Paragraph]) -> list[Paragraph]:
    """Return the headings of the top level. A book's own title is larger, but occurs only once."""
    size_counts = Counter(round(paragraph.font_size) for paragraph in large)
    top_size = max((size for size, count in size_counts.items() if count > 1), default=None)
    return [paragraph for paragraph in large if round(paragraph.font_size) == top_size]


def _titles(running_text: RunningText, headings: list[Paragraph]) -> dict[int, str]:
    """Return titles by offset.

    Of a heading that occurs twice (in a table of contents, then in the text) the last one counts. Adjacent headings are
    joined into one title.
    """
    last_by_letters = {
        _letters(_text(running_text, heading)) or _text(running_text, heading): heading for heading in headings
    }
    last_by_text = {_text(running_text, heading).casefold(): heading for heading in headings}
    last_headings = {heading.start: heading for heading in (*last_by_letters.values(), *last_by_text.values())}
    titles: dict[int, str] = {}
    title_start = end = -1
    for _, heading in sorted(last_headings.items()):
        if titles and heading.start <= end + len(PARAGRAPH_BREAK):
            title = f"{titles[title_start]} {_text(running_text, heading)}"
            titles[title_start] = title[:MAX_TITLE_CHARACTERS]
        else:
            title_start = heading.start
            titles[title_start] = _text(running_text, heading)
        end = heading.end
    return titles


def _text(running_text: RunningText, paragraph: Paragraph) -> str:
    return running_text.text[paragraph.start : paragraph.end]
