"""HTML → script: the text of a page without what a browser shows around it."""

import re
from pathlib import Path
from typing import Any

from chalicelib.extraction.blocks import Script
from chalicelib.extraction.charset import decode
from chalicelib.extraction.cleanup import raised
from chalicelib.extraction.placeholders import Notice

ARTICLE_SHARE = 0.6  # of a page's text; an article with less is one of several

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DROPPED = frozenset({
    "nav", "footer", "aside", "script", "style", "form", "template", "noscript", "iframe", "object", "embed",
    "canvas", "svg", "audio", "video", "dialog", "rp", "rt", "button", "select", "textarea", "map", "datalist",
    "annotation", "annotation-xml", "del",
})  # fmt: skip
_DROPPED_ROLES = frozenset({
    "navigation", "contentinfo", "search", "complementary", "doc-noteref", "doc-footnote", "doc-endnote",
    "doc-endnotes", "doc-pagebreak", "doc-pagelist", "doc-toc", "doc-backlink",
})  # fmt: skip
# What EPUB calls the same.
_DROPPED_KINDS = frozenset({
    "noteref", "footnote", "footnotes", "endnote", "endnotes", "rearnote", "rearnotes", "pagebreak", "page-list",
    "toc", "landmarks", "backlink",
})  # fmt: skip
_NOTES = re.compile(r"(?:^|[\s_-])(?:foot|end)-?notes?(?:$|[\s_-])", re.IGNORECASE)  # among an element's classes
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NOTE_LINK = re.compile(r"\s*(?:[\[(]\s*(?:\d{1,3}|[a-z]|[*†‡§¶])\s*[\])]|[*†‡§¶↩↑^\ufe0e]{1,3}|\d{1,3})\s*")
_BLOCKS = frozenset({
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "header", "hgroup", "hr", "legend", "li", "main", "menu", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_NO_GRID = ", ".join((*_HEADINGS, "ul", "ol", "dl", "blockquote", "pre", "form"))  # these lay a page out
_XHTML = re.compile(r"\s*(?:<\?xml|<!doctype[^>]*xhtml|<html[^>]*1999/xhtml)", re.IGNORECASE)
_SELF_CLOSED = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)([a-z][\w:-]*)((?:\s[^<>]*)?)/>",
    re.IGNORECASE,
)

_BREAK = "\u2028"  # in place of <br>: no line break of the source, which is a space
_BREAKS = re.compile(rf"(?:{_BREAK}\s*){{2,}}")

Node = Any  # of selectolax, loaded when it is needed


def read(path: Path, limit: int) -> Script:
    """The article of a page, else its main part, else all of it."""
    script = Script(limit)
    body = parse(decode(path.read_bytes()))
    if body is not None:
        Walk(script).over(_main_part(body))
    return script


def parse(markup: str, *, is_xhtml: bool = False) -> Node:
    """The body of a page, or None. Elements that XHTML lets close themselves are closed, which HTML knows nothing of."""
    from selectolax.lexbor import LexborHTMLParser

    if is_xhtml or _XHTML.match(markup):
        markup = _SELF_CLOSED.sub(r"<\1\2></\1>", markup)
    return LexborHTMLParser(markup).body


def _main_part(body: Node) -> Node:
    main = body.css_first("main, [role=main]")
    around = main or body
    articles = [(len(article.text()), article) for article in around.css("article")]
    if articles:
        length, longest = max(articles, key=lambda each: each[0])
        if length >= ARTICLE_SHARE * len(around.text()):
            return longest
    return around


class Walk:
    """Writes what stands in elements to a script. `places`: which block an element's id stands at."""

    def __init__(self, script: Script) -> None:
        self.places: dict[str, int] = {}
        self._script = script
        self._inline: list[str] = []
        self._heading = 0  # its level, inside one
        self._headers = 0  # open ones: of these, only the headings are read
        self._raised: list[int] = []  # where in `_inline` they begin

    def over(self, root: Node) -> None:
        """All that stands in `root`."""
        above: list[Node] = []
        node = root.first_child
        while (node is not None or above) and not self._script.cut:
            if node is None:
                node = above.pop()
                self._end(node.tag)
            elif self._begin(node):
                above.append(node)
                node = node.first_child
                continue
            node = node.next
        self._flush()

    def _begin(self, node: Node) -> bool:
        """Whether to look inside."""
        tag = node.tag
        if tag == "-text":
            if self._heading or not self._headers:
                self._inline.append(node.text_content)
            return False
        if tag.startswith(("-", "!")) or tag in _DROPPED:
            return False
        named = node.attributes
        if _is_dropped(tag, named):
            return False
        if tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
        for place in (named.get("id"), named.get("name") if tag == "a" else None):
            if place:
                self.places.setdefault(place, len(self._script.blocks))
        return self._open(node, tag, named)

    def _open(self, node: Node, tag: str, named: dict[str, str | None]) -> bool:
        """What an element that is read means for what is in it; whether that is still to be looked at."""
        if tag == "br":
            self._inline.append(_BREAK)
        elif tag == "pre":
            self._script.omit(Notice.CODE)
            return False
        elif tag == "table" and len(node.css("table")) == 1 and node.css_first(_NO_GRID) is None:
            self._table(node)
            return False
        elif tag == "a":
            return not self._is_note_link(node, named.get("href") or "")
        elif tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag == "header":
            self._headers += 1
        elif tag == "sup":
            self._raised.append(len(self._inline))
        return True

    def _end(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._flush()
            self._heading = 0
        elif tag == "sup":
            begin = self._raised.pop() if self._raised else len(self._inline)
            text = "".join(self._inline[begin:])
            self._inline[begin:] = [raised("".join(self._inline[max(0, begin - 3) : begin]), text)]
        elif tag in _BLOCKS:
            self._flush()
        self._headers -= tag == "header"

    def _flush(self) -> None:
        """What stands between the borders of blocks is a paragraph; two line breaks are such a border, too."""
        if self._inline:
            text = "".join(self._inline)
            for paragraph in _BREAKS.split(text) if _BREAK in text else (text,):
                self._script.paragraph(paragraph, level=self._heading)
            self._inline.clear()
            self._raised.clear()

    def _is_note_link(self, link: Node, target: str) -> bool:
        """Whether it is the mark of a note, or the way back from one, rather than a word that leads somewhere."""
        if "#" not in target or not _NOTE_LINK.fullmatch(text := link.text()):
            return False
        before = "".join(self._inline[-2:])
        return (
            not text.strip().isdigit()
            or bool(self._raised)
            or link.css_first("sup") is not None
            or before[-1:].strip() != ""
        )

    def _table(self, table: Node) -> None:
        caption = table.css_first("caption")
        if caption is not None:
            Walk(self._script).over(caption)
        self._script.table([[self._cell(cell) for cell in row.css("td, th")] for row in table.css("tr")])

    def _cell(self, cell: Node) -> str:
        inner = Script(self._script.limit)
        Walk(inner).over(cell)
        return " ".join(block.text for block in inner.blocks)


def _is_dropped(tag: str, named: dict[str, str | None]) -> bool:
    """By what its attributes say of it."""
    if not named:
        return False
    if "hidden" in named or named.get("aria-hidden") == "true" or _INVISIBLE.search(named.get("style") or ""):
        return True
    if not _DROPPED_KINDS.isdisjoint((named.get("epub:type") or "").split()):
        return True
    if not _DROPPED_ROLES.isdisjoint((named.get("role") or "").split()):
        return True
    if tag == "math":
        return named.get("display") == "block"
    return tag in _BLOCKS and _NOTES.search(named.get("class") or "") is not None
