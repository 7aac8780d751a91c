"""Read what an inspected file says of itself, in the sandbox."""

from functools import partial
from pathlib import Path

from chalicelib.extraction import language
from chalicelib.formats.errors import FormatError
from chalicelib.inspection.model import RejectedError
from chalicelib.metadata import loaders
from chalicelib.metadata.model import Metadata, MetadataDraft
from chalicelib.metadata.settle import settle
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

CPU_S = 5  # a PDF of 100,000 objects takes 1 s to open
WALL_S = 8.0  # a busy machine gives the child a fraction of a processor
MEMORY_BYTES = 512 * 1024 * 1024  # the largest accepted PDF, opened


def read_in_sandbox(path: Path, media_type: str, *, wall_s: float = WALL_S) -> Metadata:
    """Return the metadata of a file; empty for types without any, and for a file that no reader understands."""
    if media_type not in loaders.READERS:
        return Metadata()
    try:
        return sandbox.run(
            read,
            path,
            media_type,
            prepare=partial(load, media_type),
            cpu_s=CPU_S,
            memory_bytes=MEMORY_BYTES,
            wall_s=wall_s,
        )
    except sandbox.SandboxError as error:
        logger.warning("metadata not read", media_type=media_type, reason=str(error))
        return Metadata()


def load(media_type: str) -> None:
    """Load what reading such a file needs. Raises ImportError."""
    loaders.load_reader(media_type)
    language.normalize("en")  # loads the list of languages


def read(path: Path, media_type: str) -> Metadata:
    """Read the metadata in this process: use `read_in_sandbox` unless the file is trusted. Raises what the parser raises."""
    sandbox.step("reading its title and creators")
    try:
        draft = loaders.load_reader(media_type)(path)
    except (FormatError, RejectedError):  # damaged where it was not looked at before
        draft = MetadataDraft()
    return settle(draft)
