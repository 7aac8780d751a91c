"""Roles of HTML elements by tag, role, epub:type, class and id: what they hold, and whether it belongs to the text."""

import re
from collections.abc import Mapping
from enum import Flag, auto
from functools import lru_cache
from typing import Any

Attributes = Mapping[str, str | None]

HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCK_TAGS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol",
    "p", "pre", "section", "summary", "text", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
SILENT_TAGS = frozenset({
    "script", "style", "template", "head", "meta", "link", "base", "source", "track", "param", "rp", "iframe", "embed",
    "col", "colgroup", "wbr", "metadata", "defs",
})  # fmt: skip  # not one word of them is shown
EMPHASIS_TAGS = frozenset({"em", "i", "b", "strong", "cite", "dfn"})
CODE_TAGS = frozenset({"code", "kbd", "samp", "tt"})
DELETED_TAGS = frozenset({"del", "s", "strike"})
_CONTROL_TAGS = frozenset({"button", "select", "textarea", "map", "datalist", "dialog"})
_AROUND_TAGS = frozenset({"nav", "footer", "aside", "form"})  # of a page; in a book they hold text
_FALLBACK_TAGS = frozenset({"noscript", "object", "canvas", "audio", "video"})  # shown where something else cannot be

MIN_LAYOUT_SHARE = 0.6  # of a page's text: a form that holds more is no control
MIN_LAYOUT_CHARACTERS = 500  # of such a form; fewer are the labels of fields
MAX_PAGE_MARK_CHARACTERS = 20  # "[Page 1234]"
_PAGE_ID = re.compile(r"(?:page|pg|p)[_-]?\d{1,5}", re.IGNORECASE)
_PAGE_MARK = re.compile(r"(?:p|pg|page|seite|s)?(?:\d{1,5}|[ivxlc]{1,8})?")
CONTENTS_TITLE = re.compile(
    r"(?:table of )?contents|inhalt(?:sverzeichnis|sübersicht)?|sommaire|table des matières|índice|indice|sommario"
    r"|inhoud(?:sopgave)?",
    re.IGNORECASE,
)
NOTES_TITLE = re.compile(
    r"(?:foot|end)?notes?(?: to .{1,60})?:?|(?:fuß|end)noten:?|anmerkungen:?|notes de (?:bas de page|fin):?|notas:?|note:?",
    re.IGNORECASE,
)


class Role(Flag):
    """Roles that an element has by its attributes. One may have several."""

    NONE = 0
    NOTE_MARK = auto()
    BACK_LINK = auto()
    NOTE = auto()  # one note
    NOTES = auto()  # a list of notes
    PAGE_MARK = auto()
    LINE_NUMBER = auto()
    NAVIGATION = auto()
    CONTENTS = auto()
    HIDDEN = auto()
    REPEATED = auto()
    SILENT = auto()
    VERSE = auto()
    STANZA = auto()  # its blocks are lines
    LINE = auto()
    QUOTE = auto()
    CAPTION = auto()
    REFERENCES = auto()
    CITATION = auto()
    FRONT_MATTER = auto()
    INITIAL = auto()
    FORMULA = auto()
    EDITORIAL = auto()


