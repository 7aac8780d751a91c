"""Markup that is active: scripts, event handlers, frames, content fetched from elsewhere; and how deep it nests."""

import re
from collections import Counter

MAX_DEPTH = 512  # elements in each other; browsers nest no deeper, and a parser takes minutes over a hundred thousand

# Anywhere in a tag's attributes. Markup is searched as it is written, because parsers disagree about damaged markup.
_SCRIPT = re.compile(
    rb"<script[\s/>]|<[a-z][^<>]{0,2000}[\s\"'/]on[a-z]{3,20}\s*=|(?:href|src|action|data)\s*=\s*(?:[\"']\s*)?(?:javascript|vbscript):",
    re.IGNORECASE,
)
_PLUGIN = re.compile(rb"<(?:object|embed|applet|iframe|frame)[\s/>]", re.IGNORECASE)
_FETCH = re.compile(
    rb"(?:src|poster|background)\s*=\s*(?:[\"']\s*)?(?:https?:)?//"
    rb"|<link\b[^<>]{0,2000}href\s*=\s*(?:[\"']\s*)?(?:https?:)?//"
    rb"|url\(\s*(?:[\"']\s*)?(?:https?:)?//|@import\s+[\"']\s*(?:https?:)?//",
    re.IGNORECASE,
)

# Comments and elements of raw text are skipped as a whole. Of a tag: its name, and whether it is an end tag or closes itself.
_TAG = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(script|style|textarea|title)\b.*?(?:</\1|\Z)|<(/?)([a-z][^\s/<>]*)(?:[\s/][^<>]*)?>",
    re.IGNORECASE | re.DOTALL,
)
_VOID_ELEMENTS = frozenset(
    b"a area base br col embed hr img input link meta param source track wbr html head body".split()
)
# End tags may be omitted: these elements end where one of the first set begins, unless one of the second set is open in
# between (HTML, 13.1.2.4).
_ROWS, _LISTS = frozenset({b"tr", b"table"}), frozenset(b"ul ol menu dl table td th".split())
_IMPLIED_END_TAGS = {
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
    """Return whether more than MAX_DEPTH elements are open at once: parsers take time with the square of the depth.

    Links count as void: they never nest, and old pages leave their anchors open.
    """
    open_names, counts = list[bytes](), Counter[bytes]()

    def close(from_index: int) -> None:
        for name in open_names[from_index:]:
            counts[name] -= 1
        del open_names[from_index:]

    for tag in _TAG.finditer(content):
        is_end_tag, name, is_self_closing = tag[2], (tag[3] or b"").lower(), tag[0].endswith(b"/>")
        if not name or name in _VOID_ELEMENTS:
            continue
        if is_end_tag:
            if counts[name]:
                close(len(open_names) - 1 - open_names[::-1].index(name))
            continue
        siblings, barriers = _IMPLIED_END_TAGS.get(name, (frozenset(), frozenset()))
        if any(counts[sibling] for sibling in siblings):
            nearest = next(
                index
                for index in range(len(open_names) - 1, -1, -1)
                if open_names[index] in siblings or open_names[index] in barriers
            )
            if open_names[nearest] in siblings:
                close(nearest)
        if not is_self_closing:
            open_names.append(name)
            counts[name] += 1
            if len(open_names) > MAX_DEPTH:
                return True
    return False


def has_script(content: bytes) -> bool:
    """Return whether a browser would run anything in it."""
    return bool(_SCRIPT.search(content))


def embeds_foreign_content(content: bytes) -> bool:
    """Return whether it embeds a frame or an object."""
    return bool(_PLUGIN.search(content))


def fetches_remote_content(content: bytes) -> bool:
    """Return whether a browser that shows it would send requests to another server."""
    return bool(_FETCH.search(content))
