"""Pictures in the body of an OpenDocument text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chalicelib.formats import opendocument, xml_events
from chalicelib.formats.xml_events import EventKind
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.illustrations.references import PictureCollector, PictureReference

_PARAGRAPHS = frozenset({"p", "h"})
_DESCRIPTIONS = frozenset({"title", "desc"})  # of a frame; the second one says more, and follows
_OBJECT = "object"  # a formula or a chart: a picture in its frame shows what it says


@dataclass(slots=True)
class _Frame:
    """A frame with its picture; of several, the first one, because the others replace it for old programs."""

    target: str = ""
    is_object: bool = False
    description: list[str] = field(default_factory=list)


def list_pictures(path: Path) -> Iterator[PictureReference]:
    """Yield the pictures of the text in reading order. Raises FormatError."""
    with ZipContainer(path) as container:
        collector = PictureCollector()
        frames: list[_Frame] = []
        paragraphs, is_description = 0, False
        for event in xml_events.mixed_events(container.read(opendocument.CONTENT), doctype=True):
            name, is_start = event.local_name, event.kind is EventKind.START
            if event.kind is EventKind.TEXT:
                if is_description:
                    frames[-1].description.append(event.value)
                elif paragraphs:
                    collector.add_text(event.value)
            elif name in _PARAGRAPHS:
                paragraphs += 1 if is_start else -1
            elif name == "frame" and is_start:
                frames.append(_Frame())
            elif not frames:
                continue
            elif name == "frame":
                frame = frames.pop()
                if frame.target in container.names and not frame.is_object:
                    read = partial(container.read, frame.target)
                    collector.add_picture(frame.target, "".join(frame.description), read)
            elif name in _DESCRIPTIONS:
                is_description = is_start
                if is_start:
                    frames[-1].description.clear()
            elif name == _OBJECT:
                frames[-1].is_object = True
            elif name == "image" and is_start:
                frames[-1].target = frames[-1].target or opendocument.part_name(event.attribute("href"))
        yield from collector.references()