_ROLES = {
    "navigation": Role.NAVIGATION, "contentinfo": Role.NAVIGATION, "search": Role.NAVIGATION,
    "complementary": Role.NAVIGATION, "doc-noteref": Role.NOTE_MARK, "doc-footnote": Role.NOTE, "doc-endnote": Role.NOTE,
    "doc-endnotes": Role.NOTES, "doc-pagebreak": Role.PAGE_MARK, "doc-pagelist": Role.NAVIGATION, "doc-toc": Role.CONTENTS,
    "doc-backlink": Role.BACK_LINK, "doc-pullquote": Role.REPEATED, "doc-epigraph": Role.QUOTE,
    "doc-biblioref": Role.CITATION, "doc-bibliography": Role.REFERENCES, "doc-biblioentry": Role.REFERENCES,
    "doc-credits": Role.FRONT_MATTER, "doc-colophon": Role.FRONT_MATTER, "doc-cover": Role.FRONT_MATTER,
}  # fmt: skip
# The same in EPUB's own vocabulary (Structural Semantics Vocabulary 1.1), and the verse of z39.98.
_EPUB_TYPES = {
    "noteref": Role.NOTE_MARK, "annoref": Role.NOTE_MARK, "footnote": Role.NOTE, "endnote": Role.NOTE, "rearnote": Role.NOTE,
    "footnotes": Role.NOTES, "endnotes": Role.NOTES, "rearnotes": Role.NOTES, "pagebreak": Role.PAGE_MARK,
    "page-list": Role.NAVIGATION, "landmarks": Role.NAVIGATION, "toc": Role.CONTENTS, "toc-brief": Role.CONTENTS,
    "loi": Role.CONTENTS, "lot": Role.CONTENTS, "backlink": Role.BACK_LINK, "pullquote": Role.REPEATED,
    "epigraph": Role.QUOTE, "biblioref": Role.CITATION, "bibliography": Role.REFERENCES, "biblioentry": Role.REFERENCES,
    "titlepage": Role.FRONT_MATTER, "halftitlepage": Role.FRONT_MATTER, "copyright-page": Role.FRONT_MATTER,
    "imprint": Role.FRONT_MATTER, "imprimatur": Role.FRONT_MATTER, "colophon": Role.FRONT_MATTER,
    "seriespage": Role.FRONT_MATTER, "cover": Role.FRONT_MATTER, "other-credits": Role.FRONT_MATTER,
    "z3998:verse": Role.VERSE, "z3998:poem": Role.VERSE, "z3998:poetry": Role.VERSE, "z3998:song": Role.VERSE,
    "verse": Role.VERSE,
}  # fmt: skip
# Classes and ids that publishers, converters and wikis use, each whole and in lower case.
_PATTERNS = (
    (Role.NOTE_MARK, re.compile(r"fn-?_?(?:ref|anchor|mark|call)|(?:foot|end)?-?note-?_?(?:ref|reference|mark|anchor|call)")),
    (Role.NOTES, re.compile(r"notes")),
    (Role.PAGE_MARK, re.compile(r"page-?_?(?:num|no|nr|number|break)|pg-?num|pagenumber|pb")),
    (Role.LINE_NUMBER, re.compile(r"line-?_?(?:num|no|nr|number)s?|lnum|ln|linenos?|gutter")),
    (Role.HIDDEN, re.compile(r"visually-?hidden|sr-only|screen-reader-text")),
    (Role.SILENT, re.compile(r"katex-html|mathjax(?:_preview|_display|_svg|_chtml)?|mwe-math-fallback-image-\w{1,20}")),
    (Role.FORMULA, re.compile(r"math|katex|katex-display|mwe-math-element|tex|latex")),
    (Role.VERSE, re.compile(r"poem|poetry|verse|versegroup|lyrics|z3998:verse")),
    (Role.STANZA, re.compile(r"stanza|strophe|line-?_?group|lg")),
    (Role.LINE, re.compile(r"(?:verse-?_?)?line|l|i\d{1,2}|indent\d{1,2}")),
    (Role.QUOTE, re.compile(r"epigraph|block-?quote")),
    (Role.REPEATED, re.compile(r"pull-?_?quote")),
    (Role.CAPTION, re.compile(r"(?:wp-|fig(?:ure)?-?_?|img-?_?|image-?_?|table-?_?)?caption(?:-text)?")),
    (Role.REFERENCES, re.compile(r"references|reflist|bibliography|csl-entry|csl-bib-body|biblioentry")),
    (Role.CITATION, re.compile(r"citation")),
    (Role.FRONT_MATTER, re.compile(r"pg-boilerplate|titlepage|title-page|copyright-page|copyrightpage|imprint")),
    (Role.INITIAL, re.compile(r"drop-?_?caps?|initial|lettrine|firstletter|first-letter|dropcaps?img")),
    (Role.CONTENTS, re.compile(r"toc|table-?of-?contents|contents-list")),
)  # fmt: skip
# Parts around the text of pages, of wikis and blogs. Books have none.
_PAGE_PATTERNS = (
    (Role.NAVIGATION, re.compile(r"mw-editsection|navbox(?:-styles)?|catlinks|hatnote|sitesub|contentsub|printfooter")),
    (Role.NAVIGATION, re.compile(r"share|sharing|social|social-share|breadcrumbs?|cookie-?(?:banner|notice|consent)|newsletter")),
    (Role.NAVIGATION, re.compile(r"related(?:-posts)?|sistersitebox|skip-?link|mw-jump-link")),
    (Role.EDITORIAL, re.compile(r"noprint|inline-template")),
)  # fmt: skip
_NOTE_NAME = re.compile(r"(?:^|[_-])(?:foot|end|rear)-?notes?(?:$|[_-])")  # also in longer names
_INVISIBLE = re.compile(r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden", re.IGNORECASE)
MAX_NAMES = 32  # classes of one element


def roles(attributes: Attributes, *, is_book: bool) -> Role:
    """Return the roles that these attributes give to an element."""
    found = _roles_by_names((attributes.get("class") or "").lower(), (attributes.get("id") or "").lower(), is_book)
    for name in (attributes.get("role") or "").split()[:MAX_NAMES]:
        found |= _ROLES.get(name, Role.NONE)
    for name in (attributes.get("epub:type") or "").split()[:MAX_NAMES]:
        found |= _EPUB_TYPES.get(name, Role.NONE)
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        found |= Role.HIDDEN
    if _INVISIBLE.search(attributes.get("style") or ""):
        found |= Role.HIDDEN
    return found


@lru_cache(maxsize=4_096)
def _roles_by_names(classes: str, identifier: str, is_book: bool) -> Role:
    found = Role.NONE
    patterns = _PATTERNS if is_book else (*_PATTERNS, *_PAGE_PATTERNS)
    for name in classes.split()[:MAX_NAMES]:
        if _NOTE_NAME.search(name):
            found |= Role.NOTE
        for role, pattern in patterns:
            if pattern.fullmatch(name):
                found |= role
    for role, pattern in patterns:  # an id marks a part of the page, never a kind of element
        if role in Role.NAVIGATION | Role.CONTENTS and pattern.fullmatch(identifier):
            found |= role
    return found


def omission_reason(tag: str, role: Role, *, is_book: bool) -> str:
    """Return the reason why an element is left out of the text, or ""."""
    if tag in DELETED_TAGS:
        return "deleted"
    if tag in {"rt", "rtc"}:
        return "pronunciation"
    if Role.HIDDEN in role or tag in _FALLBACK_TAGS:
        return "hidden"
    if Role.REPEATED in role:
        return "repeated"
    if Role.EDITORIAL in role:
        return "editorial"
    if Role.NAVIGATION in role or tag in _CONTROL_TAGS:
        return "navigation"
    is_text = is_book or bool(role & (Role.CONTENTS | Role.NOTE | Role.NOTES))
    return "" if is_text or tag not in _AROUND_TAGS else "navigation"


def is_page_anchor(attributes: Attributes) -> bool:
    """Return whether the id is that of a printed page, such as "Page_13"."""
    return _PAGE_ID.fullmatch(attributes.get("id") or "") is not None


def heading_level(tag: str, attributes: Attributes) -> int:
    """Return the level of a heading by its tag or its role, or 0."""
    if tag in HEADINGS:
        return HEADINGS[tag]
    if attributes and attributes.get("role") == "heading":
        level = attributes.get("aria-level") or ""
        return min(int(level), 6) if level.isdecimal() and 0 < len(level) < 3 and int(level) else 2
    return 0


def is_page_mark(text: str) -> bool:
    """Return whether a text is nothing but the number of a page, such as "[Pg 13]"."""
    return len(text) <= MAX_PAGE_MARK_CHARACTERS and _PAGE_MARK.fullmatch(_alphanumeric(text)) is not None


def _alphanumeric(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def layout_forms(root: Any) -> frozenset[int]:
    """Return the ids of forms that hold most of the text: the whole page is in them."""
    forms = root.css("form")
    total = len(root.text()) if forms else 0
    least = max(MIN_LAYOUT_CHARACTERS, MIN_LAYOUT_SHARE * total)
    return frozenset(form.mem_id for form in forms if len(form.text()) >= least)
