"""The view copy of a file: what browsers get instead of the original."""

import importlib
from functools import partial
from pathlib import Path

from chalicelib.inspection import loaders, patterns, types
from chalicelib.inspection.documents import text_copy
from chalicelib.inspection.loaders import ViewCopyName
from chalicelib.inspection.model import Rejection, describe_failure
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

CPU_S = 15  # 1,200 pages with 60 links on each take 3 s
WALL_S = 20.0  # a busy machine gives the child a fraction of a processor
MEMORY_BYTES = 1024 * 1024 * 1024  # 100,000 objects and the file being written, with room


def make_view_copy(
    source: Path,
    target: Path,
    file_type: types.FileType = types.ACCEPTED_TYPES["application/pdf"],
    *,
    encoding: str | None = None,
    wall_s: float = WALL_S,
) -> Rejection | None:
    """Write the view copy of an inspected file to `target`, in the sandbox. `encoding` is that of its report.

    Returns a rejection when no copy can be made; `target` then does not exist.
    """
    try:
        sandbox.run(
            _write,
            file_type.copy_writer,
            encoding,
            source,
            sandbox.Output(target),
            prepare=partial(_load, file_type),
            cpu_s=CPU_S,
            memory_bytes=MEMORY_BYTES,
            wall_s=wall_s,
        )
    except sandbox.SandboxError as error:
        logger.warning("no view copy", media_type=file_type.media_type, reason=str(error))
        return Rejection(
            "malformed",
            f"No safe copy of the file could be made for viewing: that {describe_failure(error)}. "
            "Open the file in its program, save it again and upload that.",
        )
    return None


def _load(file_type: types.FileType) -> None:
    for module in file_type.preload_modules:
        importlib.import_module(module)
    if file_type.family in {"book", "rtf", "text"}:  # their parts are searched while they are copied
        patterns.load_rules()
    if file_type.copy_writer is not None:
        loaders.load_view_copy_writer(file_type.copy_writer)


def _write(name: ViewCopyName | None, encoding: str | None, source: Path, target: Path) -> None:
    """Write the copy. Runs in the child."""
    if encoding is not None:
        text_copy.write_view_copy(source, target, encoding)
    else:
        assert name is not None, "callers check `is_shown_as_copy`"  # noqa: S101
        loaders.load_view_copy_writer(name).write_view_copy(source, target)
