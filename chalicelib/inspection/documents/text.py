"""Plain text and Markdown. Text is never a fallback: only what was announced as text is looked at here, and it must
be text all through.
"""

import codecs
import re
from pathlib import Path

from chalicelib.inspection import sniff
from chalicelib.inspection.model import Findings, Rejection
from chalicelib.platform import sandbox

CHUNK_BYTES = 1024 * 1024  # decoded piece by piece: 100 MB as one string may take 400 MB
MARKUP_WINDOW = 4096  # characters; a browser that guesses types looks at less than 1.5 KB

# Anything below a space but tab, line feed, form feed and carriage return; and DEL. They drive terminals, not readers.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP_LINE = re.compile(r"^ {0,3}(<\?php|<script\b|<!doctype\b)", re.IGNORECASE | re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~).*?(?:^\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)


def examine(path: Path, media_type: str) -> Findings:
    """Whether the whole file is UTF-8, or UTF-16 with a byte order mark, without control characters and without
    markup in its first lines.
    """
    with path.open("rb") as file:
        head = file.read(sniff.HEAD_BYTES)
    encoding, name = (
        ("utf-16", "UTF-16") if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ("utf-8-sig", "UTF-8")
    )
    sandbox.step("decoding the text")
    decoder = codecs.getincrementaldecoder(encoding)()
    first = ""
    position = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return Findings(_not_decodable(name, position + error.start, head))
            control = _CONTROLS.search(text)
            if control:
                return Findings(_has_control(control.group(), head))
            first = first or text[:MARKUP_WINDOW]
            if not chunk:
                break
            position += len(chunk)
    return Findings(_check_markup(first, media_type))


def _not_decodable(name: str, near: int, head: bytes) -> Rejection:
    if name == "UTF-8" and b"\x00" in head:
        return _has_control("\x00", head)
    return Rejection(
        "malformed",
        f"The text is not valid {name} (near byte {near:,}). Save it as UTF-8 in your editor and upload it again.",
    )


def _has_control(character: str, head: bytes) -> Rejection:
    if (
        character == "\x00"
        and len(head) >= 4
        and (head[1::2].count(0) > len(head) // 4 or head[::2].count(0) > len(head) // 4)
    ):
        return Rejection(
            "malformed",
            "The text looks like UTF-16 without a byte order mark. Save it as UTF-8 and upload it again.",
        )
    return Rejection(
        "type_mismatch",
        f"The file was announced as text but holds binary data (the control character U+{ord(character):04X}). "
        "Upload it as what it is.",
    )


def _check_markup(first: str, media_type: str) -> Rejection | None:
    prose = _FENCED.sub("", first) if media_type == "text/markdown" else first
    kind = sniff.detect_markup(prose.encode("utf-8", "surrogatepass"))
    found = _MARKUP_LINE.search(prose)
    if kind is None and found is None:
        return None
    what = f"begins as {kind}" if kind else f"has a line that starts with “{found.group(1) if found else ''}”"
    return Rejection(
        "type_mismatch", f"The file was announced as text but {what}. Upload it as what it is, or remove the markup."
    )
