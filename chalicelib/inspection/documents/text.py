"""Plain text and Markdown: a file that was declared as text must be text from its first byte to its last."""

import codecs
import re
from pathlib import Path

from chalicelib.formats import charset
from chalicelib.inspection import sniff
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

CHUNK_BYTES = 1024 * 1024  # decoded chunk by chunk: 100 MB as one string may take 400 MB
MARKUP_WINDOW = 4096  # characters; a browser that guesses types looks at less than 1.5 KB

# Anything below a space but tab, line feed, form feed and carriage return; and DEL. They drive terminals, not readers.
CONTROL_CHARACTER = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP_LINE = re.compile(r"^ {0,3}(<\?php|<script\b|<!doctype\b)", re.IGNORECASE | re.MULTILINE)
_FENCED_CODE = re.compile(r"^(```|~~~).*?(?:^\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is UTF-8, or UTF-16 with a byte order mark.

    It must have no control characters. Its first lines must not be markup, except in fenced code of Markdown.
    """
    with path.open("rb") as file:
        head = file.read(sniff.HEAD_BYTES)
    encoding = charset.bom_encoding(head) or "utf-8-sig"
    sandbox.step("decoding the text")
    decoder = codecs.getincrementaldecoder(encoding)()
    opening = ""
    offset = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise _not_decodable(encoding, offset + error.start, head) from None
            control = CONTROL_CHARACTER.search(text)
            if control:
                raise _has_control_character(control.group(), head)
            opening = opening or text[:MARKUP_WINDOW]
            if not chunk:
                break
            offset += len(chunk)
    _check_markup(opening, media_type)
    return Findings()


def _not_decodable(encoding: str, near_byte: int, head: bytes) -> RejectedError:
    name = "UTF-16" if encoding == "utf-16" else "UTF-8"
    if name == "UTF-8" and b"\x00" in head:
        return _has_control_character("\x00", head)
    return RejectedError(
        "malformed",
        f"The text is not valid {name} (near byte {near_byte:,}). Save it as UTF-8 in your editor and upload it again.",
    )


def _has_control_character(character: str, head: bytes) -> RejectedError:
    if (
        character == "\x00"
        and len(head) >= 4
        and (head[1::2].count(0) > len(head) // 4 or head[::2].count(0) > len(head) // 4)
    ):
        return RejectedError(
            "malformed",
            "The text looks like UTF-16 without a byte order mark. Save it as UTF-8 and upload it again.",
        )
    return RejectedError(
        "type_mismatch",
        f"The file was declared as text but contains binary data (the control character U+{ord(character):04X}). "
        "Upload it as what it is.",
    )


def _check_markup(head: str, media_type: str) -> None:
    prose = _FENCED_CODE.sub("", head) if media_type == "text/markdown" else head
    kind = sniff.detect_markup(prose.encode("utf-8", "surrogatepass"))
    line = _MARKUP_LINE.search(prose)
    if kind is None and line is None:
        return
    problem = f"begins as {kind}" if kind else f"has a line that starts with “{line.group(1) if line else ''}”"
    raise RejectedError(
        "type_mismatch",
        f"The file was declared as text but {problem}. Upload it as what it is, or remove the markup.",
    )
