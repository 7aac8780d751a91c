"""Depth of HTML: at least as deep as the parser nests it, whatever is damaged, and about the same for usual pages (HTML, 13.2).

Parsers take time with the square of the depth, and with the square of an element's attributes.
"""

import re
from collections import Counter
from dataclasses import dataclass

MAX_DEPTH = 512  # elements in each other; browsers nest no deeper, and a parser takes minutes over a hundred thousand
MAX_TAGS = 2_000_000  # of one document: 5 s; the largest pages, such as the specification of HTML, have 700,000
MAX_ATTRIBUTES = 1_000  # of one element; pages have dozens
EXCESS = (
    f"nests more than {MAX_DEPTH} elements in each other, or has more than {MAX_TAGS:,} tags or "
    f"{MAX_ATTRIBUTES:,} attributes of one element"
)
MAX_EQUAL_FORMATTING = 3  # elements that stay open and are opened again; more equal ones are dropped (13.2.4.3)

_XHTML = re.compile(r"\s*(?:<\?xml|<!doctype[^>]*xhtml|<html[^>]*1999/xhtml)", re.IGNORECASE)
_MARKUP = re.compile(rb"<(?:(!--)|(/?)([a-z][^\s/>]*)|[!?/])", re.IGNORECASE)
_COMMENT_END = re.compile(rb"-?>|.*?--!?>", re.DOTALL)
_ATTRIBUTE = re.compile(
    rb"[\s/]*(?:=[^\s/>=]*|[^\s/>=]+)(?:\s*=\s*(?:\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|[^\s>\"'][^\s>]*)?)?"
)
_TAG_END = re.compile(rb"[\s/]*>")

_VOID = frozenset(b"a area base br col embed hr img input link meta param source track wbr html head body".split())
_RAW_TEXT = frozenset(b"script style textarea title xmp iframe noembed noframes plaintext".split())
_FOREIGN = frozenset({b"svg", b"math"})
_FORMATTING = frozenset(b"b big code em font i nobr s small strike strong tt u".split())
_HEADINGS = frozenset(b"h1 h2 h3 h4 h5 h6".split())
_MARKERS = frozenset(b"td th caption applet object marquee template".split())  # formatting does not leave them
_INTEGRATION_POINTS = frozenset(
    b"mi mo mn ms mtext annotation-xml foreignobject desc title".split()
)  # HTML in SVG or MathML
_BARRIERS = _INTEGRATION_POINTS | frozenset(b"applet caption html table td th marquee object select template".split())
_TABLE_PARTS = frozenset(b"table caption tbody thead tfoot tr td th".split())
_SPECIAL = _BARRIERS | _HEADINGS | frozenset(
    b"address article aside blockquote button center colgroup dd details dialog dir div dl dt fieldset figcaption figure footer "
    b"form frameset header hgroup iframe keygen li listing main menu nav noembed noframes noscript ol p plaintext pre script "
    b"search section select style summary tbody textarea tfoot thead tr ul xmp".split()
)  # fmt: skip
_ENDS_PARAGRAPH = _HEADINGS | frozenset(
    b"address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure footer form header "
    b"hgroup li listing main menu nav ol p plaintext pre search section summary table ul xmp".split()
)
_BLOCKS = _ENDS_PARAGRAPH | _TABLE_PARTS | {b"template", b"colgroup"}  # formatting is opened again inside, not before
_PHRASING_BLOCKS = frozenset({b"address", b"div", b"p"})  # an item ends an item through these
# The end tags that may be left out: which elements a start tag ends, and which are never passed on the way to them.
_IMPLIED_END_TAGS = {
    b"li": (frozenset({b"li"}), _SPECIAL - _PHRASING_BLOCKS - {b"li"}),
    b"dt": (frozenset({b"dt", b"dd"}), _SPECIAL - _PHRASING_BLOCKS - {b"dt", b"dd"}),
    b"dd": (frozenset({b"dt", b"dd"}), _SPECIAL - _PHRASING_BLOCKS - {b"dt", b"dd"}),
    b"td": (frozenset({b"td", b"th"}), frozenset({b"table", b"template"})),
    b"th": (frozenset({b"td", b"th"}), frozenset({b"table", b"template"})),
    b"tr": (frozenset({b"tr"}), frozenset({b"table", b"template"})),
}
_NO_IMPLIED_END_TAG: tuple[frozenset[bytes], frozenset[bytes]] = (frozenset(), frozenset())


