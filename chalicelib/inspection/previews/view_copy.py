"""The view copy: what browsers get. Of a PDF it is rewritten with object streams, so that page 1 of 1,200 shows after a few
requests, and without active content."""

import importlib
import io
import mmap
from pathlib import Path
from typing import Protocol, cast

from chalicelib.inspection import types
from chalicelib.inspection.documents import pdf_actions
from chalicelib.inspection.model import Rejection
from chalicelib.platform import sandbox

CPU_S = 15  # 1,200 pages with 60 links on each take 3 s
WALL_S = 20.0  # a busy machine gives the child a fraction of a processor
MEMORY_BYTES = 1024 * 1024 * 1024  # 100,000 objects and the file being written, with room


class ActiveContentRemainsError(Exception):
    """The rewritten file still shows active content."""


class _Maker(Protocol):
    def write_view_copy(self, source: Path, target: Path) -> None: ...


def make_view_copy(
    source: Path,
    target: Path,
    kind: types.FileType = types.ACCEPTED_TYPES["application/pdf"],
    *,
    wall_s: float = WALL_S,
) -> Rejection | None:
    """Write the view copy of an inspected file to `target`, in the sandbox. A rejection says that this file has none,
    and `target` is gone.
    """
    assert kind.view_maker is not None, kind.media_type  # noqa: S101 - callers look at `view_copy`
    for module in (*kind.preload_modules, kind.view_maker):
        importlib.import_module(module)  # the child inherits them; were one missing, that must be known here
    try:
        sandbox.run(_write, kind.view_maker, source, target, cpu_s=CPU_S, memory_bytes=MEMORY_BYTES, wall_s=wall_s)
    except sandbox.SandboxError as error:
        target.unlink(missing_ok=True)
        return Rejection(
            "malformed",
            f"No safe copy of it could be made for viewing (that {error}). Open it, save it anew and upload that.",
        )
    return None


def _write(maker: str, source: Path, target: Path) -> None:
    """Runs in the child."""
    cast(_Maker, importlib.import_module(maker)).write_view_copy(source, target)


def write_view_copy(source: Path, target: Path) -> None:
    """Rewrite `source` to `target` without active content: the same input gives the same bytes.

    The result is inspected again by walk and by scan. Raises NotCleanError when anything is found, and whatever the
    parser raises.
    """
    import pikepdf

    sandbox.step("opening the PDF")
    copy = io.BytesIO()
    with pikepdf.open(source) as pdf:
        sandbox.step("removing active content")
        pdf_actions.remove_active_content(pdf)
        sandbox.step("rewriting it")
        pdf.save(
            copy,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            linearize=False,
            deterministic_id=True,
        )
    # Written by us: on a full disk qpdf aborts the process, which would look like a bad file.
    target.write_bytes(copy.getbuffer())
    sandbox.step("inspecting the copy")
    with pikepdf.open(target) as written:
        left = pdf_actions.find_in_objects(written)
    with target.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        left |= pdf_actions.find_in_rewritten_bytes(data)
    if left:
        raise ActiveContentRemainsError(", ".join(sorted(left)))
