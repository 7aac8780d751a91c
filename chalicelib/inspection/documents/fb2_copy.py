"""The copy of a FictionBook without active content: foreign elements, script addresses, and binaries that are no pictures."""

import io
import zipfile
from pathlib import Path
from typing import Any

from chalicelib.formats import fb2
from chalicelib.formats.zip_container import write_entry
from chalicelib.inspection.active_content import ActiveContentRemainsError
from chalicelib.inspection.documents import fb2 as examiner
from chalicelib.platform import sandbox


def write_view_copy(source: Path, target: Path) -> None:
    """Write the book, packed if it was.

    The result is examined again. Raises ActiveContentRemainsError, and what the parsers raise.
    """
    content = fb2.read_markup(source)
    sandbox.step("writing the copy")
    copy = _without_active_content(content)
    sandbox.step("examining the copy")
    remaining, _ = examiner.find_active_content(copy)
    if remaining:
        raise ActiveContentRemainsError(", ".join(sorted(remaining)))
    with source.open("rb") as file:
        is_packed = file.read(2) == b"PK"
    target.write_bytes(_packed(copy) if is_packed else b'<?xml version="1.0" encoding="UTF-8"?>\n' + copy)


def _without_active_content(content: bytes) -> bytes:
    from lxml import etree

    # Its depth was checked, and a picture may be one text of 60 MB, for which the parser wants to be asked.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(content, parser)
    for element in list(root.iter("*")):
        for name, _ in examiner.active_attributes(dict(element.attrib)):
            del element.attrib[name]
        is_attachment = element.tag.endswith("binary") and not examiner.is_picture(
            fb2.decode_picture("".join(element.itertext()))
        )
        if is_attachment or examiner.kind_of_element(element.tag) is not None:
            _remove(element)
    serialized: bytes = etree.tostring(root, encoding="utf-8")
    return serialized


def _remove(element: Any) -> None:
    """Remove an element, and leave the text behind it."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _packed(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        write_entry(archive, f"book{fb2.ENDING}", b'<?xml version="1.0" encoding="UTF-8"?>\n' + content)
    return out.getvalue()
