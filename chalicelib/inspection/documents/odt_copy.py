"""The copy of an OpenDocument text without active content. Parts without any stay byte for byte."""

import io
import zipfile
from pathlib import Path

from chalicelib.formats import opendocument
from chalicelib.formats.xml_events import local_name
from chalicelib.formats.zip_container import ZipContainer, write_entry
from chalicelib.inspection.active_content import ActiveContentRemainsError
from chalicelib.inspection.documents import markup_actions, odt, odt_actions, xml_tree
from chalicelib.platform import sandbox

_SCRIPTS = "office:1.0}scripts"
_LINKS = frozenset({"a"})


def write_view_copy(source: Path, target: Path) -> None:
    """Write the document without active parts, elements and addresses.

    The result is examined again. Raises ActiveContentRemainsError, and what the parsers raise.
    """
    copy = io.BytesIO()
    with ZipContainer(source) as container:
        sandbox.step("writing the copy")
        removed = {name for name in container.names if odt_actions.is_removed_part(name)} | {"mimetype"}
        with zipfile.ZipFile(copy, "w") as archive:
            write_entry(archive, "mimetype", opendocument.media_type(container).encode(), stored=True)
            for member in container.members(without=removed):
                content = member.content
                if member.name == opendocument.MANIFEST:
                    content = _without_entries(content, removed)
                elif member.name.lower().endswith(".xml") and content.strip():
                    content = _without_active_elements(content)
                elif member.name.lower().endswith(".svg"):
                    content = markup_actions.remove_active_content(content, is_xml=True)
                write_entry(archive, member.name, content)
    target.write_bytes(copy.getbuffer())
    sandbox.step("examining the copy")
    with ZipContainer(target) as container:
        remaining, _ = odt.find_active_content(container)
    if remaining:
        raise ActiveContentRemainsError(", ".join(sorted(remaining)))


def _without_entries(content: bytes, removed: set[str]) -> bytes:
    root = xml_tree.parse(content)
    for element in list(root):
        path = next((value for name, value in element.attrib.items() if local_name(name) == "full-path"), "")
        if path in removed and path != "mimetype":
            xml_tree.remove(element)
    return xml_tree.serialize(root)


def _without_active_elements(content: bytes) -> bytes:
    kinds, _ = odt.kinds_in(content)
    root = xml_tree.parse(content)
    is_changed = bool(kinds)
    for element in list(root.iter("*")):
        name = local_name(element.tag)
        attributes = {local_name(key): (key, value) for key, value in element.attrib.items()}
        _, language = attributes.get("language", ("", ""))
        key, href = attributes.get("href", ("", ""))
        if element.tag.endswith(_SCRIPTS):
            is_changed |= len(element) > 0
            xml_tree.remove(element)
        elif odt_actions.kind_of_element(element.tag, language):
            (xml_tree.unwrap if name in odt_actions.SHOWN_ELEMENTS else xml_tree.remove)(element)
        elif key and (kind := odt_actions.kind_of_address(element.tag, href)):
            if name in _LINKS or kind == "form_actions":
                element.set(key, "#" if name in _LINKS else "")
            else:
                xml_tree.remove(element)
    return xml_tree.serialize(root) if is_changed else content
