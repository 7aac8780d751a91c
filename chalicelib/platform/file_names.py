"""Safe names of files in archives and of downloads: valid in every file system, without path separators."""

from __future__ import annotations

import re

from chalicelib.platform import bidi

MAX_CHARACTERS = 150  # Windows counts 260 in a path, with the folders
MAX_BYTES = 200  # file systems allow 255 for a name, some tools for an entry with its folders, which take 48
MAX_EXTENSION_BYTES = 10

_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff/\\:*?"<>|]')
# Names of devices in Windows, whatever follows the first dot; superscript digits count as digits.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)", re.IGNORECASE)


def safe(filename: str) -> str:
    """Return a name that can be unpacked everywhere: without reserved characters and names, and short, with its extension."""
    name = _UNSAFE.sub("_", bidi.remove_controls(filename)).strip(". ")
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > MAX_EXTENSION_BYTES:
        stem, extension = name, ""
    ending = f".{extension}" if extension else ""
    if _RESERVED.match(stem or name):
        stem = f"_{stem}"
    return (_cut(stem, MAX_CHARACTERS - len(ending), MAX_BYTES - len(ending.encode())).rstrip(". ") or "file") + ending


def _cut(text: str, max_characters: int, max_bytes: int) -> str:
    return text[:max_characters].encode()[:max_bytes].decode(errors="ignore")
