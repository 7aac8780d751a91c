"""ZIP containers, as different programs write them."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterable, Mapping

from tests.support.corpus.specimen import choose

PACKINGS = (
    "nothing compressed",
    "sizes behind the parts",
    "entries for folders",
    "a comment",
    "fields of Unix",
    "other dates",
)


class _Stream(io.BytesIO):
    """A file that cannot go back, so that sizes follow the parts."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *_: int) -> int:
        raise OSError


def pack(
    rng: random.Random, parts: Mapping[str, bytes | str] | Iterable[tuple[str, bytes | str]], *, first: str = ""
) -> tuple[bytes, tuple[str, ...]]:
    """Return a ZIP of these parts and what is unusual about it. The part `first` is stored and comes first."""
    chosen = choose(rng, dict.fromkeys(PACKINGS), most=2)
    pairs = list(parts.items() if isinstance(parts, Mapping) else parts)
    out: io.BytesIO = _Stream() if "sizes behind the parts" in chosen else io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.comment = b"made by hand" if "a comment" in chosen else b""
        folders = {name.rstrip("/") for name, _ in pairs if name.endswith("/")}
        for name, content in sorted(pairs, key=lambda pair: pair[0] != first):
            folder = name.rpartition("/")[0]
            if "entries for folders" in chosen and folder and folder not in folders:
                folders.add(folder)
                archive.writestr(zipfile.ZipInfo(f"{folder}/", (2024, 1, 1, 0, 0, 0)), b"")
            date = (1980, 1, 1, 0, 0, 0) if "other dates" in chosen else (2024, 1, 1, 0, 0, 0)
            entry = zipfile.ZipInfo(name, date)
            is_stored = name == first or ("nothing compressed" in chosen and not name.endswith(".pdf"))
            entry.compress_type = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
            if "fields of Unix" in chosen:
                entry.external_attr = 0o100644 << 16
                entry.extra = b"UT\x05\x00\x01\x00\x00\x00\x00"
            archive.writestr(entry, content)
    return out.getvalue(), chosen
