"""Sanitising: the last step over each section, by an allow-list, and the proof that text and offsets are unchanged.

`nh3` parses as browsers do and writes the tree anew, so that nothing survives that a second parser would read differently
(mutation XSS). Class, id and style are in no list: the page's own style sheet is all that there is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_GLOBAL_ATTRIBUTES = {"lang", "dir"}
_MATHML = frozenset({
    "math", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow", "ms",
    "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
})  # fmt: skip  # without `annotation-xml`, `semantics`, `maction`, `mglyph` and `malignmark`, in which other markup hides
_TAGS = _MATHML | {
    "a", "aside", "blockquote", "br", "caption", "cite", "code", "dd", "div", "dl", "dt", "em", "figcaption", "figure",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "rp", "rt", "ruby", "s", "span", "strong", "sub",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_RANGE = {"data-start", "data-end"}
_ATTRIBUTES = {
    "*": _GLOBAL_ATTRIBUTES,
    **{tag: {"data-kind"} for tag in ("p", "h1", "h2", "h3", "h4", "h5", "h6")},
    "a": {"href", "data-target", "data-note"},
    "aside": {"data-note-id"},
    "hr": _RANGE,
    "img": {"data-image", "alt", "width", "height", *_RANGE},
    "math": {"display"},
    "mi": {"mathvariant"},
    "ol": {"start", "type"},
    "span": _RANGE,
    **{tag: {"colspan", "rowspan", "scope"} for tag in ("td", "th")},
}
# With their content; of others, the content stays.
_DROPPED_TAGS = {
    "script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "title", "textarea", "xmp", "noembed",
    "noframes", "plaintext", "annotation-xml", "select", "form",
}  # fmt: skip
_VALUES = {
    "data-start": re.compile(r"\d{1,9}"),
    "data-end": re.compile(r"\d{1,9}"),
    "data-target": re.compile(r"\d{1,9}"),
    "data-note": re.compile(r"n\d{1,9}"),
    "data-note-id": re.compile(r"n\d{1,9}"),
    "data-image": re.compile(r"[0-9a-f]{32}\.jpg"),
    "data-kind": re.compile(r"[a-z_]{1,20}"),
    "dir": re.compile(r"ltr|rtl|auto"),
    "display": re.compile(r"block|inline"),
    "mathvariant": re.compile(r"normal"),
    "lang": re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}"),
    **dict.fromkeys(("width", "height", "colspan", "rowspan"), re.compile(r"[1-9]\d{0,4}")),
    "scope": re.compile(r"(?:row|col)(?:group)?"),
    "type": re.compile(r"[1aAiI]"),
    "start": re.compile(r"-?\d{1,9}"),
    "href": re.compile(r"(?:https?://|mailto:)\S{1,4000}", re.IGNORECASE),
}


def clean(markup: str) -> str:
    """Return the markup with nothing but elements and attributes of the lists."""
    import nh3

    return nh3.clean(
        markup,
        tags=set(_TAGS),
        clean_content_tags=_DROPPED_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto"},
    )


def _filtered(_: str, name: str, value: str) -> str | None:
    pattern = _VALUES.get(name)
    return value if pattern is None or pattern.fullmatch(value) else None


def has_runs(markup: str, text: str, runs: Sequence[tuple[int, int]]) -> bool:
    """Return whether the text runs in the markup are these, in this order, and each is the text at its offset."""
    from selectolax.lexbor import LexborHTMLParser

    body = LexborHTMLParser(markup).body
    found = [] if body is None else [_run(span) for span in body.css("span[data-start]:not([data-end])")]
    return found == [(start, text[start : start + length]) for start, length in runs]


def _run(span: Any) -> tuple[int, str]:
    return int(span.attributes["data-start"]), span.text()
