"""HTML, for reading aloud only: it is never served as HTML, so what acts in it is told, not refused."""

import codecs
import re
from pathlib import Path

from chalicelib.inspection import sniff
from chalicelib.inspection.documents import markup
from chalicelib.inspection.model import Findings, InspectionWarning, Rejection
from chalicelib.platform import sandbox

MAX_BYTES = 20 * 1024 * 1024  # a book as one page has 3 MB; pages above this hold pictures as text
SNIFF_BYTES = 4_096  # the page must begin as one in here

_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})|<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{1,40})",
    re.I,
)
_TAG = re.compile(rb"<(?:!doctype\s+html|html|head|title|meta|body|article|main|div|p|h[1-6])[\s/>]", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
# What browsers know and people use; the others are how filters are passed by.
ACCEPTED_ENCODINGS = frozenset(
    {"utf-8", "ascii", "iso8859-1", "iso8859-2", "iso8859-15", "cp1250", "cp1251", "cp1252", "koi8-r"}
    | {"shift_jis", "euc_jp", "gb2312", "gbk", "gb18030", "big5", "euc_kr"}
)


def examine(path: Path, media_type: str) -> Findings:
    """Whether it is one page of HTML in an encoding that it names itself, UTF-8 when it names none."""
    del media_type
    size = path.stat().st_size
    if size > MAX_BYTES:
        return Findings(
            Rejection(
                "too_large", f"The page has {size:,} bytes; at most {MAX_BYTES // 1024**2} MB are taken. Split it."
            )
        )
    content = path.read_bytes()
    sandbox.step("decoding the page")
    encoding = _encoding(content)
    if encoding is None:
        return Findings(
            Rejection("malformed", "The page names an encoding that is not accepted. Save it as UTF-8 and upload that.")
        )
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        return Findings(
            Rejection(
                "malformed",
                f"The page is not valid {encoding.upper()} (near byte {error.start:,}). Save it as UTF-8 and upload that.",
            )
        )
    control = _CONTROLS.search(text)
    plain = text.encode()
    start = plain[:SNIFF_BYTES]
    kind = sniff.detect_markup(start)
    if control or kind in {"an SVG picture", "a PHP script"} or not _TAG.search(start):
        found = "holds binary data" if control else f"is {kind}" if kind else "does not begin as one"
        return Findings(
            Rejection("type_mismatch", f"The file was announced as an HTML page but {found}. Upload it as what it is.")
        )
    sandbox.step("looking how deep it nests")
    if markup.nests_too_deep(plain):
        return Findings(
            Rejection(
                "bomb",
                f"The page nests more than {markup.MAX_DEPTH} elements in each other. Save it as plain text and upload that.",
            )
        )
    notes = []
    if markup.has_script(plain) or markup.embeds_foreign_content(plain):
        notes.append(
            InspectionWarning(
                "scripts_ignored", "The page has scripts or embedded parts. Only its text is used; nothing is run."
            )
        )
    if markup.fetches_remote_content(plain):
        notes.append(
            InspectionWarning("remote_resources", "Parts of the page lie on other servers. They are not fetched here.")
        )
    return Findings(warnings=tuple(notes))


def _encoding(content: bytes) -> str | None:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    named = _CHARSET.search(content[:SNIFF_BYTES])
    if named is None:
        return "utf-8"
    try:
        name = codecs.lookup((named[1] or named[2]).decode()).name
    except (LookupError, UnicodeDecodeError):
        return None
    return "cp1252" if name in {"iso8859-1", "ascii"} else name if name in ACCEPTED_ENCODINGS else None
