"""HTML pages, for text extraction only: they are never served as HTML, so scripts are reported, not rejected."""

import re
from pathlib import Path

from chalicelib.formats import charset, markup_depth
from chalicelib.inspection import sniff, types
from chalicelib.inspection.documents import markup, markup_actions
from chalicelib.inspection.documents.control_characters import ControlCharacters
from chalicelib.inspection.documents.text import (
    DOS_END_OF_FILE,
    guess_warnings,
    not_accepted,
    not_decodable,
)
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

MAX_BYTES = 20 * 1024 * 1024  # a book as one page has 3 MB; larger pages contain pictures as text
SNIFF_BYTES = 4_096  # the first tag of a page must be within these

_PAGE_TAG = re.compile(
    rb"<(?:!doctype\s+html|html|head|title|meta|body|article|main|div|p|h[1-6])[\s/>]", re.IGNORECASE
)
_SCRIPTS_IGNORED = InspectionWarning(
    "scripts_ignored", "The page contains scripts or embedded parts. Only its text is used; nothing is run."
)
_REMOTE_RESOURCES = InspectionWarning(
    "remote_resources", "Parts of the page are on other servers. They are not fetched."
)


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a page of HTML in the encoding that it declares, or that its bytes fit."""
    size_bytes = path.stat().st_size
    if size_bytes > MAX_BYTES:
        raise RejectedError(
            "too_large", f"The page has {size_bytes:,} bytes; the limit is {MAX_BYTES // 1024**2} MB. Split it."
        )
    content = path.read_bytes()
    sandbox.step("finding the encoding")
    declared = types.declared_charset(media_type)
    encoding = charset.markup_encoding(content, *declared)
    if encoding is None:
        raise not_accepted("page")
    sandbox.step("decoding the page")
    try:
        text = content.decode(encoding.codec).rstrip(DOS_END_OF_FILE)
    except UnicodeDecodeError as error:
        raise not_decodable("page", content, encoding, error.start) from None
    page = text.encode()
    _check_start(text, page[:SNIFF_BYTES])
    sandbox.step("measuring how deep it nests")
    if markup_depth.is_too_complex(page, is_xhtml=markup_depth.is_xhtml(text)):
        raise RejectedError(
            "bomb",
            f"The page {markup_depth.EXCESS}. Save it as plain text and upload that.",
        )
    has_active_content = bool(markup_actions.find_kinds(page, is_xml=False) - {markup_actions.UNSAFE_LINKS})
    # Readers of the page know only what it declares itself.
    is_read_as_is = encoding.is_utf8 and (not declared or charset.markup_encoding(content) == encoding)
    return Findings(
        warnings=(
            *guess_warnings("page", encoding),
            *((_SCRIPTS_IGNORED,) if has_active_content else ()),
            *((_REMOTE_RESOURCES,) if markup.fetches_remote_content(page) else ()),
        ),
        encoding=None if is_read_as_is else encoding.codec,
    )


def _check_start(text: str, start: bytes) -> None:
    kind, controls = sniff.detect_markup(start), ControlCharacters()
    controls.remove(text)
    if controls.is_binary:
        problem = "contains binary data"
    elif kind in {"an SVG picture", "a PHP script"} or not _PAGE_TAG.search(start):
        problem = f"is {kind}" if kind else "does not begin as one"
    else:
        return
    raise RejectedError(
        "type_mismatch", f"The file was declared as an HTML page but {problem}. Upload it as what it is."
    )
