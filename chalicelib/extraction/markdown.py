"""Markdown → blocks: rendered to HTML, then extracted as a page."""

import re
from pathlib import Path

from chalicelib.extraction import html
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.formats.charset import decode_markup

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

    source = decode_markup(path.read_bytes())
    content = source[:limit].replace("\r\n", "\n")
    for unspoken in (_FRONT_MATTER, _FOOTNOTE, _FORMULA, _FOOTNOTE_MARK):
        content = unspoken.sub("", content)
    builder = BlockBuilder(limit)
    body = html.parse_body(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(content))
    if body is not None:
        html.HtmlTextExtractor(builder).extract(body)
    if len(source) > limit:
        builder.limit = 0
    return builder
