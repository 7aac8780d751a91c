"""Where chapters begin: by the document's own outline, else by headings that look like one."""

import re
from collections import Counter
from collections.abc import Sequence

from chalicelib.extraction.model import ChapterSpan
from chalicelib.extraction.pdf.layout import OutlineEntry
from chalicelib.extraction.pdf.paragraphs import Paragraph, RunningText

LARGE_TYPE = 1.15  # times the body's size, and above: a heading
MAX_HEADING_CHARACTERS = 120  # characters
MAX_TITLE_CHARACTERS = 200  # characters, of an outline's entry
MAX_CHAPTERS = 500  # more are not chapters but every numbered line

# "Chapter 7", "Part II", "Kapitel 3: Das Meer"
_NAMED_HEADING = re.compile(
    r"(?:chapter|part|book|appendix|prologue|epilogue|introduction"
    r"|kapitel|teil|anhang|chapitre|partie|capítulo|parte|capitolo)"
    r"(?:\s+(?:\d{1,3}|[ivxlcdm]{1,7}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z])\b.{0,80})?",
    re.IGNORECASE,
)
_PART = re.compile(r"(?:part|book|teil|buch|partie|livre|parte|libro|deel|livro)\b", re.IGNORECASE)
_NOT_A_LETTER = re.compile(r"[\W\d_]+")


def detect_chapters(flow: RunningText, outline: Sequence[OutlineEntry], body: float) -> tuple[ChapterSpan, ...]:
    """The chapters in order, each from its heading to the next. Without outline and headings there are none."""
    begins = _from_outline(flow, outline) or _from_headings(flow, body)
    starts = sorted(begins)
    ends = [*starts, len(flow.text)][1:]
    return tuple(ChapterSpan(begins[start], start, end) for start, end in zip(starts, ends, strict=True) if end > start)


# ---- by the outline ----


def _from_outline(flow: RunningText, outline: Sequence[OutlineEntry]) -> dict[int, str]:
    """Title by offset, of the first level with more than one entry: a lone top entry is the book's own title.

    The parts of a book are no chapters yet: what stands in one counts as it does.
    """
    levels = Counter(entry.level for entry in outline)
    level = next((level for level in sorted(levels) if levels[level] > 1), None)
    on_sheet: dict[int, list[Paragraph]] = {}
    for paragraph in flow.paragraphs:
        on_sheet.setdefault(paragraph.page_index, []).append(paragraph)
    begins: dict[int, str] = {}
    in_part = False
    for entry in outline:
        if entry.level == level:
            in_part = _PART.match(entry.title) is not None
        elif not (in_part and level is not None and entry.level == level + 1):
            continue
        if entry.page_index < len(flow.page_starts):
            start = _heading_offset(flow, on_sheet.get(entry.page_index, []), entry)
            if start < len(flow.text) and len(begins) < MAX_CHAPTERS:
                begins.setdefault(start, entry.title[:MAX_TITLE_CHARACTERS])
    return begins


def _heading_offset(flow: RunningText, here: list[Paragraph], entry: OutlineEntry) -> int:
    """Where the entry's heading stands: the paragraph with its words on its page; else the first below its mark; else
    the top of the page.
    """
    title = _letters(entry.title)
    for paragraph in here:
        words = _letters(flow.text[paragraph.start : min(paragraph.end, paragraph.start + MAX_TITLE_CHARACTERS)])
        if (
            title
            and words
            and (words == title or (_is_short(paragraph) and (words.startswith(title) or words.endswith(title))))
        ):
            return paragraph.start
    if entry.baseline is not None:
        below = [paragraph.start for paragraph in here if paragraph.baseline <= entry.baseline]
        if below:
            return min(below)
    return flow.page_starts[entry.page_index]


def _letters(text: str) -> str:
    return _NOT_A_LETTER.sub("", text).casefold()


def _is_short(paragraph: Paragraph) -> bool:
    return paragraph.end - paragraph.start <= MAX_HEADING_CHARACTERS


# ---- by headings ----


def _from_headings(flow: RunningText, body: float) -> dict[int, str]:
    short = [paragraph for paragraph in flow.paragraphs if _is_short(paragraph)]
    named = [paragraph for paragraph in short if _NAMED_HEADING.fullmatch(_text(flow, paragraph))]
    large = [paragraph for paragraph in short if paragraph.font_size >= LARGE_TYPE * body]
    for headings in (named, _largest_that_repeats(large)):
        titles = _titles(flow, headings)
        if 2 <= len(titles) <= MAX_CHAPTERS:
            return titles
    return {}


def _largest_that_repeats(large: list[Paragraph]) -> list[Paragraph]:
    """The headings of the top level; a book's own title is larger, but stands alone."""
    sizes = Counter(round(paragraph.font_size) for paragraph in large)
    top = max((size for size, times in sizes.items() if times > 1), default=None)
    return [paragraph for paragraph in large if round(paragraph.font_size) == top]


def _titles(flow: RunningText, headings: list[Paragraph]) -> dict[int, str]:
    """Title by offset. A heading said twice (in a table of contents, then in the text) counts where it is last; two
    in a row are one.
    """
    last_at = {_letters(_text(flow, heading)) or _text(flow, heading): heading for heading in headings}
    by_number = {_text(flow, heading).casefold(): heading for heading in headings}
    kept = sorted(
        {heading.start: heading for heading in (*last_at.values(), *by_number.values())}.values(),
        key=lambda each: each.start,
    )
    titles: dict[int, str] = {}
    end = -1
    for heading in kept:
        if titles and heading.start <= end + 2:
            begun = max(titles)
            titles[begun] = f"{titles[begun]} {_text(flow, heading)}"[:MAX_TITLE_CHARACTERS]
        else:
            titles[heading.start] = _text(flow, heading)
        end = heading.end
    return titles


def _text(flow: RunningText, paragraph: Paragraph) -> str:
    return flow.text[paragraph.start : paragraph.end]
