"""Metadata of a Word document: its core properties (ECMA-376, part 2, 11), and the language of its styles."""

import posixpath
from pathlib import Path

from chalicelib.formats import ooxml
from chalicelib.formats.errors import FormatError
from chalicelib.formats.xml_events import attribute, events, local_name
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.metadata.model import MetadataDraft

_CORE_PROPERTIES = "docProps/core.xml"
_ROOT_RELATIONSHIPS = "_rels/.rels"


def read(path: Path) -> MetadataDraft:
    """Return what the properties say. Their dates are those of the file, not of a publication. Raises FormatError."""
    with ZipContainer(path) as container:
        draft = MetadataDraft()
        name = _core_properties_name(container)
        if name in container.names:
            _read_properties(container.read(name), draft)
        styles = posixpath.join(posixpath.dirname(ooxml.main_part(container)), "styles.xml")
        if styles in container.names:
            draft.languages += _default_language(container.read(styles))
    return draft


def _core_properties_name(container: ZipContainer) -> str:
    if _ROOT_RELATIONSHIPS in container.names:
        for relationship in ooxml.relationships(container.read(_ROOT_RELATIONSHIPS)):
            if relationship.kind == "core-properties" and not relationship.is_external:
                return ooxml.target_name("", relationship)
    return _CORE_PROPERTIES


def _read_properties(content: bytes, draft: MetadataDraft) -> None:
    for is_start, element in events(content):
        text = "" if is_start else (element.text or "")
        if not text:
            continue
        match local_name(element.tag):
            case "title":
                draft.titles.append(text)
            case "creator":
                draft.creators.append([text])
            case "language":
                draft.languages.append(text)


def _default_language(styles: bytes) -> list[str]:
    is_default = False
    try:
        for is_start, element in events(styles):
            kind = local_name(element.tag)
            if kind == "docDefaults":
                is_default = is_start
            elif is_start and is_default and kind == "lang":
                return [attribute(element, "val")]
    except FormatError:  # the properties are right all the same
        return []
    return []
