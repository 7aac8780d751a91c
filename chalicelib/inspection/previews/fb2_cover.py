"""The cover of a FictionBook."""

from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.formats import fb2, xml_events
from chalicelib.formats.xml_events import EventKind
from chalicelib.inspection.images import picture

if TYPE_CHECKING:
    from PIL.Image import Image


def thumbnail_image(source: Path) -> "Image | None":
    """Return the picture that the cover page names, or None."""
    cover_id, is_cover_page = "", False
    base64: list[str] | None = None
    for event in xml_events.mixed_events(fb2.read_markup(source), doctype=True):
        if event.kind is EventKind.TEXT:
            if base64 is not None:
                base64.append(event.value)
        elif event.local_name == "coverpage":
            is_cover_page = event.kind is EventKind.START
        elif event.kind is EventKind.END:
            if base64 is not None and event.local_name == "binary":
                content = fb2.decode_picture("".join(base64))
                return picture.open_cover(content) if content else None
        elif is_cover_page and event.local_name == "image":
            cover_id = cover_id or event.attribute("href").removeprefix("#")
        elif cover_id and event.local_name == "binary" and event.attribute("id") == cover_id:
            base64 = []
    return None
