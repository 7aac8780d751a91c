"""The copy of a text or page in UTF-8, for readers that expect that: browsers, and text extraction."""

import codecs
from pathlib import Path

from chalicelib.inspection.documents.control_characters import ControlCharacters
from chalicelib.inspection.documents.text import CHUNK_BYTES, DOS_END_OF_FILE
from chalicelib.platform import sandbox


def write_view_copy(source: Path, target: Path, encoding: str) -> None:
    """Write the text in UTF-8. Its byte order mark overrules what a page declares in its markup.

    Raises UnicodeError if the file is no text in this encoding.
    """
    sandbox.step("writing the copy")
    content = source.read_bytes()
    decoder, controls = codecs.getincrementaldecoder(encoding)(), ControlCharacters()
    with target.open("wb") as file:
        file.write(codecs.BOM_UTF8)
        for start in range(0, len(content), CHUNK_BYTES):
            is_last = start + CHUNK_BYTES >= len(content)
            text = decoder.decode(content[start : start + CHUNK_BYTES], final=is_last)
            text = text.rstrip(DOS_END_OF_FILE) if is_last else text
            file.write(controls.remove(text).encode())
    if controls.is_binary:  # another encoding than was examined, which its owner chose
        raise UnicodeError(f"control characters in {encoding}")
