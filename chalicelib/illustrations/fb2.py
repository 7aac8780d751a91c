"""Pictures in the bodies of a FictionBook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chalicelib.formats import fb2, xml_events
from chalicelib.formats.xml_events import EventKind
from chalicelib.illustrations.references import PictureCollector, PictureReference


def list_pictures(path: Path) -> Iterator[PictureReference]:
    """Yield the pictures of the text in reading order, which is not that of the cover. Raises FormatError."""
    collector = PictureCollector()
    contents: dict[str, list[str]] = {}  # base64 by id: they follow the text
    is_in_body, current = False, ""
    for event in xml_events.mixed_events(fb2.read_markup(path), doctype=True):
        name, is_start = event.local_name, event.kind is EventKind.START
        if event.kind is EventKind.TEXT:
            if current:
                contents[current].append(event.value)
            elif is_in_body:
                collector.add_text(event.value)
        elif name == "body":
            is_in_body = is_start
        elif name == "binary":
            current = event.attribute("id") if is_start else ""
            if current:
                contents[current] = []
        elif name == "image" and is_start and is_in_body and (href := event.attribute("href")).startswith("#"):
            identity = href.removeprefix("#")
            collector.add_picture(
                identity,
                event.attribute("alt"),
                lambda identity=identity: fb2.decode_picture("".join(contents.get(identity, ()))),  # type: ignore[misc]
            )
    yield from collector.references()
