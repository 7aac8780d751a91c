"""Relationships of OOXML packages (ECMA-376, part 2): which part belongs to which, and what is external."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.formats.xml_events import local_name, start_elements
from chalicelib.formats.zip_container import ZipContainer

DEFAULT_MAIN_PART = "word/document.xml"
_ROOT_RELATIONSHIPS = "_rels/.rels"


@dataclass(frozen=True, slots=True)
class Relationship:
    """`kind` is the last segment of its type, in lower case: "image", "hyperlink", "officedocument".

    `id` is what the part calls it by.
    """

    id: str
    kind: str
    target: str
    is_external: bool


def relationships(content: bytes) -> Iterator[Relationship]:
    """Yield the relationships of one `.rels` part. Raises FormatError."""
    for element in start_elements(content):
        if local_name(element.tag) == "Relationship":
            yield Relationship(
                element.get("Id", ""),
                element.get("Type", "").rsplit("/", 1)[-1].lower(),
                element.get("Target", ""),
                element.get("TargetMode", "").lower() == "external",
            )


def relationships_name(part: str) -> str:
    """Return the name of the `.rels` part of a part."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def target_name(part: str, relationship: Relationship) -> str:
    """Return the name of the part that an internal relationship of `part` leads to."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), relationship.target)).lstrip("/")


def main_part(container: ZipContainer) -> str:
    """Return the name of the part with the document. Raises FormatError."""
    if _ROOT_RELATIONSHIPS not in container.names:
        return DEFAULT_MAIN_PART
    for relationship in relationships(container.read(_ROOT_RELATIONSHIPS)):
        if relationship.kind == "officedocument":
            return relationship.target.lstrip("/")
    return DEFAULT_MAIN_PART
