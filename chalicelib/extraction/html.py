"""HTML → blocks: the text of a page, without the navigation and controls around it."""

import re
from pathlib import Path
from typing import Any

from chalicelib.extraction import table_text
from chalicelib.extraction.blocks import BlockBuilder, RawCell
from chalicelib.extraction.cleanup import ANCHOR_CHARACTERS, MAX_SUPERSCRIPT_CHARACTERS, superscript_text
from chalicelib.extraction.placeholders import Placeholder
from chalicelib.extraction.table_text import MAX_COLUMNS, TableSize
from chalicelib.formats import markup_depth
from chalicelib.formats.charset import decode_markup

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
# The same roles in EPUB's own vocabulary.
_DROPPED_EPUB_TYPES = frozenset({
    "noteref", "footnote", "footnotes", "endnote", "endnotes", "rearnote", "rearnotes", "pagebreak", "page-list",
    "toc", "landmarks", "backlink",
})  # fmt: skip
_NOTES_CLASS = re.compile(r"(?:^|[\s_-])(?:foot|end)-?notes?(?:$|[\s_-])", re.IGNORECASE)
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FOOTNOTE_LINK = re.compile(r"\s*(?:[\[(]\s*(?:\d{1,3}|[a-z]|[*†‡§¶])\s*[\])]|[*†‡§¶↩↑^\ufe0e]{1,3}|\d{1,3})\s*")
_BLOCK_TAGS = frozenset({
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "header", "hgroup", "hr", "legend", "li", "main", "menu", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
# In tables that only lay out the page.
_LAYOUT_CONTENT = frozenset({*_HEADINGS, "table", "ul", "ol", "dl", "blockquote", "pre", "form"})
_SELF_CLOSING_TAG = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)([a-z][\w:-]*)((?:\s[^<>]*)?)/>",
    re.IGNORECASE,
)
# Lists of options are not read, and the parser takes time with the square of their number.
_OPTION_TAG = re.compile(r"</?(?:option|optgroup)\b[^<>]*>", re.IGNORECASE)

_BREAK = "\u2028"  # replaces <br>; line breaks of the source are spaces
_PARAGRAPH_BREAKS = re.compile(rf"(?:{_BREAK}\s*){{2,}}")

Node = Any  # of selectolax, which is imported when needed


def extract(path: Path, limit: int) -> BlockBuilder:
    """Return the text of the article, otherwise of the main part, otherwise of the page."""
    builder = BlockBuilder(limit)
    body = parse_body(decode_markup(path.read_bytes()))
    if body is not None:
        builder.language = declared_language(body)
        HtmlTextExtractor(builder).extract(_main_part(body))
    return builder


def parse_body(markup: str, *, is_xhtml: bool = False) -> Node:
    """Return the body of a page, or None. Self-closing tags of XHTML, which HTML does not know, are expanded."""
    from selectolax.lexbor import LexborHTMLParser

    markup = _OPTION_TAG.sub("", markup)
    if is_xhtml or markup_depth.is_xhtml(markup):
        markup = _SELF_CLOSING_TAG.sub(r"<\1\2></\1>", markup)
    return LexborHTMLParser(markup).body


def declared_language(body: Node) -> str | None:
    """Return the language that a page gives itself: the attribute of its body, otherwise of its root (HTML 3.2.6.2)."""
    for element in (body, body.parent):
        attributes = element.attributes if element is not None else {}
        if tag := attributes.get("lang") or attributes.get("xml:lang"):
            return str(tag)
    return None


def _main_part(body: Node) -> Node:
    main = body.css_first("main, [role=main]") or body
    inner = {article.mem_id for article in main.css("article article")}  # never longer than the one around them
    articles = [(len(article.text()), article) for article in main.css("article") if article.mem_id not in inner]
    if articles:
        length, longest = max(articles, key=lambda article: article[0])
        if length >= MIN_ARTICLE_SHARE * len(main.text()):
            return longest
    return main


