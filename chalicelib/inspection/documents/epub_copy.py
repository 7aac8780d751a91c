"""The copy of a book without scripts, frames and objects. What is harmless stays byte for byte."""

import io
import re
import zipfile
from collections.abc import Collection
from pathlib import Path

from chalicelib.formats import epub_package
from chalicelib.formats.zip_container import ZipContainer, ZipMember, write_entry
from chalicelib.inspection.active_content import ActiveContentRemainsError
from chalicelib.inspection.documents import epub, markup_actions
from chalicelib.platform import sandbox

_SCRIPT_ITEM = re.compile(rb"<[^<>]*:?item\b[^<>]*\bhref\s*=\s*[\"'][^\"'<>]*\.m?js[\"'][^<>]*>", re.IGNORECASE)
_SCRIPTED = re.compile(rb"(\bproperties\s*=\s*[\"'][^\"'<>]*?)\bscripted\b\s*", re.IGNORECASE)


def write_view_copy(source: Path, target: Path) -> None:
    """Write the book without script files, and its texts without active content.

    The result is searched again. Raises ActiveContentRemainsError, and what the parsers raise.
    """
    copy = io.BytesIO()
    with ZipContainer(source) as container:
        markup_names = epub.names_of_markup(epub_package.read_package(container))
        sandbox.step("writing the copy")
        with zipfile.ZipFile(copy, "w") as archive:
            write_entry(archive, "mimetype", b"application/epub+zip", stored=True)
            for member in container.members(without={"mimetype"}):
                if not epub.is_script(member.name):
                    write_entry(archive, member.name, _without_active_content(member, markup_names))
    target.write_bytes(copy.getbuffer())
    sandbox.step("examining the copy")
    with ZipContainer(target) as container:
        remaining = {kind for member in container.members() for kind in epub.active_kinds(member, markup_names)}
    if remaining:
        raise ActiveContentRemainsError(", ".join(sorted(remaining)))


def _without_active_content(member: ZipMember, markup_names: Collection[str]) -> bytes:
    content = member.content
    if member.name.lower().endswith(".opf"):
        return _SCRIPTED.sub(rb"\1", _SCRIPT_ITEM.sub(b"", content))
    for is_xml in epub.ways_to_read(member.name, markup_names):
        content = markup_actions.remove_active_content(content, is_xml=is_xml)
    return content
