"""Markdown → blocks: rendered to HTML, then extracted as a page."""

import re
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path

from chalicelib.extraction import html, table_text
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.html_parser import parse_body
from chalicelib.formats import markup_depth
from chalicelib.formats.charset import decode_text

_FRONT_MATTER = re.compile(
    r"\A(---|\+\+\+)[ \t]*\n(?=[ \t]*(?:#|[\w\"'-]+[ \t]*[:=])).*?\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL
)
# Common extensions that CommonMark does not define: footnotes, and formulas on lines of their own.
_FOOTNOTE = re.compile(r"^ {0,3}\[\^[^\]\s]{1,50}\]:.*(?:\n(?: {4}|\t).*|\n(?=\n(?: {4}|\t)))*", re.MULTILINE)
_FOOTNOTE_MARK = re.compile(r"\[\^[^\]\s]{1,50}\]")
_FORMULA = re.compile(r"^ {0,3}\$\$[^$]*\$\$[ \t]*$", re.MULTILINE)


def extract(path: Path, limit: int) -> BlockBuilder:
    """Return the text of CommonMark with tables, without front matter, footnotes and formulas."""
    from markdown_it import MarkdownIt

    source = decode_text(path.read_bytes())
    content = source[:limit].replace("\r\n", "\n")
    for unspoken in (_FRONT_MATTER, _FOOTNOTE, _FORMULA, _FOOTNOTE_MARK):
        content = unspoken.sub("", content)
    content = _without_rows_of_large_tables(content)
    builder = BlockBuilder(limit)
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    page = parser.render(content)
    if markup_depth.is_too_complex(page.encode("utf-8", "replace")):  # by its HTML, which is read as text then
        parser.options["html"] = False
        page = parser.render(content)
    body = parse_body(page)
    if body is not None:
        html.extract_page(body, builder)
    if len(source) > limit:
        builder.limit = 0
    return builder


def _without_rows_of_large_tables(content: str) -> str:
    """Shorten tables that are not read aloud anyway: the parser takes 10 µs for each cell."""
    lines = content.split("\n")
    kept: list[str] = []
    index = 0
    while index < len(lines):
        kept.append(lines[index])
        index += 1
        if not (_is_delimiter_row(kept[-1]) and kept[-2:-1] and "|" in kept[-2]):
            continue
        end = index
        while end < len(lines) and lines[end].strip():
            end += 1
        rows = lines[index:end]
        cells = list(accumulate(row.count("|") for row in rows))
        if cells and cells[-1] > table_text.MAX_CELLS and not table_text.is_layout(cells[-1], sum(map(len, rows))):
            rows = rows[: bisect_right(cells, table_text.MAX_CELLS) + 1]
        kept += rows
        index = end
    return "\n".join(kept)


def _is_delimiter_row(line: str) -> bool:
    return "-" in line and "|" in line and not line.strip("|-: \t")
