"""Markup of a Kindle book as XHTML: only elements and attributes that lay out text, and pictures of the book."""

import re
from collections.abc import Callable
from html import escape
from typing import Any

_TEXT = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
        "var",
        "article",
        "aside",
        "header",
        "footer",
        "nav",
        "main",
        "details",
        "summary",
        "time",
        "tt",
        "strike",
        "font",
    ]
)
_MATHML = frozenset(
    [
        "math",
        "mi",
        "mn",
        "mo",
        "ms",
        "mtext",
        "mspace",
        "mrow",
        "mfrac",
        "msqrt",
        "mroot",
        "msub",
        "msup",
        "msubsup",
        "munder",
        "mover",
        "munderover",
        "mmultiscripts",
        "mprescripts",
        "none",
        "mtable",
        "mtr",
        "mtd",
        "mstyle",
        "mpadded",
        "mphantom",
        "menclose",
        "mfenced",
        "semantics",
    ]
)
HEADINGS = ("h1", "h2", "h3")
_OBSOLETE = {"center": "div", "big": "span", "tt": "code", "strike": "s", "font": "span"}
_DROPPED = frozenset(
    [
        "head",
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "iframe",
        "frame",
        "frameset",
        "object",
        "embed",
        "applet",
        "audio",
        "video",
        "canvas",
        "svg",
        "form",
        "input",
        "button",
        "select",
        "textarea",
        "map",
        "link",
        "meta",
        "base",
        "annotation",
        "annotation-xml",
    ]
)
_EMPTY = frozenset({"br", "hr", "img", "col"})
_ATTRIBUTES = frozenset(
    [
        "id",
        "class",
        "lang",
        "dir",
        "title",
        "alt",
        "colspan",
        "rowspan",
        "start",
        "role",
        "epub:type",
        "mathvariant",
        "display",
        "open",
        "close",
        "separators",
        "linethickness",
    ]
)
_LINK = re.compile(r"(?:part\d{4,9}\.xhtml)?(?:#[^\s\"<>]{0,200})?|https?://[^\s\"<>]{1,2000}|mailto:[^\s\"<>]{1,500}")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"{}><head><title>{}</title></head><body>{}</body></html>'
)

Node = Any


def to_xhtml(markup: str, title: str, language: str, picture_address: Callable[[str], str | None]) -> str:
    """Return the text of a part as an XHTML document. `picture_address` returns the new address of a picture, if it has one."""
    from selectolax.lexbor import LexborHTMLParser

    body = LexborHTMLParser("<!doctype html>" + _NOT_IN_XML.sub("", markup)).body
    content = _content(body, picture_address) if body is not None else ""
    lang = f' lang="{escape(language)}" xml:lang="{escape(language)}"' if language else ""
    return _DOCUMENT.format(lang, escape(_NOT_IN_XML.sub("", title)), content)


def _content(root: Node, picture_address: Callable[[str], str | None]) -> str:
    out: list[str] = []
    ids: set[str] = set()
    ancestors: list[tuple[Node, str]] = []  # with what closes them
    node = root.first_child
    while node is not None or ancestors:
        if node is None:
            node, end = ancestors.pop()
            out.append(end)
            node = node.next
            continue
        tag = node.tag
        if tag == "-text":
            out.append(escape(_NOT_IN_XML.sub("", node.text_content or ""), quote=False))
        elif not tag.startswith(("-", "!")) and tag not in _DROPPED:
            if start := _start(tag, node.attributes, ids, picture_address):
                out.append(start)
            if tag not in _EMPTY:
                ancestors.append((node, f"</{_OBSOLETE.get(tag, tag)}>" if start else ""))
                node = node.first_child
                continue
        node = node.next
    return "".join(out)


def _start(
    tag: str, attributes: dict[str, str | None], ids: set[str], picture_address: Callable[[str], str | None]
) -> str:
    """Return the start tag, or "" for an element of which only the content is kept."""
    if tag not in _TEXT and tag not in _MATHML:
        return ""
    kept = {name: value or "" for name, value in attributes.items() if name in _ATTRIBUTES}
    if tag == "a":
        kept |= _link(attributes)
    identifier = kept.pop("id", "")
    if (not identifier or identifier in ids) and tag in HEADINGS:
        identifier = f"heading-{len(ids)}"  # for the table of contents
    if identifier and identifier not in ids:
        ids.add(identifier)
        kept["id"] = identifier
    elif tag == "img":
        source = picture_address(attributes.get("src") or "")
        if source is None:
            return f"<span>{escape(kept['alt'])}</span>" if kept.get("alt") else ""
        kept |= {"src": source, "alt": kept.get("alt", "")}
    if tag == "math":
        kept["xmlns"] = "http://www.w3.org/1998/Math/MathML"
    end = "/>" if tag in _EMPTY else ">"
    written = "".join(f' {name}="{escape(_NOT_IN_XML.sub("", value))}"' for name, value in kept.items())
    return f"<{_OBSOLETE.get(tag, tag)}{written}{end}"


def _link(attributes: dict[str, str | None]) -> dict[str, str]:
    """Return the attributes of a link that leads into the book or to a page."""
    kept: dict[str, str] = {}
    href = (attributes.get("href") or "").strip()
    if href and _LINK.fullmatch(href):
        kept["href"] = href
    name = attributes.get("name")
    if name and not attributes.get("id"):
        kept["id"] = name
    return kept
