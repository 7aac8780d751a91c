"""What makes markup act: scripts, handlers, frames, and what it fetches from elsewhere."""

import re

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


def has_script(content: bytes) -> bool:
    """Whether a browser would run something of it."""
    return bool(_SCRIPT.search(content))


def has_plugin(content: bytes) -> bool:
    """Whether it embeds something that is no picture."""
    return bool(_PLUGIN.search(content))


def fetches(content: bytes) -> bool:
    """Whether showing it would tell another server."""
    return bool(_FETCH.search(content))