class HtmlTextExtractor:
    """Writes the text of elements to a BlockBuilder. `anchors` maps the id of an element to the index of its block."""

    def __init__(self, builder: BlockBuilder) -> None:
        self.anchors: dict[str, int] = {}
        self._builder = builder
        self._inline: list[str] = []
        self._heading_level = 0  # of the open heading
        self._open_headers = 0  # page headers, of which only the headings are spoken
        self._superscripts: list[int] = []  # indices in `_inline` at which the open ones start
        self._layout_tables: frozenset[int] = frozenset()  # ids of tables that only lay out the page

    def extract(self, root: Node) -> None:
        """Add the content of `root`."""
        self._layout_tables = _layout_tables(root)
        self._visit(root)

    def _visit(self, root: Node) -> None:
        ancestors: list[Node] = []
        node = root.first_child
        while (node is not None or ancestors) and not self._builder.is_truncated:
            if node is None:
                node = ancestors.pop()
                self._leave(node.tag)
            elif self._enter(node):
                ancestors.append(node)
                node = node.first_child
                continue
            node = node.next
        self._flush()

    def _enter(self, node: Node) -> bool:
        """Return True if the node's children are to be visited."""
        tag = node.tag
        if tag == "-text":
            if self._heading_level or not self._open_headers:
                self._inline.append(node.text_content)
            return False
        if tag.startswith(("-", "!")) or tag in _DROPPED_TAGS:
            return False
        attributes = node.attributes
        if _is_dropped(tag, attributes):
            return False
        if tag in _BLOCK_TAGS or tag in _HEADINGS:
            self._flush()
        for anchor in (attributes.get("id"), attributes.get("name") if tag == "a" else None):
            if anchor:
                self.anchors.setdefault(anchor, len(self._builder.blocks))
        return self._enter_element(node, tag, attributes)

    def _enter_element(self, node: Node, tag: str, attributes: dict[str, str | None]) -> bool:
        """Apply an element that is not dropped; return True if its children are to be visited."""
        if tag == "br":
            self._inline.append(_BREAK)
        elif tag == "pre":
            self._builder.add_placeholder(Placeholder.CODE)
            return False
        elif tag == "table" and node.mem_id not in self._layout_tables:
            self._add_table(node)
            return False
        elif tag == "a":
            return not self._is_footnote_link(node, attributes.get("href") or "")
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
            start = self._superscripts.pop() if self._superscripts else len(self._inline)
            text = self._superscript(start)
            if text is not None:
                self._inline[start:] = filter(None, [superscript_text(self._text_before(start), text)])
        elif tag in _BLOCK_TAGS:
            self._flush()
        self._open_headers -= tag == "header"

    def _superscript(self, start: int) -> str | None:
        """Return the text since `start`, or None if it is too long for a superscript."""
        length = 0
        for index in range(start, len(self._inline)):
            length += len(self._inline[index])
            if length > MAX_SUPERSCRIPT_CHARACTERS:
                return None
        return "".join(self._inline[start:])

    def _text_before(self, index: int) -> str:
        """Return the last characters before an index of `_inline`."""
        text = ""
        while index > 0 and len(text) < ANCHOR_CHARACTERS:
            index -= 1
            text = self._inline[index][-ANCHOR_CHARACTERS:] + text
        return text

    def _flush(self) -> None:
        """Add the text since the last boundary as a paragraph; two line breaks divide it."""
        if self._inline:
            text = "".join(self._inline)
            for paragraph in _PARAGRAPH_BREAKS.split(text) if _BREAK in text else (text,):
                self._builder.add_paragraph(paragraph, level=self._heading_level)
            self._inline.clear()
            self._superscripts.clear()

    def _is_footnote_link(self, link: Node, target: str) -> bool:
        """Return True for a footnote mark, or the link back from a footnote."""
        if "#" not in target or not _FOOTNOTE_LINK.fullmatch(text := link.text()):
            return False
        before = self._text_before(len(self._inline))
        return (
            not text.strip().isdigit()
            or bool(self._superscripts)
            or link.css_first("sup") is not None
            or before[-1:].strip() != ""
        )

    def _add_table(self, table: Node) -> None:
        caption = table.css_first("caption")
        if caption is not None:
            HtmlTextExtractor(self._builder).extract(caption)
        cell_count = len(table.css("td, th"))
        if cell_count > table_text.MAX_CELLS and not table_text.is_layout(cell_count, len(table.text())):
            self._builder.add_large_table(_table_size(table), table.text(separator=" "))  # its cells are not looked at
            return
        self._builder.add_table([[self._cell(cell) for cell in row.css("td, th")] for row in table.css("tr")])

    def _cell(self, cell: Node) -> RawCell:
        attributes = cell.attributes
        return RawCell(
            self._cell_text(cell), cell.tag == "th", _span(attributes.get("colspan")), _span(attributes.get("rowspan"))
        )

    def _cell_text(self, cell: Node) -> str:
        builder = BlockBuilder(self._builder.limit)
        HtmlTextExtractor(builder)._visit(cell)
        return " ".join(block.text for block in builder.blocks)


def _span(value: str | None) -> int:
    """Return how many columns or rows a cell covers; HTML allows 1,000 columns and 65,534 rows."""
    return int(value) if value is not None and value.isdecimal() and len(value) < 6 else 1


def _table_size(table: Node) -> TableSize:
    """Return the size of a large table, of which the first row stands for all and the headers' rows are not counted."""
    rows = table.css("tr")
    first_cells = (cell for row in rows[:1] for cell in row.css("td, th"))
    columns = sum(min(_span(cell.attributes.get("colspan")), MAX_COLUMNS) for cell in first_cells)
    return TableSize(len(rows) - len(table.css("thead tr")), columns)


def _layout_tables(root: Node) -> frozenset[int]:
    """Return the ids of the tables below `root` that contain tables, headings or lists: they lay out the page."""
    if root.css_first("table") is None:
        return frozenset()
    layout_tables: set[int] = set()
    open_tables: list[int] = []
    ancestors: list[Node] = []
    node = root.first_child
    while node is not None or ancestors:
        if node is None:
            node = ancestors.pop()
            if open_tables and node.mem_id == open_tables[-1]:
                open_tables.pop()
            node = node.next
            continue
        tag = node.tag
        if open_tables and tag in _LAYOUT_CONTENT:
            layout_tables.add(open_tables[-1])
        if tag == "table":
            open_tables.append(node.mem_id)
        ancestors.append(node)
        node = node.first_child
    return frozenset(layout_tables)


def _is_dropped(tag: str, attributes: dict[str, str | None]) -> bool:
    """Return True if the attributes mark the element as hidden or outside the running text."""
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if _INVISIBLE.search(attributes.get("style") or ""):
        return True
    if not _DROPPED_EPUB_TYPES.isdisjoint((attributes.get("epub:type") or "").split()):
        return True
    if not _DROPPED_ROLES.isdisjoint((attributes.get("role") or "").split()):
        return True
    if tag == "math":
        return attributes.get("display") == "block"
    return tag in _BLOCK_TAGS and _NOTES_CLASS.search(attributes.get("class") or "") is not None
