"""Markup that fetches content from elsewhere."""

import re

# Markup is searched as it is written, because parsers disagree about damaged markup.
_FETCH = re.compile(
    rb"(?:src|poster|background)\s*=\s*(?:[\"']\s*)?(?:https?:)?//"
    rb"|<link\b[^<>]{0,2000}href\s*=\s*(?:[\"']\s*)?(?:https?:)?//"
    rb"|url\(\s*(?:[\"']\s*)?(?:https?:)?//|@import\s+[\"']\s*(?:https?:)?//",
    re.IGNORECASE,
)


def fetches_remote_content(content: bytes) -> bool:
    """Return whether a browser that shows it would send requests to another server."""
    return bool(_FETCH.search(content))