def is_xhtml(markup: str) -> bool:
    """Return whether a page begins as XHTML: then any element may close itself."""
    return _XHTML.match(markup) is not None


def is_too_complex(content: bytes, *, is_xhtml: bool = False) -> bool:
    """Return whether more than MAX_DEPTH elements are open at once, or there are too many tags or attributes of an element.

    Links count as void: they never nest, and old pages leave their anchors open. `is_xhtml`: `<p/>` is closed.
    """
    if content.count(b"<") > MAX_TAGS:
        return True
    elements = _OpenElements()
    position, ends_ignored_before = 0, 0
    while markup := _MARKUP.search(content, position):
        position = markup.end()
        is_comment, is_end_tag, name = markup[1], markup[2], (markup[3] or b"").lower()
        if is_comment:
            end = _COMMENT_END.match(content, position)
            if end is None:
                break
            position = end.end()
        elif not name:
            if elements.is_in_foreign_content() and content.startswith(b"[CDATA[", position):
                ends_ignored_before = max(ends_ignored_before, content.find(b"]]>", position))
            position = content.find(b">", position) + 1
            if not position:
                break
        else:
            count = 0
            while attribute := _ATTRIBUTE.match(content, position):
                position = attribute.end()
                count += 1
            tag_end = _TAG_END.match(content, position)
            if tag_end is None:
                break
            position = tag_end.end()
            if is_end_tag:
                if markup.start() >= ends_ignored_before:
                    elements.close(name)
                continue
            tag = content[markup.start() : position]
            closes_itself = tag.endswith(b"/>") and (
                name in _FOREIGN or elements.is_in_foreign_content() or (is_xhtml and tag.count(b"<") == 1)
            )
            if name not in _VOID and not closes_itself:
                elements.open(name, tag)
            if elements.depth > MAX_DEPTH or count > MAX_ATTRIBUTES:
                return True
            if name in _RAW_TEXT and not closes_itself:
                end_tag = re.compile(rb"</" + name + rb"[\s/>]", re.IGNORECASE).search(content, position)
                end_at = end_tag.start() if end_tag and name != b"plaintext" else len(content)
                if elements.is_in_foreign_content():  # there it may contain elements
                    ends_ignored_before = max(ends_ignored_before, end_at)
                else:
                    position = end_at
    return False


@dataclass(eq=False, slots=True)
class _Formatting:
    """An entry of the list of active formatting elements (13.2.4.3): opened again while it is not open."""

    name: bytes
    tag: bytes
    is_open: bool = True


