"""Opening PDFs, those that their author protected included: without a password, as viewers do."""

import io
import re
from typing import TYPE_CHECKING, BinaryIO

from chalicelib.inspection.model import RejectedError

if TYPE_CHECKING:
    import pikepdf

RESAVE = "Open it and save or print it as a new PDF, then upload that."

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


def open_pdf(file: BinaryIO) -> tuple["pikepdf.Pdf", int | None]:
    """Open a PDF with the empty password; return it with its permissions, which are None if it is not encrypted.

    Raises RejectedError, and what the parsers raise.
    """
    import pikepdf

    try:
        pdf = pikepdf.open(file)
    except pikepdf.PasswordError:
        raise _password_protected() from None
    except pikepdf.PdfError as error:
        raise _rejection(str(error), file) or error from None
    except pikepdf.QpdfRuntimeError:
        return _open_decrypted(file)
    return pdf, pdf.encryption.P if pdf.is_encrypted and not pdf.owner_password_matched else None


def forbidden_uses(permissions: int) -> list[str]:
    """Return what the permissions of an encrypted file do not allow, in words."""
    return [use for use, bits in _PERMISSIONS if not permissions & bits]


def _open_decrypted(file: BinaryIO) -> tuple["pikepdf.Pdf", int]:
    """Decrypt a PDF with pdfium: for AES-256, qpdf opens the system's random numbers, which the sandbox refuses."""
    import pikepdf
    import pypdfium2
    import pypdfium2.raw

    file.seek(0)
    decrypted = io.BytesIO()
    try:
        with pypdfium2.PdfDocument(file) as document:
            permissions = int(pypdfium2.raw.FPDF_GetDocPermissions(document))
            document.save(decrypted, flags=pypdfium2.raw.FPDF_REMOVE_SECURITY)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise _password_protected() from None
        raise
    return pikepdf.open(decrypted), permissions


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
