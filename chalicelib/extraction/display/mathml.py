"""MathML of a document, written anew: elements of a list, and nothing but text in those that hold text."""

from __future__ import annotations

import html
from typing import Any

MAX_ELEMENTS = 5_000  # of one formula
MAX_DEPTH = 60

ROWS = frozenset({
    "math", "mfrac", "mmultiscripts", "mover", "mpadded", "mphantom", "mroot", "mrow", "msqrt", "mstyle", "msub", "msubsup",
    "msup", "mtable", "mtd", "mtr", "munder", "munderover", "mprescripts", "none",
})  # fmt: skip
TOKENS = frozenset({"mi", "mn", "mo", "ms", "mspace", "mtext"})
_UNWRAPPED = frozenset({"semantics", "mlabeledtr", "menclose", "maction", "merror"})
_ATTRIBUTES = {"math": ("display",), "mi": ("mathvariant",)}

Node = Any


def rewrite(math: Node) -> str:
    """Return a `math` element of a parsed page; empty if it is too large."""
    try:
        return "".join(_written(math, MAX_DEPTH, [MAX_ELEMENTS]))
    except _TooLargeError:
        return ""


class _TooLargeError(Exception):
    pass


def _written(node: Node, depth: int, budget: list[int]) -> list[str]:
    budget[0] -= 1
    if depth == 0 or budget[0] < 0:
        raise _TooLargeError
    tag = (node.tag or "").rpartition(":")[2]
    if tag in TOKENS:
        return [
            f"<{tag}{_attributes(node, tag)}>{html.escape(' '.join((node.text() or '').split()), quote=False)}</{tag}>"
        ]
    if tag not in ROWS and tag not in _UNWRAPPED:
        return []  # annotations, and whatever is not MathML
    inner: list[str] = []
    child = node.first_child
    while child is not None:
        if not (child.tag or "-").startswith(("-", "!")):
            inner += _written(child, depth - 1, budget)
        child = child.next
    if tag in _UNWRAPPED:
        return inner
    return [f"<{tag}{_attributes(node, tag)}>", *inner, f"</{tag}>"]


def _attributes(node: Node, tag: str) -> str:
    values = ((name, node.attributes.get(name)) for name in _ATTRIBUTES.get(tag, ()))
    return "".join(f' {name}="{html.escape(value)}"' for name, value in values if value)
