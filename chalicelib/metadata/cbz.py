"""Metadata of a comic book (CBZ): its ComicInfo.xml, as ComicRack and others write it."""

from pathlib import Path

from chalicelib.formats import comic_book
from chalicelib.formats.xml_events import events, local_name
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.metadata.model import MetadataDraft


def read(path: Path) -> MetadataDraft:
    """Return what ComicInfo.xml says; nothing without one. Raises FormatError."""
    with ZipContainer(path) as container:
        name = next((name for name in container.names if name.endswith(comic_book.INFO_NAME)), None)
        if name is None:
            return MetadataDraft()
        values = {
            local_name(element.tag): (element.text or "").strip()
            for is_start, element in events(container.read(name))
            if not is_start
        }
    date = "-".join(value.zfill(2) for value in (values.get(part, "") for part in ("Year", "Month", "Day")) if value)
    return MetadataDraft(
        titles=[values.get("Title", "")],
        creators=[values.get(role, "").split(",") for role in ("Writer", "Penciller")],
        languages=[values.get("LanguageISO", "")],
        publishers=[values.get("Publisher", "")],
        dates=[date, values.get("Year", "")],
        series=[(values.get("Series", ""), values.get("Number", ""))],
    )
