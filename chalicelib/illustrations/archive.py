"""The archive of a book's illustrations: pictures as JPEG, and an index of their places. Nothing in it is compressed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from chalicelib.formats.zip_container import write_entry
from chalicelib.illustrations.model import Illustration

INDEX_NAME = "index.json"


@dataclass(frozen=True, slots=True)
class IllustrationArchive:
    """Illustrations in the order of the text, and the pictures by their names."""

    illustrations: Sequence[Illustration] = ()
    pictures: Mapping[str, bytes] | None = None


def encode(illustrations: Sequence[Illustration], pictures: Mapping[str, bytes]) -> bytes:
    """Return the archive as bytes: the same content gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        write_entry(archive, INDEX_NAME, json.dumps([asdict(row) for row in illustrations]).encode(), stored=True)
        for name, content in pictures.items():
            write_entry(archive, name, content, stored=True)
    return out.getvalue()


def decode(content: bytes) -> IllustrationArchive:
    """Read an archive that `encode` wrote."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        illustrations = [Illustration(**row) for row in json.loads(archive.read(INDEX_NAME))]
        pictures = {name: archive.read(name) for name in archive.namelist() if name != INDEX_NAME}
    return IllustrationArchive(illustrations, pictures)
