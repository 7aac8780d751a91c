"""The view copy of a PDF: rewritten with object streams, without active content and without encryption.

With object streams, a browser shows page 1 of 1,200 after a few requests.
"""

import io
from pathlib import Path

from chalicelib.inspection.active_content import ActiveContentRemainsError
from chalicelib.inspection.documents import pdf_actions, pdf_bytes, pdf_open
from chalicelib.platform import sandbox


class PageCountError(Exception):
    """Another parser finds other pages in the copy."""


def write_view_copy(source: Path, target: Path) -> None:
    """Rewrite `source` to `target` without active content: the same input gives the same bytes.

    The result is searched again, by object and by byte, and a second parser must find the same number of pages.
    Raises ActiveContentRemainsError, PageCountError, and what the parsers raise.
    """
    import pikepdf
    import pypdfium2

    sandbox.step("opening the PDF")
    copy = io.BytesIO()
    with source.open("rb") as file, pdf_open.open_pdf(file).document as pdf:
        sandbox.step("removing active content")
        pdf_actions.remove(pdf)
        page_count = len(pdf.pages)
        pdf.Root.Pages.Count = page_count  # viewers trust it, and it may be wrong
        sandbox.step("rewriting it")
        pdf.save(
            copy,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            linearize=False,
            deterministic_id=True,
            encryption=False,  # of a file that opens with the empty password
            fix_metadata_version=False,  # it would parse the XMP, which may be damaged without doing any harm
        )
    # Not written by qpdf itself: on a full disk it aborts the process, which would look like a bad file.
    target.write_bytes(copy.getbuffer())
    sandbox.step("inspecting the copy")
    with pikepdf.open(copy) as rewritten:
        remaining = pdf_actions.find(rewritten)
    content = copy.getvalue()
    remaining |= pdf_bytes.find(content)
    if remaining:
        raise ActiveContentRemainsError(", ".join(sorted(remaining)))
    sandbox.step("opening the copy with a second parser")
    if len(pypdfium2.PdfDocument(content)) != page_count:
        raise PageCountError
