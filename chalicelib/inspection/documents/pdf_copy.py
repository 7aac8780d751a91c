"""The view copy of a PDF: rewritten with object streams and without active content.

With object streams, a browser shows page 1 of 1,200 after a few requests.
"""

import io
import mmap
from pathlib import Path

from chalicelib.inspection.active_content import ActiveContentRemainsError
from chalicelib.inspection.documents import pdf_actions
from chalicelib.platform import sandbox


def write_view_copy(source: Path, target: Path) -> None:
    """Rewrite `source` to `target` without active content: the same input gives the same bytes.

    The result is searched again, by object and by byte. Raises ActiveContentRemainsError, and what the parser raises.
    """
    import pikepdf

    sandbox.step("opening the PDF")
    copy = io.BytesIO()
    with source.open("rb") as file, pikepdf.open(file) as pdf:
        sandbox.step("removing active content")
        pdf_actions.remove_active_content(pdf)
        sandbox.step("rewriting it")
        pdf.save(
            copy,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            linearize=False,
            deterministic_id=True,
            fix_metadata_version=False,  # it would parse the XMP, which may be damaged without doing any harm
        )
    # Not written by qpdf itself: on a full disk it aborts the process, which would look like a bad file.
    target.write_bytes(copy.getbuffer())
    sandbox.step("inspecting the copy")
    with target.open("rb") as file, pikepdf.open(file) as rewritten:
        remaining = pdf_actions.find_in_objects(rewritten)
    with target.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        remaining |= pdf_actions.find_in_rewritten_bytes(data)
    if remaining:
        raise ActiveContentRemainsError(", ".join(sorted(remaining)))
