"""The copy of a Word document without active content. What is harmless stays byte for byte."""

import io
import posixpath
import zipfile
from pathlib import Path
from typing import Any

from chalicelib.formats import ooxml
from chalicelib.formats.zip_container import ZipContainer, write_entry
from chalicelib.inspection.active_content import ActiveContentRemainsError
from chalicelib.inspection.documents import docx, docx_actions, xml_tree
from chalicelib.platform import sandbox

_RELATIONSHIP_IDS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_STRICT_RELATIONSHIP_IDS = "{http://purl.oclc.org/ooxml/officeDocument/relationships}"


def write_view_copy(source: Path, target: Path) -> None:
    """Write the document without active parts, without relationships that lead to any, and without active fields.

    The result is examined again. Raises ActiveContentRemainsError, and what the parsers raise.
    """
    copy = io.BytesIO()
    with ZipContainer(source) as container:
        sandbox.step("finding what to leave out")
        removed_ids, removed_parts = _removed(container)
        sandbox.step("writing the copy")
        with zipfile.ZipFile(copy, "w") as archive:
            for member in container.members(without=removed_parts):
                content = member.content
                if member.name == docx.CONTENT_TYPES:
                    content = _without_types(content, removed_parts)
                elif member.name in removed_ids:
                    content = _without_relationships(content, removed_ids[member.name])
                elif member.name.endswith(".xml"):
                    ids = removed_ids.get(ooxml.relationships_name(member.name), set())
                    content = _without_active_elements(member.name, content, ids)
                write_entry(archive, member.name, content)
    target.write_bytes(copy.getbuffer())
    sandbox.step("examining the copy")
    with ZipContainer(target) as container:
        remaining, _ = docx.find_active_content(container)
    if remaining:
        raise ActiveContentRemainsError(", ".join(sorted(remaining)))


def _removed(container: ZipContainer) -> tuple[dict[str, set[str]], set[str]]:
    """Return the ids of relationships to remove, by the part that lists them, and the names of parts to leave out."""
    parts = {name for name in container.names if docx_actions.kind_of_part(name)}
    listed = {
        name: list(ooxml.relationships(container.read(name))) for name in container.names if name.endswith(".rels")
    }
    for name, relationships in listed.items():
        parts |= {
            ooxml.target_name(_owner(name), relationship)
            for relationship in relationships
            if not relationship.is_external and docx_actions.kind_of_relationship(relationship)
        }
    ids = {
        name: {
            relationship.id
            for relationship in relationships
            if docx_actions.kind_of_relationship(relationship)
            or (not relationship.is_external and ooxml.target_name(_owner(name), relationship) in parts)
        }
        for name, relationships in listed.items()
    }
    parts |= {name for name in listed if _owner(name) in parts}
    return {name: found for name, found in ids.items() if found}, parts


def _owner(relationships_name: str) -> str:
    """Return the name of the part whose relationships are listed in this one."""
    folder, name = posixpath.split(relationships_name)
    return posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels"))


def _without_types(content: bytes, removed_parts: set[str]) -> bytes:
    root = xml_tree.parse(content)
    for element in list(root):
        if element.get("PartName", "").lstrip("/") in removed_parts:
            root.remove(element)
        elif element.get("ContentType") in docx_actions.MAIN_CONTENT_TYPES:
            element.set("ContentType", docx_actions.MAIN_CONTENT_TYPE)
    return xml_tree.serialize(root)


def _without_relationships(content: bytes, ids: set[str]) -> bytes:
    root = xml_tree.parse(content)
    for element in list(root):
        if element.get("Id") in ids:
            root.remove(element)
    return xml_tree.serialize(root)


def _without_active_elements(name: str, content: bytes, ids: set[str]) -> bytes:
    """Remove the elements that name a removed relationship, and all fields if one of the part is active."""
    has_fields = name.lower().startswith("word/") and docx.has_active_field(content)
    if not ids and not has_fields:
        return content
    root = xml_tree.parse(content)
    for element in list(root.iter("{*}*")):
        tag = element.tag.rpartition("}")[2]
        if (has_fields and tag == "fldSimple") or (tag == docx_actions.HYPERLINK and _names_any(element, ids)):
            xml_tree.unwrap(element)
        elif (has_fields and tag in {"fldChar", "instrText"}) or _names_any(element, ids):
            xml_tree.remove(element)
    return xml_tree.serialize(root)


def _names_any(element: Any, ids: set[str]) -> bool:
    return any(
        value in ids and name.startswith((_RELATIONSHIP_IDS, _STRICT_RELATIONSHIP_IDS))
        for name, value in element.attrib.items()
        if isinstance(name, str)
    )
