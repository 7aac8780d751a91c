"""Bidirectional control characters (UAX #9): they reorder what follows, so that a name can look like one of another type."""

from __future__ import annotations

CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_REMOVED = dict.fromkeys(map(ord, CONTROLS))


def remove_controls(text: str) -> str:
    """Remove all bidirectional control characters from a name that is shown or saved outside of this product."""
    return text.translate(_REMOVED)
