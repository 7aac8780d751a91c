"""Make and store the display form of an inspected document, together with its text."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from uuid6 import uuid7

from chalicelib.extraction import extract
from chalicelib.extraction.display import make
from chalicelib.extraction.display.model import PictureFile
from chalicelib.extraction.model import ExtractedText
from chalicelib.inspection.types import FileType
from chalicelib.library.display_store import DisplayForm
from chalicelib.library.object_keys import display_key
from chalicelib.platform.aws import storage
from chalicelib.platform.deadline import Deadline
from chalicelib.uploads import pictures


def store(
    owner_id: UUID,
    media_id: UUID,
    path: Path,
    kind: FileType,
    text: ExtractedText,
    structure: Path,
    deadline: Deadline,
) -> DisplayForm | None:
    """Store the pictures and the sections of a document; return the display form, None if it has none.

    `path` is what is shown of the file, `structure` what was recorded of it.
    """
    collected = pictures.store_of_document(owner_id, media_id, path, kind, text.text, deadline)
    if kind.media_type not in extract.DISPLAYED_TYPES or not structure.exists():
        return None
    target = path.with_name("display")
    files = {picture.digest: PictureFile(picture.file, picture.width, picture.height) for picture in collected.pictures}
    wall_s = deadline.check(make.WALL_S, min_s=0)
    sections = make.make_in_sandbox(text, structure, target, pictures=files, placed=collected.places, wall_s=wall_s)
    if not sections:
        return None
    key = display_key(owner_id, media_id, uuid7())
    storage.put(key, target, media_type="text/html; charset=utf-8")
    return DisplayForm(key, 1, sections)
