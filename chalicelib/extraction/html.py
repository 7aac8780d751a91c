"""HTML → script: the text of a page without what a browser shows around it."""

import re
from pathlib import Path
from typing import Any

from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.charset import decode
from chalicelib.extraction.cleanup import superscript_text
from chalicelib.extraction.placeholders import Placeholder

MIN_ARTICLE_SHARE = 0.6  # of a page's text; an article with less is one of several

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DROPPED_TAGS = frozenset({
    "nav", "footer", "aside", "script", "style", "form", "template", "noscript", "iframe", "object", "embed",
    "canvas", "svg", "audio", "video", "dialog", "rp", "rt", "button", "select", "textarea", "map", "datalist",
    "annotation", "annotation-xml", "del",
})  # fmt: skip
_DROPPED_ROLES = frozenset({
    "navigation", "contentinfo", "search", "complementary", "doc-noteref", "doc-footnote", "doc-endnote",
    "doc-endnotes", "doc-pagebreak", "doc-pagelist", "doc-toc", "doc-backlink",
})  # fmt: skip
# What EPUB calls the same.
_DROPPED_EPUB_TYPES = frozenset({
    "noteref", "footnote", "footnotes", "endnote", "endnotes", "rearnote", "rearnotes", "pagebreak", "page-list",
    "toc", "landmarks", "backlink",
})  # fmt: skip
_NOTES_CLASS = re.compile(r"(?:^|[\s_-])(?:foot|end)-?notes?(?:$|[\s_-])", re.IGNORECASE)  # among an element's classes
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FOOTNOTE_LINK = re.compile(r"\s*(?:[\[(]\s*(?:\d{1,3}|[a-z]|[*†‡§¶])\s*[\])]|[*†‡§¶↩↑^\ufe0e]{1,3}|\d{1,3})\s*")
_BLOCK_TAGS = frozenset({
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "header", "hgroup", "hr", "legend", "li", "main", "menu", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_LAYOUT_CONTENT = ", ".join((*_HEADINGS, "ul", "ol", "dl", "blockquote", "pre", "form"))  # these lay a page out
_XHTML = re.compile(r"\s*(?:<\?xml|<!doctype[^>]*xhtml|<html[^>]*1999/xhtml)", re.IGNORECASE)
_SELF_CLOSING_TAG = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)([a-z][\w:-]*)((?:\s[^<>]*)?)/>",
    re.IGNORECASE,
)

_BREAK = "\u2028"  # in place of <br>: no line break of the source, which is a space
_BREAKS = re.compile(rf"(?:{_BREAK}\s*){{2,}}")

Node = Any  # of selectolax, loaded when it is needed


def extract(path: Path, limit: int) -> BlockBuilder:
    """The article of a page, else its main part, else all of it."""
    script = BlockBuilder(limit)
    body = parse_body(decode(path.read_bytes()))
    if body is not None:
        HtmlTextExtractor(script).extract(_main_part(body))
    return script


def parse_body(markup: str, *, is_xhtml: bool = False) -> Node:
    """The body of a page, or None. Elements that XHTML lets close themselves are closed, which HTML knows nothing of."""
    from selectolax.lexbor import LexborHTMLParser

    if is_xhtml or _XHTML.match(markup):
        markup = _SELF_CLOSING_TAG.sub(r"<\1\2></\1>", markup)
    return LexborHTMLParser(markup).body


def _main_part(body: Node) -> Node:
    main = body.css_first("main, [role=main]")
    around = main or body
    articles = [(len(article.text()), article) for article in around.css("article")]
    if articles:
        length, longest = max(articles, key=lambda each: each[0])
        if length >= MIN_ARTICLE_SHARE * len(around.text()):
            return longest
    return around


