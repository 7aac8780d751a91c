"""Markdown → script: what it says as a page, read as one."""

import re
from pathlib import Path

from chalicelib.extraction import html
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.charset import decode

_FRONT_MATTER = re.compile(
    r"\A(---|\+\+\+)[ \t]*\n(?=[ \t]*(?:#|[\w\"'-]+[ \t]*[:=])).*?\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL
)
# What Markdown itself does not know, but many write: notes, and formulas on lines of their own.
_NOTE = re.compile(r"^ {0,3}\[\^[^\]\s]{1,50}\]:.*(?:\n(?: {4}|\t).*|\n(?=\n(?: {4}|\t)))*", re.MULTILINE)
_NOTE_MARK = re.compile(r"\[\^[^\]\s]{1,50}\]")
_FORMULA = re.compile(r"^ {0,3}\$\$[^$]*\$\$[ \t]*$", re.MULTILINE)


def extract(path: Path, limit: int) -> BlockBuilder:
    """The text of CommonMark with tables, without its front matter, notes and formulas."""
    from markdown_it import MarkdownIt

    whole = decode(path.read_bytes())
    content = whole[:limit].replace("\r\n", "\n")
    for unread in (_FRONT_MATTER, _NOTE, _FORMULA, _NOTE_MARK):
        content = unread.sub("", content)
    script = BlockBuilder(limit)
    body = html.parse_body(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(content))
    if body is not None:
        html.HtmlTextExtractor(script).extract(body)
    if len(whole) > limit:
        script.limit = 0
    return script
