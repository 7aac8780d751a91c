"""The copy of a text or page in UTF-8, for readers that expect that: browsers, and text extraction."""

import codecs
from pathlib import Path

from chalicelib.inspection.documents.text import (
    CHUNK_BYTES,
    CONTROL_CHARACTER,
    DOS_END_OF_FILE,
    PRINT_CONTROL,
)
from chalicelib.platform import sandbox

LINE_TABULATION = "\x0b"  # a line break of word processors


def write_view_copy(source: Path, target: Path, encoding: str) -> None:
    """Write the text in UTF-8. Its byte order mark overrules what a page declares in its markup.

    Raises UnicodeError if the file is no text in this encoding.
    """
    sandbox.step("writing the copy")
    content = source.read_bytes()
    decoder = codecs.getincrementaldecoder(encoding)()
    with target.open("wb") as file:
        file.write(codecs.BOM_UTF8)
        for start in range(0, len(content), CHUNK_BYTES):
            is_last = start + CHUNK_BYTES >= len(content)
            text = decoder.decode(content[start : start + CHUNK_BYTES], final=is_last)
            text = text.rstrip(DOS_END_OF_FILE) if is_last else text
            if CONTROL_CHARACTER.search(text):
                text = PRINT_CONTROL.sub(lambda control: "\n" if control[0] == LINE_TABULATION else "", text)
                if CONTROL_CHARACTER.search(text):  # another encoding than was examined, which its owner chose
                    raise UnicodeError(f"control characters in {encoding}")
            file.write(text.encode())