class HtmlTextExtractor:
    """Writes what stands in elements to a script. `places`: which block an element's id stands at."""

    def __init__(self, script: BlockBuilder) -> None:
        self.anchors: dict[str, int] = {}
        self._blocks = script
        self._inline: list[str] = []
        self._heading_level = 0  # its level, inside one
        self._open_headers = 0  # open ones: of these, only the headings are read
        self._superscripts: list[int] = []  # where in `_inline` they begin

    def extract(self, root: Node) -> None:
        """All that stands in `root`."""
        above: list[Node] = []
        node = root.first_child
        while (node is not None or above) and not self._blocks.is_truncated:
            if node is None:
                node = above.pop()
                self._leave(node.tag)
            elif self._enter(node):
                above.append(node)
                node = node.first_child
                continue
            node = node.next
        self._flush()

    def _enter(self, node: Node) -> bool:
        """Whether to look inside."""
        tag = node.tag
        if tag == "-text":
            if self._heading_level or not self._open_headers:
                self._inline.append(node.text_content)
            return False
        if tag.startswith(("-", "!")) or tag in _DROPPED_TAGS:
            return False
        named = node.attributes
        if _is_dropped(tag, named):
            return False
        if tag in _BLOCK_TAGS or tag in _HEADINGS:
            self._flush()
        for place in (named.get("id"), named.get("name") if tag == "a" else None):
            if place:
                self.anchors.setdefault(place, len(self._blocks.blocks))
        return self._enter_element(node, tag, named)

    def _enter_element(self, node: Node, tag: str, named: dict[str, str | None]) -> bool:
        """What an element that is read means for what is in it; whether that is still to be looked at."""
        if tag == "br":
            self._inline.append(_BREAK)
        elif tag == "pre":
            self._blocks.add_placeholder(Placeholder.CODE)
            return False
        elif tag == "table" and len(node.css("table")) == 1 and node.css_first(_LAYOUT_CONTENT) is None:
            self._table(node)
            return False
        elif tag == "a":
            return not self._is_footnote_link(node, named.get("href") or "")
        elif tag in _HEADINGS:
            self._heading_level = _HEADINGS[tag]
        elif tag == "header":
            self._open_headers += 1
        elif tag == "sup":
            self._superscripts.append(len(self._inline))
        return True

    def _leave(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._flush()
            self._heading_level = 0
        elif tag == "sup":
            begin = self._superscripts.pop() if self._superscripts else len(self._inline)
            text = "".join(self._inline[begin:])
            self._inline[begin:] = [superscript_text("".join(self._inline[max(0, begin - 3) : begin]), text)]
        elif tag in _BLOCK_TAGS:
            self._flush()
        self._open_headers -= tag == "header"

    def _flush(self) -> None:
        """What stands between the borders of blocks is a paragraph; two line breaks are such a border, too."""
        if self._inline:
            text = "".join(self._inline)
            for paragraph in _BREAKS.split(text) if _BREAK in text else (text,):
                self._blocks.add_paragraph(paragraph, level=self._heading_level)
            self._inline.clear()
            self._superscripts.clear()

    def _is_footnote_link(self, link: Node, target: str) -> bool:
        """Whether it is the mark of a note, or the way back from one, rather than a word that leads somewhere."""
        if "#" not in target or not _FOOTNOTE_LINK.fullmatch(text := link.text()):
            return False
        before = "".join(self._inline[-2:])
        return (
            not text.strip().isdigit()
            or bool(self._superscripts)
            or link.css_first("sup") is not None
            or before[-1:].strip() != ""
        )

    def _table(self, table: Node) -> None:
        caption = table.css_first("caption")
        if caption is not None:
            HtmlTextExtractor(self._blocks).extract(caption)
        self._blocks.add_table([[self._cell(cell) for cell in row.css("td, th")] for row in table.css("tr")])

    def _cell(self, cell: Node) -> str:
        inner = BlockBuilder(self._blocks.limit)
        HtmlTextExtractor(inner).extract(cell)
        return " ".join(block.text for block in inner.blocks)


def _is_dropped(tag: str, named: dict[str, str | None]) -> bool:
    """By what its attributes say of it."""
    if not named:
        return False
    if "hidden" in named or named.get("aria-hidden") == "true" or _INVISIBLE.search(named.get("style") or ""):
        return True
    if not _DROPPED_EPUB_TYPES.isdisjoint((named.get("epub:type") or "").split()):
        return True
    if not _DROPPED_ROLES.isdisjoint((named.get("role") or "").split()):
        return True
    if tag == "math":
        return named.get("display") == "block"
    return tag in _BLOCK_TAGS and _NOTES_CLASS.search(named.get("class") or "") is not None
