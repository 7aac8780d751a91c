"""PDF documents: structure, active content and restrictions."""

import mmap
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.inspection.active_content import KINDS
from chalicelib.inspection.documents import pdf_actions, pdf_bytes, pdf_frame, pdf_open
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

if TYPE_CHECKING:
    import pikepdf

MAX_PAGES = (
    2_000  # documented; extraction takes ~2 ms a page, and must fit one function's time together with the view copy
)
MAX_OBJECTS = 100_000  # 1 KB of memory each when parsed; a book of 1,200 pages with 60 links on each has 75,000
MAX_TREE_DEPTH = 64  # of the page tree; real ones have 2 to 5 levels
MAX_TREE_NODES = 10 * MAX_PAGES  # inner nodes and leaves visited; only a tree that loops has more


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a whole PDF that opens without a password, and find its active content.

    Parser errors propagate: the sandbox's caller reports them with the step that was announced last.
    """
    del media_type
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        sandbox.step("looking for its beginning and end")
        foreign_bytes = pdf_frame.count_foreign_bytes(data)
        sandbox.step("opening it")
        opened = pdf_open.open_pdf(file)
        with opened.document as pdf:
            sandbox.step("counting its objects and pages")
            page_count = _count_pages(pdf)
            sandbox.step("walking its objects")
            active = pdf_actions.find(pdf)
        sandbox.step("scanning its bytes for active content")
        try:
            active |= pdf_bytes.find(data)
        except pdf_bytes.InflationLimitError:
            raise RejectedError(
                "bomb",
                f"The PDF's compressed objects unpack to more than {pdf_bytes.MAX_OBJECT_STREAM_BYTES // 1024**2} MB. "
                f"{pdf_open.RESAVE}",
            ) from None
    return Findings(
        page_count=page_count,
        active_content=tuple(kind for kind in KINDS if kind in active),
        warnings=_warnings(opened),
        is_repaired=opened.is_repaired,
        trailing_bytes=foreign_bytes,
    )


def _count_pages(pdf: "pikepdf.Pdf") -> int:
    """Count pages by walking the tree, because /Count may be wrong. Raises RejectedError."""
    import pikepdf

    object_count = len(pdf.objects)
    if object_count > MAX_OBJECTS:
        raise RejectedError("bomb", f"The PDF has {object_count:,} objects; the limit is {MAX_OBJECTS:,}. Split it.")
    pending: list[tuple[object, int]] = [(pdf.Root.get("/Pages"), 0)]
    leaves = nodes = 0
    while pending:
        node, depth = pending.pop()
        if not isinstance(node, pikepdf.Dictionary):
            continue  # a null among the kids is legal
        nodes += 1
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            if len(kids) > MAX_PAGES:
                raise _too_many_pages()
            if depth >= MAX_TREE_DEPTH or nodes + len(pending) + len(kids) > MAX_TREE_NODES:
                raise _looping_tree()
            pending += [(kid, depth + 1) for kid in kids.as_list()]
        else:
            leaves += 1
        if leaves > MAX_PAGES:
            raise _too_many_pages()
    if leaves == 0:
        raise _no_pages()
    return leaves


def _warnings(opened: pdf_open.OpenedPdf) -> tuple[InspectionWarning, ...]:
    warnings = []
    uses = pdf_open.forbidden_uses(opened.permissions) if opened.permissions is not None else []
    if uses:
        warnings.append(InspectionWarning("usage_restricted", f"The PDF's author does not allow: {', '.join(uses)}."))
    if opened.is_repaired:
        warnings.append(
            InspectionWarning("structure_repaired", "The PDF's structure is damaged. The copy you see is repaired.")
        )
    return tuple(warnings)


def _looping_tree() -> RejectedError:
    return RejectedError("bomb", f"The PDF's page tree loops, or nests too deep. {pdf_open.RESAVE}")


def _no_pages() -> RejectedError:
    return RejectedError("malformed", f"The PDF has no pages. {pdf_open.RESAVE}")


def _too_many_pages() -> RejectedError:
    return RejectedError("too_many_pages", f"The PDF has more than {MAX_PAGES:,} pages. Split it and upload the parts.")