class _OpenElements:
    """The open elements, and the formatting that was closed without its end tag: the parser opens it again."""

    def __init__(self) -> None:
        self._names: list[bytes] = []
        self._formatting: list[_Formatting | None] = []  # of each open element
        self._counts: Counter[bytes] = Counter()
        self._active: list[list[_Formatting]] = [[]]  # for each marker
        self._pending_count = 0  # active, but not open

    @property
    def depth(self) -> int:
        return len(self._names) + self._pending_count

    def is_in_foreign_content(self) -> bool:
        return any(self._counts[name] for name in _FOREIGN)

    def open(self, name: bytes, tag: bytes) -> None:
        if not self.is_in_foreign_content():
            if name in _TABLE_PARTS - {b"table"} and not (self._counts[b"table"] or self._counts[b"template"]):
                return  # ignored outside of tables
            self._apply_implied_end_tags(name)
        if name not in _BLOCKS:
            self._open_again()
        entry = self._activate(name, tag) if name in _FORMATTING else None
        self._push(name, entry)
        if name in _MARKERS:
            self._active.append([])

    def _push(self, name: bytes, entry: _Formatting | None) -> None:
        self._names.append(name)
        self._formatting.append(entry)
        self._counts[name] += 1

    def _open_again(self) -> None:
        """Open the pending formatting."""
        for entry in self._active[-1] if self._pending_count else ():
            if not entry.is_open:
                entry.is_open = True
                self._pending_count -= 1
                self._push(entry.name, entry)

    def _activate(self, name: bytes, tag: bytes) -> _Formatting:
        equal = [entry for entry in self._active[-1] if entry.tag == tag]
        if len(equal) >= MAX_EQUAL_FORMATTING:
            self._deactivate(equal[0])
        entry = _Formatting(name, tag)
        self._active[-1].append(entry)
        return entry

    def _deactivate(self, entry: _Formatting) -> None:
        self._active[-1].remove(entry)
        self._pending_count -= not entry.is_open

    def _apply_implied_end_tags(self, name: bytes) -> None:
        ended, barriers = _IMPLIED_END_TAGS.get(name, _NO_IMPLIED_END_TAG)
        if any(self._counts[element] for element in ended):
            self._pop_to(ended, barriers)
        if name in _ENDS_PARAGRAPH and self._counts[b"p"]:
            self._pop_to({b"p"}, _BARRIERS | {b"button"})
        last = self._names[-1] if self._names else b""
        if (name in _HEADINGS and last in _HEADINGS) or name == last == b"option":
            self._pop_from(len(self._names) - 1)

    def close(self, name: bytes) -> None:
        """Apply an end tag, if the parser would: not through a block that it does not end."""
        if name in _FORMATTING:
            self._close_formatting(name)
        elif name in _HEADINGS:
            self._pop_to(_HEADINGS, _BARRIERS)
        elif not self._counts[name]:
            return
        elif name == b"form":
            self._remove(self._last({name}, _BARRIERS))
        elif name in _TABLE_PARTS:
            self._pop_to({name}, frozenset({b"table", b"template"}) - {name})
        elif name in _SPECIAL - _INTEGRATION_POINTS:
            extra = {b"p": {b"button"}, b"li": {b"ol", b"ul"}}.get(name, set())
            self._pop_to({name}, _BARRIERS - {name} | extra)
        else:
            self._pop_to({name}, _SPECIAL)

    def _close_formatting(self, name: bytes) -> None:
        entry = next((entry for entry in reversed(self._active[-1]) if entry.name == name), None)
        if entry is None:  # no longer active: an end tag like any other
            self._pop_to({name}, _SPECIAL)
            return
        if not entry.is_open:
            self._deactivate(entry)
            return
        index = next(index for index in range(len(self._names) - 1, -1, -1) if self._formatting[index] is entry)
        inside = self._names[index + 1 :]
        if not _BARRIERS.isdisjoint(inside):
            return
        self._deactivate(entry)
        if _SPECIAL.isdisjoint(inside):
            self._pop_from(index)
        else:
            self._remove(index)  # the blocks in it stay open

    def _last(self, names: "frozenset[bytes] | set[bytes]", barriers: "frozenset[bytes] | set[bytes]") -> int | None:
        for index in range(len(self._names) - 1, -1, -1):
            if self._names[index] in names:
                return index
            if self._names[index] in barriers:
                return None
        return None

    def _pop_to(self, names: "frozenset[bytes] | set[bytes]", barriers: "frozenset[bytes] | set[bytes]") -> None:
        index = self._last(names, barriers)
        if index is not None:
            self._pop_from(index)

    def _pop_from(self, index: int) -> None:
        while len(self._names) > index:
            name, entry = self._names.pop(), self._formatting.pop()
            self._counts[name] -= 1
            if name in _MARKERS:
                self._pending_count -= sum(not active.is_open for active in self._active.pop())
            elif entry is not None and entry in self._active[-1]:
                entry.is_open = False
                self._pending_count += 1

    def _remove(self, index: int | None) -> None:
        if index is not None:
            self._counts[self._names[index]] -= 1
            del self._names[index], self._formatting[index]
