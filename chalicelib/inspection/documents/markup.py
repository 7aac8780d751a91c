"""What makes markup act: scripts, handlers, frames, and what it fetches from elsewhere; and how deep it nests."""

import re
from collections import Counter

MAX_DEPTH = 512  # elements in each other; browsers nest no deeper, and a parser takes minutes over a hundred thousand

# In a tag's attributes, wherever it stands. Markup is searched as it is written: no parser's view of damaged markup is
# that of every reader.
_SCRIPT = re.compile(
    rb"<script[\s/>]|<[a-z][^<>]{0,2000}[\s\"'/]on[a-z]{3,20}\s*=|(?:href|src|action|data)\s*=\s*[\"']?\s*(?:javascript|vbscript):",
    re.IGNORECASE,
)
_PLUGIN = re.compile(rb"<(?:object|embed|applet|iframe|frame)[\s/>]", re.IGNORECASE)
_FETCH = re.compile(
    rb"(?:src|poster|background)\s*=\s*[\"']?\s*(?:https?:)?//|<link\b[^<>]{0,2000}href\s*=\s*[\"']?\s*(?:https?:)?//"
    rb"|url\(\s*[\"']?\s*(?:https?:)?//|@import\s+[\"']\s*(?:https?:)?//",
    re.IGNORECASE,
)

# What is no tag although it holds some, or one tag: its name, and whether it ends or closes itself.
_TAG = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(script|style|textarea|title)\b.*?(?:</\1|\Z)|<(/?)([a-z][^\s/<>]*)[^<>]*?(/?)>",
    re.IGNORECASE | re.DOTALL,
)
_EMPTY = frozenset(b"a area base br col embed hr img input link meta param source track wbr html head body".split())
# These end where the next of their kind begins, unless one of the latter stands in between (HTML, 13.1.2.4).
_ROWS, _LISTS = frozenset({b"tr", b"table"}), frozenset(b"ul ol menu dl table td th".split())
_ENDED_BY_NEXT = {
    b"p": (frozenset({b"p"}), frozenset(b"table td th button object".split())),
    b"li": (frozenset({b"li"}), _LISTS),
    b"dt": (frozenset({b"dt", b"dd"}), _LISTS),
    b"dd": (frozenset({b"dt", b"dd"}), _LISTS),
    b"td": (frozenset({b"td", b"th"}), _ROWS),
    b"th": (frozenset({b"td", b"th"}), _ROWS),
    b"tr": (frozenset({b"tr"}), frozenset({b"table"})),
    b"option": (frozenset({b"option"}), frozenset({b"select"})),
}


def nests_too_deep(content: bytes) -> bool:
    """Whether more than MAX_DEPTH elements are open at once, as far as tags tell: parsers take time with the square of it.

    Links count as empty: they never nest, and old pages leave their marks open.
    """
    above, count = list[bytes](), Counter[bytes]()

    def close(begin: int) -> None:
        for name in above[begin:]:
            count[name] -= 1
        del above[begin:]

    for tag in _TAG.finditer(content):
        ends, name, is_closed = tag[2], (tag[3] or b"").lower(), tag[4]
        if not name or name in _EMPTY:
            continue
        if ends:
            if count[name]:
                close(len(above) - 1 - above[::-1].index(name))
            continue
        same, between = _ENDED_BY_NEXT.get(name, (frozenset(), frozenset()))
        if any(count[each] for each in same):
            last = next(n for n in range(len(above) - 1, -1, -1) if above[n] in same or above[n] in between)
            if above[last] in same:
                close(last)
        if not is_closed:
            above.append(name)
            count[name] += 1
            if len(above) > MAX_DEPTH:
                return True
    return False


def has_script(content: bytes) -> bool:
    """Whether a browser would run something of it."""
    return bool(_SCRIPT.search(content))


def embeds_foreign_content(content: bytes) -> bool:
    """Whether it embeds something that is no picture."""
    return bool(_PLUGIN.search(content))


def fetches_remote_content(content: bytes) -> bool:
    """Whether showing it would tell another server."""
    return bool(_FETCH.search(content))
