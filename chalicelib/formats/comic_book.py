"""Comic books as ZIP archives (CBZ): which of the files are pages, in reading order."""

import posixpath
import re
from collections.abc import Iterable

INFO_NAME = "ComicInfo.xml"  # what programs know about the comic: series, number, writer
_PAGE_ENDINGS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif")
_OTHER_PAGE_ENDINGS = (".avif", ".bmp", ".heic", ".jp2", ".jxl", ".tif", ".tiff")
_NUMBER = re.compile(r"(\d+)")


def page_names(names: Iterable[str]) -> list[str]:
    """Return the names of the pages in reading order: page 2 comes before page 10."""
    return sorted((name for name in names if _is_visible(name, _PAGE_ENDINGS)), key=_reading_order)


def unshown_page_names(names: Iterable[str]) -> list[str]:
    """Return the names of the pages in formats of pictures that are not shown, in reading order."""
    return sorted((name for name in names if _is_visible(name, _OTHER_PAGE_ENDINGS)), key=_reading_order)


def _is_visible(name: str, endings: tuple[str, ...]) -> bool:
    """Return whether it ends so, and is none of the files that macOS adds for itself."""
    is_hidden = name.startswith("__MACOSX/") or posixpath.basename(name).startswith(".")
    return name.lower().endswith(endings) and not is_hidden


def _reading_order(name: str) -> tuple[list[tuple[int, str]], str]:
    parts = _NUMBER.split(name.lower().removesuffix(posixpath.splitext(name.lower())[1]))
    return [(int(part[:18]), "") if part.isdecimal() else (0, part) for part in parts], name
