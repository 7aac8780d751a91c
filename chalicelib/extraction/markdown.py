"""Markdown → blocks: rendered to HTML, then extracted as a page."""

import re
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path

from chalicelib.extraction import html, markdown_dialects, mdx, table_text
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.html_parser import parse_body
from chalicelib.formats import markup_depth
from chalicelib.formats.charset import decode_text

_FRONT_MATTER = re.compile(
    r"\A(---|\+\+\+)[ \t]*\n(?=[ \t]*(?:#|[\w\"'-]+[ \t]*[:=])).*?\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL
)
# A footnote's definition, and the indented lines that continue it.
_FOOTNOTE = re.compile(r"^ {0,3}\[\^[^\]\s]{1,50}\]:(.*(?:\n(?: {4}|\t).*|\n(?=\n(?: {4}|\t)))*)", re.MULTILINE)
_INDENT = re.compile(r"^(?: {4}|\t)", re.MULTILINE)


def extract(path: Path, limit: int) -> BlockBuilder:
    """Return the text of CommonMark with tables and common dialects. Front matter is left out."""
    from markdown_it import MarkdownIt

    source = decode_text(path.read_bytes())
    content = source[:limit].replace("\r\n", "\n")
    builder = BlockBuilder(limit)
    content = _without_front_matter(content, builder)
    has_components = mdx.is_mdx(content)
    content = _without_rows_of_large_tables(mdx.with_module_code(content))
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    markdown_dialects.enable(parser)
    if has_components:
        mdx.enable(parser)
    page = parser.render(_with_footnotes(content))
    if markup_depth.is_too_complex(page.encode("utf-8", "replace")):  # by its HTML, which is read as text then
        parser.options["html"] = False
        page = parser.render(content)
    body = parse_body(markdown_dialects.without_marks(page))
    if body is not None:
        html.extract_page(body, builder)
    if len(source) > limit:
        builder.limit = 0
    return builder


def _without_front_matter(content: str, builder: BlockBuilder) -> str:
    match = _FRONT_MATTER.match(content)
    if match is None:
        return content
    for line in match[0].splitlines()[1:-1]:
        builder.leave_out("front_matter", "metadata", line)
    return content[match.end() :]


def _with_footnotes(content: str) -> str:
    return _FOOTNOTE.sub(lambda note: markdown_dialects.footnote(_INDENT.sub("", note[1])), content)


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
        cells = list(accumulate(row.strip(" |").count("|") + 1 for row in rows))
        if cells and cells[-1] > table_text.MAX_CELLS and not table_text.is_layout(cells[-1], sum(map(len, rows))):
            kept_count = bisect_right(cells, table_text.MAX_CELLS) + 1
            rows = [*rows[:kept_count], f"| {table_text.OMITTED_ROWS}{max(len(rows) - kept_count, 0)} |"]
        kept += rows
        index = end
    return "\n".join(kept)


def _is_delimiter_row(line: str) -> bool:
    return "-" in line and "|" in line and not line.strip("|-: \t")
