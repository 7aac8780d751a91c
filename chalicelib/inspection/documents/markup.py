"""Markup that is active: scripts, event handlers, frames, content fetched from elsewhere."""

import re

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


def has_script(content: bytes) -> bool:
    """Return whether a browser would run anything in it."""
    return bool(_SCRIPT.search(content))


def embeds_foreign_content(content: bytes) -> bool:
    """Return whether it embeds a frame or an object."""
    return bool(_PLUGIN.search(content))


def fetches_remote_content(content: bytes) -> bool:
    """Return whether a browser that shows it would send requests to another server."""
    return bool(_FETCH.search(content))
