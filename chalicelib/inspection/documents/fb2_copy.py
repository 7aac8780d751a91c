"""The copy of a FictionBook without active content: foreign elements, script addresses, and binaries that are no pictures."""

import io
import zipfile
from pathlib import Path

from chalicelib.formats import fb2
from chalicelib.formats.zip_container import write_entry
from chalicelib.inspection.active_content import ActiveContentRemainsError
from chalicelib.inspection.documents import fb2 as examiner
from chalicelib.inspection.documents import xml_tree
from chalicelib.platform import sandbox


def write_view_copy(source: Path, target: Path) -> None:
    """Write the book, packed if it was.

    The result is examined again. Raises ActiveContentRemainsError, and what the parsers raise.
    """
    content = fb2.read_markup(source)
    sandbox.step("writing the copy")
    copy = _without_active_content(content)
    sandbox.step("examining the copy")
    remaining, _ = examiner.find_active_content(copy.partition(b"\n")[2])
    if remaining:
        raise ActiveContentRemainsError(", ".join(sorted(remaining)))
    with source.open("rb") as file:
        is_packed = file.read(2) == b"PK"
    target.write_bytes(_packed(copy) if is_packed else copy)


def _without_active_content(content: bytes) -> bytes:
    root = xml_tree.parse(content, huge_texts=True)  # a picture may be one text of 60 MB
    for element in list(root.iter("*")):
        for name, _ in examiner.active_attributes(dict(element.attrib)):
            del element.attrib[name]
        is_attachment = element.tag.endswith("binary") and not examiner.is_picture(
            fb2.decode_picture("".join(element.itertext()))
        )
        if is_attachment or examiner.kind_of_element(element.tag) is not None:
            xml_tree.remove(element)
    return xml_tree.serialize(root)


def _packed(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        write_entry(archive, f"book{fb2.ENDING}", content)
    return out.getvalue()
