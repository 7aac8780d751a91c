"""The pictures that are stored beside a file: its thumbnail, its cover, and the illustrations of a book."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from chalicelib.illustrations import collect
from chalicelib.inspection.previews import thumbnail
from chalicelib.inspection.types import FileType
from chalicelib.library.model import cover_key, illustrations_key, thumbnail_key
from chalicelib.platform.aws import storage
from chalicelib.platform.deadline import Deadline


def store(owner_id: UUID, media_id: UUID, path: Path, kind: FileType, text: str, deadline: Deadline) -> bool:
    """Store the pictures of an inspected file; return whether it has a thumbnail. `text` is its reading text.

    `path` is what is shown of the file. All of them are optional: what cannot be made is left out.
    """
    preview, cover, illustrations = (path.with_name(name) for name in ("thumbnail", "cover", "illustrations"))
    wall_s = deadline.check(thumbnail.WALL_S, min_s=0)
    has_thumbnail = thumbnail.make_thumbnail(path, preview, kind, cover=cover if kind.has_text else None, wall_s=wall_s)
    if has_thumbnail:
        storage.put(thumbnail_key(owner_id, media_id), preview, media_type="image/webp")
    if has_thumbnail and kind.has_text:
        storage.put(cover_key(owner_id, media_id), cover, media_type="image/jpeg")
    wall_s = deadline.check(collect.WALL_S, min_s=0)
    if collect.collect_illustrations(path, illustrations, kind.view_media_type, text, wall_s=wall_s):
        storage.put(illustrations_key(owner_id, media_id), illustrations, media_type="application/zip")
    return has_thumbnail
