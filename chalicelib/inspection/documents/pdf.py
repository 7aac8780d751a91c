"""PDF documents: structure and active content. Two parsers must both read the whole file, and must agree on its pages."""

import io
import mmap
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from chalicelib.inspection.documents import pdf_actions
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

if TYPE_CHECKING:
    import pikepdf
    from pypdf import PdfReader
    from pypdf.generic import PdfObject

MAX_PAGES = (
    2_000  # documented; extraction takes ~2 ms a page, and must fit one function's time together with the view copy
)
MAX_OBJECTS = 100_000  # 3 KB of memory each when parsed; a book of 1,200 pages with 60 links on each has 75,000
MAX_TREE_DEPTH = 64  # of the page tree; real ones have 2 to 5 levels
MAX_TREE_NODES = 10 * MAX_PAGES  # inner nodes and leaves visited; only a tree that loops has more
END_WINDOW_BYTES = 2_048  # contain %%EOF; some writers leave blanks or a signature's padding behind it

_RESAVE = "Open it and save or print it as a new PDF, then upload that."


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a whole, unencrypted PDF, and find its active content.

    Parser errors propagate: the sandbox's caller reports them with the step that was announced last.
    """
    del media_type
    sandbox.step("looking for the end of the file")
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - END_WINDOW_BYTES))
        if b"%%EOF" not in file.read():
            raise RejectedError(
                "malformed",
                "The PDF has no end (%%EOF): it was probably cut off during the transfer. Upload the complete file.",
            )
    page_count = _count_pages(path)
    sandbox.step("opening it with the second parser")
    with path.open("rb") as file, _open_with_second_parser(file) as pdf:
        if pdf.is_encrypted:
            raise _encrypted()
        sandbox.step("counting its pages with the second parser")
        if len(pdf.pages) != page_count:
            raise RejectedError(
                "malformed",
                f"The PDF is damaged: one program finds {page_count} pages in it, another {len(pdf.pages)}. {_RESAVE}",
            )
        sandbox.step("walking its objects")
        active = pdf_actions.find_in_objects(pdf)
    sandbox.step("scanning its bytes for active content")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            active |= pdf_actions.find_in_bytes(data)
        except pdf_actions.InflationLimitError:
            raise RejectedError(
                "bomb",
                f"The PDF's compressed objects unpack to more than {pdf_actions.MAX_OBJECT_STREAM_BYTES // 1024**2} MB. "
                f"{_RESAVE}",
            ) from None
    return Findings(page_count=page_count, active_content=tuple(kind for kind in pdf_actions.NAMES if kind in active))


def _open_with_second_parser(file: BinaryIO) -> "pikepdf.Pdf":
    import pikepdf

    try:
        return pikepdf.open(file)
    except pikepdf.PasswordError:
        raise _encrypted() from None


def _count_pages(path: Path) -> int:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, LimitReachedError

    sandbox.step("opening it")
    try:
        reader = PdfReader(io.BytesIO(path.read_bytes()), strict=False)
        if reader.is_encrypted:
            raise _encrypted()
        object_count = sum(len(entries) for entries in reader.xref.values()) + len(reader.xref_objStm)
        if object_count > MAX_OBJECTS:
            raise RejectedError(
                "bomb", f"The PDF has {object_count:,} objects; the limit is {MAX_OBJECTS:,}. Split it."
            )
        sandbox.step("counting its pages")
        return _count_leaves(reader)
    except LimitReachedError:
        raise RejectedError(
            "bomb", f"The PDF unpacks, nests or loops far beyond what a document needs. {_RESAVE}"
        ) from None
    except (DependencyError, NotImplementedError):  # encryption that pypdf does not know
        raise _encrypted() from None


def _count_leaves(reader: "PdfReader") -> int:
    """Count pages by walking the tree, because /Count may be wrong. Raises RejectedError."""
    from pypdf.generic import ArrayObject, DictionaryObject

    root = reader.root_object
    pending: list[tuple[PdfObject | None, int]] = [(root.raw_get("/Pages") if "/Pages" in root else None, 0)]
    leaves = nodes = 0
    while pending:
        reference, depth = pending.pop()
        node = reference.get_object() if reference is not None else None
        if not isinstance(node, DictionaryObject):
            continue  # a null among the kids is legal, and both parsers skip it
        nodes += 1
        kids = node.get("/Kids")
        if isinstance(kids, ArrayObject):
            if len(kids) > MAX_PAGES:
                raise _too_many_pages()
            if depth >= MAX_TREE_DEPTH or nodes + len(pending) + len(kids) > MAX_TREE_NODES:
                raise RejectedError("bomb", f"The PDF's page tree loops, or nests too deep. {_RESAVE}")
            pending += [(kid, depth + 1) for kid in kids]
        else:
            leaves += 1
        if leaves > MAX_PAGES:
            raise _too_many_pages()
    if leaves == 0:
        raise RejectedError("malformed", f"The PDF has no pages. {_RESAVE}")
    return leaves


def _too_many_pages() -> RejectedError:
    return RejectedError("too_many_pages", f"The PDF has more than {MAX_PAGES:,} pages. Split it and upload the parts.")


def _encrypted() -> RejectedError:
    return RejectedError(
        "encrypted",
        "The PDF is protected by a password or by usage restrictions. Save a copy without protection and upload that.",
    )
