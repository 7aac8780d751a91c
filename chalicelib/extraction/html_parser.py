"""Parsing of HTML and XHTML."""

import re
from typing import Any

from chalicelib.formats import markup_depth

_SELF_CLOSING_TAG = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)([a-z][\w:-]*)((?:\s[^<>]*)?)/>",
    re.IGNORECASE,
)
_OPTION_TAG = re.compile(r"</?(?:option|optgroup)\b[^<>]*>", re.IGNORECASE)
_CDATA_START, _CDATA_END = "<![CDATA[", "]]>"

Node = Any  # of selectolax, which is imported when needed


def parse_body(markup: str, *, is_xhtml: bool = False) -> Node:
    """Return the body of a page, or None. What HTML does not know of XHTML is rewritten: self-closing tags and CDATA."""
    from selectolax.lexbor import LexborHTMLParser

    markup = without_options(markup)
    if is_xhtml or markup_depth.is_xhtml(markup):
        markup = _SELF_CLOSING_TAG.sub(r"<\1\2></\1>", _without_cdata(markup))
    return LexborHTMLParser(markup).body


def without_options(markup: str) -> str:
    """Return the markup without the tags of options: the parser takes time with the square of their number."""
    return _OPTION_TAG.sub("", markup)


def declared_language(node: Node) -> str | None:
    """Return the language of a body or a cell by its own attribute, otherwise by that of its root or row (HTML 3.2.6.2)."""
    for element in (node, node.parent):
        attributes = element.attributes if element is not None else {}
        if tag := attributes.get("lang") or attributes.get("xml:lang"):
            return str(tag)
    return None


def _without_cdata(markup: str) -> str:
    """Return the markup with the text of CDATA sections escaped, which HTML takes for a comment."""
    if _CDATA_START not in markup:
        return markup
    parts: list[str] = []
    position = 0
    while (start := markup.find(_CDATA_START, position)) >= 0:
        end = markup.find(_CDATA_END, start)
        if end < 0:
            break
        text = markup[start + len(_CDATA_START) : end]
        parts += (markup[position:start], text.replace("&", "&amp;").replace("<", "&lt;"))
        position = end + len(_CDATA_END)
    return "".join((*parts, markup[position:]))
