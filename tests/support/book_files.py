"""Comic books, and what differs between those that programs write; built in code."""

from collections.abc import Mapping

from tests.support import media_files

CBZ = "application/vnd.comicbook+zip"
COMIC_INFO = '<?xml version="1.0"?><ComicInfo><Title>The lighthouse</Title><Number>2</Number></ComicInfo>'


def comic_page(kind: str = "JPEG", shade: int = 90, **options: object) -> bytes:
    return media_files.saved(media_files.drawn(size=(120, 180), shade=shade), kind, **options)


def cbz_parts() -> dict[str, bytes | str]:
    return {
        "Comic/page 10.png": comic_page("PNG", 200),
        "Comic/page 2.webp": comic_page("WEBP", 150),
        "Comic/page 1.jpg": comic_page("JPEG", 20),
        "Comic/page 11.gif": comic_page("GIF", 250),
    }


def cbz(changes: Mapping[str, bytes | str | None] | None = None) -> bytes:
    """Return a comic book of four pages; a part that is None is left out."""
    parts = {**cbz_parts(), **(changes or {})}
    return media_files.packed({name: content for name, content in parts.items() if content is not None})
