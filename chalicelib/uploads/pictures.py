"""The pictures that are stored beside a file: its thumbnail, its cover, and the pictures of a document."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from chalicelib.illustrations import collect
from chalicelib.illustrations.model import CollectedPicture, CollectedPictures
from chalicelib.inspection.previews import thumbnail
from chalicelib.inspection.types import FileType
from chalicelib.library.object_keys import cover_key, illustrations_key, picture_key, thumbnail_key
from chalicelib.platform import threads
from chalicelib.platform.aws import storage
from chalicelib.platform.deadline import Deadline

MAX_CONNECTIONS = 8  # one picture takes 10 to 30 ms


def store_previews(owner_id: UUID, media_id: UUID, path: Path, kind: FileType, deadline: Deadline) -> bool:
    """Store thumbnail and cover of an inspected file; return whether it has a thumbnail. `path` is what is shown of the file.

    Both are optional: what cannot be made is left out.
    """
    preview, cover = (path.with_name(name) for name in ("thumbnail", "cover"))
    wall_s = deadline.check(thumbnail.WALL_S, min_s=0)
    has_thumbnail = thumbnail.make_thumbnail(path, preview, kind, cover=cover if kind.has_text else None, wall_s=wall_s)
    if has_thumbnail:
        storage.put(thumbnail_key(owner_id, media_id), preview, media_type="image/webp")
    if has_thumbnail and kind.has_text:
        storage.put(cover_key(owner_id, media_id), cover, media_type="image/jpeg")
    return has_thumbnail


def store_of_document(
    owner_id: UUID, media_id: UUID, path: Path, kind: FileType, text: str, deadline: Deadline
) -> CollectedPictures:
    """Store the pictures in a document, and the archive of its illustrations. `text` is its reading text.

    They are optional, too.
    """
    archive, pictures = (path.with_name(name) for name in ("illustrations", "pictures"))
    wall_s = deadline.check(collect.WALL_S, min_s=0)
    collected = collect.collect_pictures(path, archive, pictures, kind.view_media_type, text, wall_s=wall_s)
    if collected.has_illustrations:
        storage.put(illustrations_key(owner_id, media_id), archive, media_type="application/zip")
    if collected.pictures:
        _store_all(owner_id, media_id, pictures, collected.pictures)
    return collected


def _store_all(owner_id: UUID, media_id: UUID, file: Path, pictures: tuple[CollectedPicture, ...]) -> None:
    def store(picture: CollectedPicture) -> None:
        with file.open("rb") as opened:
            opened.seek(picture.at)
            content = opened.read(picture.size_bytes)
        storage.put(picture_key(owner_id, media_id, picture.file), content, media_type="image/jpeg")

    with threads.pool(MAX_CONNECTIONS) as pool:
        for _ in pool.map(store, pictures):
            pass
