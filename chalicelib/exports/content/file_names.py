"""Safe names of files in archives: valid in every file system, without path separators."""

from __future__ import annotations

import re

MAX_CHARACTERS = 150  # with its folders still below the 255 that file systems allow
MAX_EXTENSION_CHARACTERS = 10

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


def clean(name: str) -> str:
    """Replace characters that are not allowed everywhere. The result may be empty."""
    return _UNSAFE.sub("_", name).strip(". ")


def shorten(filename: str) -> str:
    """Clean a file's name and limit its length, but keep its extension."""
    name = clean(filename)
    stem, dot, extension = name.rpartition(".")
    if len(name) > MAX_CHARACTERS and dot and len(extension) <= MAX_EXTENSION_CHARACTERS:
        return f"{stem[: MAX_CHARACTERS - len(extension) - 1]}.{extension}"
    return name[:MAX_CHARACTERS] or "file"
