"""Opening PDFs, those that their author protected included: without a password, as viewers do."""

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from chalicelib.inspection.model import RejectedError

if TYPE_CHECKING:
    import pikepdf

RESAVE = "Open it and save or print it as a new PDF, then upload that."

MAX_NESTING = 256  # qpdf refuses 500; ordinary files have less than ten
_DEEP_NESTING = re.compile(rb"(?:(?:\[|<<\s{0,4}/\w{0,40})\s{0,4}){%d}" % MAX_NESTING)
AES_256_REVISION = 5  # of the standard security handler, and 6
# What the permissions of an encrypted file forbid if all of these bits are 0 (ISO 32000-2, table 22; bit 1 is 1).
_PERMISSIONS = (
    ("printing", 1 << 2),
    ("copying of text", 1 << 4),
    ("changes", 1 << 3),
    ("comments", 1 << 5),
    ("filling in forms", 1 << 8 | 1 << 5),
    ("adding or removing pages", 1 << 10 | 1 << 3),
)

# Security handlers other than the standard one, and how the owner knows them.
_SECURITY_HANDLERS = {
    b"EBX_HANDLER": "Adobe's copy protection (ADEPT)",
    b"Adobe.APS": "an Adobe LiveCycle policy",
    b"Adobe.PubSec": "certificates of its recipients",
    b"FOPN_fLock": "FileOpen's copy protection",
    b"FOPN_foweb": "FileOpen's copy protection",
    b"MicrosoftIRMServices": "Microsoft's rights management",
}
_SECURITY_HANDLER = re.compile(rb"/Filter\s*/(" + b"|".join(map(re.escape, sorted(_SECURITY_HANDLERS))) + rb")(?!\w)")


@dataclass(frozen=True, slots=True)
class OpenedPdf:
    """An open document. `permissions` are those of an encrypted one; `is_repaired`: its structure was damaged."""

    document: "pikepdf.Pdf"
    permissions: int | None = None
    is_repaired: bool = False


def open_pdf(file: BinaryIO) -> OpenedPdf:
    """Open a PDF with the empty password. Raises RejectedError, and what the parsers raise."""
    import pikepdf

    try:
        pdf = pikepdf.open(file)
    except pikepdf.PasswordError:
        raise _password_protected() from None
    except pikepdf.PdfError as error:
        if rejection := _rejection(str(error), file):
            raise rejection from None
        return _open_rewritten(file, is_repaired=True)
    except pikepdf.QpdfRuntimeError:  # no random numbers; what qpdf was about to do with them does not matter
        return _open_rewritten(file)
    if not pdf.is_encrypted:
        return OpenedPdf(pdf)
    if pdf.encryption.R >= AES_256_REVISION:
        pdf.close()
        return _open_rewritten(file)
    return OpenedPdf(pdf, pdf.encryption.P)


def forbidden_uses(permissions: int) -> list[str]:
    """Return what the permissions of an encrypted file do not allow, in words."""
    return [use for use, bits in _PERMISSIONS if not permissions & bits]


def _open_rewritten(file: BinaryIO, *, is_repaired: bool = False) -> OpenedPdf:
    """Open what pdfium makes of a PDF that qpdf cannot open here.

    Its table is damaged in a way that pdfium repairs, or it is encrypted with AES-256: for that, qpdf opens the system's
    random numbers, which the sandbox refuses.
    """
    import pikepdf
    import pypdfium2
    import pypdfium2.raw

    file.seek(0)
    if _DEEP_NESTING.search(file.read()):
        raise RejectedError("bomb", f"The PDF nests {MAX_NESTING} arrays or dictionaries in each other. {RESAVE}")
    file.seek(0)
    rewritten = io.BytesIO()
    try:
        with pypdfium2.PdfDocument(file) as document:
            is_encrypted = pypdfium2.raw.FPDF_GetSecurityHandlerRevision(document) >= 0
            permissions = int(pypdfium2.raw.FPDF_GetDocPermissions(document)) if is_encrypted else None
            document.save(rewritten, flags=pypdfium2.raw.FPDF_REMOVE_SECURITY)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise _password_protected() from None
        raise
    return OpenedPdf(pikepdf.open(rewritten), permissions, is_repaired)


def _rejection(reason: str, file: BinaryIO) -> RejectedError | None:
    """Return the rejection for one of qpdf's messages; None for those that only say that the file is damaged."""
    if "encryption" in reason:
        file.seek(0)
        handler = _SECURITY_HANDLER.search(file.read())
        protection = _SECURITY_HANDLERS[handler[1]] if handler else "an encryption that is not in the standard"
        return RejectedError(
            "encrypted",
            f"The PDF is protected by {protection}: only its own reader opens it. Upload a copy without protection.",
        )
    if "nested" in reason or "Loop" in reason:
        return RejectedError("bomb", f"The PDF's page tree loops, or nests too deep. {RESAVE}")
    if "page tree" in reason:
        return RejectedError("malformed", f"The PDF has no pages. {RESAVE}")
    return None


def _password_protected() -> RejectedError:
    return RejectedError(
        "encrypted",
        "The PDF is protected by a password. Open it with the password, save a copy without one and upload that.",
    )
