"""Pictures in the body of a DOCX."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from chalicelib.formats import ooxml, xml_events
from chalicelib.formats.xml_events import EventKind
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.illustrations.references import PictureCollector, PictureReference

_PICTURES = {"blip": "embed", "imagedata": "id"}  # of drawings, and of VML; each with the attribute that names it
_DESCRIPTIONS = {"docPr": "descr", "shape": "alt"}  # precede them
_FALLBACK = "Fallback"  # the same once more, for old programs


def list_pictures(path: Path) -> Iterator[PictureReference]:
    """Yield the pictures of the text in reading order. Raises FormatError."""
    with ZipContainer(path) as container:
        part = ooxml.main_part(container)
        names = _picture_names(container, part)
        collector = PictureCollector()
        fallbacks, is_text, description = 0, False, ""
        for event in xml_events.mixed_events(container.read(part)):
            name, is_start = event.local_name, event.kind is EventKind.START
            if event.kind is EventKind.TEXT:
                if is_text:
                    collector.add_text(event.value)
                continue
            if name == _FALLBACK:
                fallbacks += 1 if is_start else -1
            elif name == "t":
                is_text = is_start and not fallbacks
            elif not is_start or fallbacks:
                continue
            elif name in _DESCRIPTIONS:
                description = event.attribute(_DESCRIPTIONS[name])
            elif name in _PICTURES and (target := names.get(event.attribute(_PICTURES[name]))):
                collector.add_picture(target, description, partial(container.read, target))
        yield from collector.references()


def _picture_names(container: ZipContainer, part: str) -> dict[str, str]:
    """Return the names of the pictures by what the part calls them."""
    relationships = ooxml.relationships_name(part)
    if relationships not in container.names:
        return {}
    named = (
        (relationship.id, ooxml.target_name(part, relationship))
        for relationship in ooxml.relationships(container.read(relationships))
        if relationship.kind == "image" and not relationship.is_external
    )
    return {identity: name for identity, name in named if name in container.names}
