"""Plain text and Markdown: a file that was declared as text must be text from its first byte to its last."""

import codecs
import re
from pathlib import Path

from chalicelib.formats import charset
from chalicelib.formats.charset import Encoding
from chalicelib.inspection import sniff, types
from chalicelib.inspection.documents.control_characters import CONTROL_CHARACTER, ControlCharacters
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

CHUNK_BYTES = 1024 * 1024  # decoded chunk by chunk: 100 MB as one string may take 400 MB
MARKUP_WINDOW = 4096  # characters; a browser that guesses types looks at less than 1.5 KB

_CONTROL_BYTE = re.compile(CONTROL_CHARACTER.pattern.encode())
DOS_END_OF_FILE = "\x1a"  # Ctrl-Z: editors of DOS wrote it, or filled the last block with it
_MARKUP_LINE = re.compile(
    r"^ {0,3}(?P<start><\?php|<script\b(?=(?s:.*)</script\b)|<!doctype\b)", re.IGNORECASE | re.MULTILINE
)
_FENCED_CODE = re.compile(r"^(```|~~~).*?(?:^\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)


_CONTROLS_REMOVED = (
    "Control characters, such as colours of a terminal or line breaks of programs, were left out of what is shown."
)
_SCRIPTS_IGNORED = InspectionWarning(
    "scripts_ignored", "The text contains scripts. Only its words are used; nothing is run."
)


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is text in an encoding that is known, which is a guess if nothing states it.

    It must have few control characters but those of print, and none if its encoding is a guess. Its first lines must not be
    markup, except in fenced code of Markdown, which may also have scripts behind its first line; a sentence about a tag is none.
    """
    content = path.read_bytes()
    sandbox.step("finding the encoding")
    encoding = charset.text_encoding(content, *types.declared_charset(media_type))
    if encoding is None:
        raise not_accepted("text")
    sandbox.step("decoding the text")
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    opening, controls = "", ControlCharacters()
    for start in range(0, len(content), CHUNK_BYTES):
        is_last = start + CHUNK_BYTES >= len(content)
        try:
            text = decoder.decode(content[start : start + CHUNK_BYTES], final=is_last)
        except UnicodeDecodeError as error:
            raise not_decodable("text", content, encoding, start + error.start) from None
        text = text.rstrip(DOS_END_OF_FILE) if is_last else text
        text = controls.remove(text)
        opening = opening or text[:MARKUP_WINDOW]
    if controls.is_binary or (controls.stray and encoding.is_guess):
        raise _has_control_character(controls.stray)
    warnings = guess_warnings("text", encoding)
    if _has_scripts(opening, media_type):
        warnings += (_SCRIPTS_IGNORED,)
    if controls.found:
        warnings += (InspectionWarning("control_characters_removed", _CONTROLS_REMOVED),)
    needs_copy = controls.found or not encoding.is_utf8
    return Findings(warnings=warnings, encoding=encoding.codec if needs_copy else None)


def guess_warnings(kind: str, encoding: Encoding) -> tuple[InspectionWarning, ...]:
    """Return the warning that the encoding of a "text" or "page" was guessed, if it was."""
    if not encoding.is_guess:
        return ()
    reason = "is not in the encoding that is declared" if encoding.is_contradicted else "does not say how it is encoded"
    return (InspectionWarning("encoding_guessed", f"The {kind} {reason}. It was read as {encoding.name}."),)


def not_accepted(kind: str) -> RejectedError:
    """Return the rejection of a "text" or "page" that is declared to be in an encoding that is not accepted."""
    return RejectedError(
        "malformed",
        f"The {kind} is declared to be in an encoding that is not accepted. Save it as UTF-8 and upload that.",
    )


def not_decodable(kind: str, content: bytes, encoding: Encoding, near_byte: int) -> RejectedError:
    """Return the rejection of a "text" or "page" that does not fit its encoding."""
    if encoding.is_guess:
        control = _CONTROL_BYTE.search(content.rstrip(DOS_END_OF_FILE.encode()))
        if control:
            return _has_control_character(control.group().decode())
        problem = "is in no encoding that is known"
    else:
        problem = f"is not valid {encoding.name}"
    return RejectedError(
        "malformed",
        f"The {kind} {problem} (near byte {near_byte:,}). Save it as UTF-8 in your editor and upload it again.",
    )


def _has_control_character(character: str) -> RejectedError:
    return RejectedError(
        "type_mismatch",
        f"The file was declared as text but contains binary data (the control character U+{ord(character):04X}). "
        "Upload it as what it is.",
    )


def _has_scripts(head: str, media_type: str) -> bool:
    """Return whether a text in Markdown has scripts, which its readers leave out.

    Raises RejectedError if it is another format.
    """
    is_markdown = media_type.startswith("text/markdown")
    prose = _FENCED_CODE.sub("", head) if is_markdown else head
    kind = sniff.detect_markup(prose.encode("utf-8", "surrogatepass"))
    line = _MARKUP_LINE.search(prose)
    if kind is None and (line is None or (is_markdown and line["start"].lower() == "<script")):
        return line is not None
    problem = f"begins as {kind}" if kind else f"has a line that starts with “{line['start'] if line else ''}”"
    raise RejectedError(
        "type_mismatch",
        f"The file was declared as text but {problem}. Upload it as what it is, or remove the markup.",
    )
