"""Metadata of an OpenDocument text: its meta.xml (ODF 1.3, part 3, 4.3), and the language of its styles."""

from pathlib import Path

from chalicelib.formats import opendocument
from chalicelib.formats.errors import FormatError
from chalicelib.formats.xml_events import attribute, events, local_name
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.metadata.model import MetadataDraft


def read(path: Path) -> MetadataDraft:
    """Return what meta.xml says. Its dates are those of the file, not of a publication. Raises FormatError."""
    draft = MetadataDraft()
    with ZipContainer(path) as container:
        if opendocument.META in container.names:
            _read_meta(container.read(opendocument.META), draft)
        if opendocument.STYLES in container.names:
            draft.languages += _default_language(container.read(opendocument.STYLES))
    return draft


def _read_meta(content: bytes, draft: MetadataDraft) -> None:
    editors: list[str] = []
    for is_start, element in events(content, doctype=True):
        text = "" if is_start else (element.text or "")
        if not text:
            continue
        match local_name(element.tag):
            case "title":
                draft.titles.append(text)
            case "initial-creator":
                draft.creators.append([text])
            case "creator":  # of the last change
                editors.append(text)
            case "language":
                draft.languages.append(text)
            case "publisher":
                draft.publishers.append(text)
    draft.creators.append(editors)


def _default_language(styles: bytes) -> list[str]:
    is_default = False
    try:
        for is_start, element in events(styles, doctype=True):
            kind = local_name(element.tag)
            if kind == "default-style":
                is_default = is_start
            elif is_start and is_default and kind == "text-properties" and (language := attribute(element, "language")):
                country = attribute(element, "country")
                return [f"{language}-{country}" if country and country != "none" else language]
    except FormatError:  # meta.xml is right all the same
        return []
    return []
