"""Elements of HTML in the display form: which of them are kept, and with which attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.extraction.display.model import Attributes as ShownAttributes
from chalicelib.extraction.html_roles import Attributes

# Reasons for leaving a text out of the reading text, in spite of which it is shown.
SHOWN_REASONS = frozenset({"deleted", "pronunciation", "repeated"})
_TAGS: Mapping[str, str] = {
    **{tag: tag for tag in (
        "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "figure", "figcaption",
        "em", "strong", "cite", "u", "s", "sub", "sup", "code", "ruby", "rt",
    )},
    "i": "em", "dfn": "em", "b": "strong", "ins": "u", "del": "s", "strike": "s", "kbd": "code", "samp": "code", "tt": "code",
    "menu": "ul", "dir": "ul", "summary": "p",
}  # fmt: skip
_LINES = frozenset({"p", "div"})  # of verse: they are divided by line breaks
_EXTERNAL = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_LIST_ATTRIBUTES = ("start", "type")

Node = Any


def element(tag: str, attributes: Attributes, *, is_line: bool, is_block: bool) -> tuple[str, ShownAttributes] | None:
    """Return the element that shows an element, None if its content is shown without it."""
    shown = None if is_line and tag in _LINES else _TAGS.get(tag)
    kept = _language(attributes) if attributes else {}
    if shown == "ol":
        kept |= {name: value for name in _LIST_ATTRIBUTES if (value := attributes.get(name))}
    if shown is None and kept:
        shown = "div" if is_block and not is_line else "span"
    return (shown, kept) if shown is not None else None


def cell(node: Node) -> tuple[str, ShownAttributes]:
    """Return the cell of a table."""
    attributes = node.attributes
    spans = {name: value for name in ("colspan", "rowspan") if (value := attributes.get(name)) and value != "1"}
    scope = {"scope": attributes["scope"]} if node.tag == "th" and attributes.get("scope") else {}
    return node.tag, {**_language(attributes), **spans, **scope}


def is_external(target: str) -> bool:
    """Return whether a link leads out of the document, to a place that may be opened."""
    return _EXTERNAL.match(target) is not None


def _language(attributes: Attributes) -> dict[str, str]:
    language = attributes.get("lang") or attributes.get("xml:lang")
    direction = (attributes.get("dir") or "").lower()
    kept = {"lang": language} if language else {}
    return {**kept, "dir": direction} if direction in {"ltr", "rtl", "auto"} else kept
