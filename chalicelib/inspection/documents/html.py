"""HTML pages, for text extraction only: they are never served as HTML, so scripts are reported, not rejected."""

import re
from pathlib import Path

from chalicelib.formats import charset, markup_depth
from chalicelib.inspection import sniff
from chalicelib.inspection.documents import markup, markup_actions
from chalicelib.inspection.documents.text import CONTROL_CHARACTER
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

MAX_BYTES = 20 * 1024 * 1024  # a book as one page has 3 MB; larger pages contain pictures as text
SNIFF_BYTES = 4_096  # the first tag of a page must be within these

_PAGE_TAG = re.compile(
    rb"<(?:!doctype\s+html|html|head|title|meta|body|article|main|div|p|h[1-6])[\s/>]", re.IGNORECASE
)
# Encodings that browsers support and people use; the others serve to bypass filters.
ACCEPTED_ENCODINGS = frozenset(
    {"utf-8", "iso8859-2", "iso8859-15", "cp1250", "cp1251", "cp1252", "koi8-r"}
    | {"shift_jis", "euc_jp", "gb2312", "gbk", "gb18030", "big5", "euc_kr"}
)
_SCRIPTS_IGNORED = InspectionWarning(
    "scripts_ignored", "The page contains scripts or embedded parts. Only its text is used; nothing is run."
)
_REMOTE_RESOURCES = InspectionWarning(
    "remote_resources", "Parts of the page are on other servers. They are not fetched."
)


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a page of HTML in its declared encoding. The default is UTF-8."""
    del media_type
    size_bytes = path.stat().st_size
    if size_bytes > MAX_BYTES:
        raise RejectedError(
            "too_large", f"The page has {size_bytes:,} bytes; the limit is {MAX_BYTES // 1024**2} MB. Split it."
        )
    sandbox.step("decoding the page")
    text = _decode(path.read_bytes())
    page = text.encode()
    _check_start(text, page[:SNIFF_BYTES])
    sandbox.step("measuring how deep it nests")
    if markup_depth.is_too_complex(page, is_xhtml=markup_depth.is_xhtml(text)):
        raise RejectedError(
            "bomb",
            f"The page {markup_depth.EXCESS}. Save it as plain text and upload that.",
        )
    has_active_content = bool(markup_actions.find_kinds(page, is_xml=False))
    return Findings(
        warnings=(
            *((_SCRIPTS_IGNORED,) if has_active_content else ()),
            *((_REMOTE_RESOURCES,) if markup.fetches_remote_content(page) else ()),
        )
    )


def _decode(content: bytes) -> str:
    encoding = charset.bom_encoding(content)
    if encoding is None:
        encoding = charset.markup_encoding(content)
        if encoding is None or encoding not in ACCEPTED_ENCODINGS:
            raise RejectedError(
                "malformed", "The page declares an encoding that is not accepted. Save it as UTF-8 and upload that."
            )
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.upper().removesuffix("-SIG")
        raise RejectedError(
            "malformed", f"The page is not valid {name} (near byte {error.start:,}). Save it as UTF-8 and upload that."
        ) from None


def _check_start(text: str, start: bytes) -> None:
    kind = sniff.detect_markup(start)
    if CONTROL_CHARACTER.search(text):
        problem = "contains binary data"
    elif kind in {"an SVG picture", "a PHP script"} or not _PAGE_TAG.search(start):
        problem = f"is {kind}" if kind else "does not begin as one"
    else:
        return
    raise RejectedError(
        "type_mismatch", f"The file was declared as an HTML page but {problem}. Upload it as what it is."
    )
