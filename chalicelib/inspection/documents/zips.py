"""ZIP containers (EPUB, DOCX). All limits are checked from the directory, before a byte is unpacked; nothing is ever
written to disk, and nothing is unpacked further than its limit, whatever it declares.
"""

import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chalicelib.inspection.model import RejectedError
from chalicelib.platform import sandbox

MAX_ENTRIES = 2_000  # books with a picture on every page have 1,500; a directory of 20,000 takes 0.1 s to read
MAX_UNPACKED_BYTES = 200 * 1024 * 1024  # all entries together; it is what the virus scanner looks at, too
MAX_ENTRY_BYTES = 64 * 1024 * 1024  # one entry, in memory while it is looked at
MAX_RATIO = 100  # unpacked to packed, above 1 MB; XML full of repetitions reaches 60
MIN_RATIO_CHECK_BYTES = 1024 * 1024
MAX_NAME_BYTES = 512  # the longest paths in real books have 200

_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_RESAVE = "Open it in its program, save it again and upload that."

# What an entry may not be: archives and programs, by their first bytes. Fonts, pictures, sound and XML are welcome.
_FOREIGN = {
    b"PK\x03\x04": "an archive",
    b"PK\x05\x06": "an archive",
    b"Rar!\x1a\x07": "an archive",
    b"7z\xbc\xaf\x27\x1c": "an archive",
    b"\x1f\x8b\x08": "an archive",
    b"MSCF": "an archive",
    b"%PDF-": "a PDF",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office document or macro project",
    b"\x7fELF": "a program",
    b"\xca\xfe\xba\xbe": "a program",
    b"\xcf\xfa\xed\xfe": "a program",
}


@dataclass(frozen=True, slots=True)
class ZipMember:
    """One file of the container, unpacked."""

    name: str
    content: bytes


class ZipContainer:
    """An open container that has passed every check of its directory. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        sandbox.step("reading its directory")
        _check_end(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile:
            raise _malformed("its directory cannot be read") from None
        self.entries = self._zip.infolist()
        _check_entries(self.entries)
        _check_places(path, self.entries, self._zip.start_dir)
        self.names = {entry.filename for entry in self.entries}

    def __enter__(self) -> "ZipContainer":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def read(self, name: str) -> bytes:
        """One member, unpacked up to its limit. Raises RefusedError when it is missing or not what it declares."""
        if name not in self.names:
            raise _malformed(f"“{name[:100]}” is missing in it")
        return self._unpack(self._zip.getinfo(name))

    def members(self) -> Iterator[ZipMember]:
        """All files, one after another, each checked for what it must not be."""
        for entry in self.entries:
            if not entry.is_dir():
                member = ZipMember(entry.filename, self._unpack(entry))
                _check_foreign(member)
                yield member

    def _unpack(self, entry: zipfile.ZipInfo) -> bytes:
        try:
            with self._zip.open(entry) as file:
                content = file.read(entry.file_size + 1)
        except (zipfile.BadZipFile, EOFError):
            raise _malformed("a part of it is damaged") from None
        if len(content) != entry.file_size:
            raise RejectedError("bomb", f"A part of the file is not as long as it says. {_RESAVE}")
        return content


def _check_end(path: Path) -> None:
    """The end record must be the file's last bytes, and the first entry its first."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            raise _malformed("it does not begin with its first part")
        file.seek(max(0, size - _END.size - 0xFFFF))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise _malformed("it has no end and was probably cut off on its way")
    _, disk, start_disk, here, total, _, _, comment = _END.unpack_from(tail, at)
    if disk or start_disk or here != total:
        raise _malformed("it is one part of several")
    if at + _END.size + comment != len(tail):
        raise RejectedError("foreign_content", f"Bytes follow the end of the file. {_RESAVE}")
    if total > MAX_ENTRIES:
        raise RejectedError("bomb", f"The file has {total:,} parts; at most {MAX_ENTRIES:,} are taken. Split it.")


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise RejectedError(
            "bomb", f"The file has {len(entries):,} parts; at most {MAX_ENTRIES:,} are taken. Split it."
        )
    seen: set[str] = set()
    unpacked = 0
    for entry in entries:
        _check_name(entry)
        folded = entry.filename.lower()
        if folded in seen:
            raise RejectedError("bad_container", f"Two parts of the file have the same name. {_RESAVE}")
        seen.add(folded)
        if entry.flag_bits & 0x41:
            raise RejectedError("encrypted", "The file is protected by a password. Save a copy without it.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RejectedError("bad_container", f"A part of the file is packed in an unusual way. {_RESAVE}")
        if (entry.external_attr >> 28) == 0xA:
            raise RejectedError("bad_container", f"A part of the file is a link to another place. {_RESAVE}")
        unpacked += entry.file_size
        ratio = entry.file_size / max(1, entry.compress_size)
        if entry.file_size > MIN_RATIO_CHECK_BYTES and ratio > MAX_RATIO:
            raise RejectedError("bomb", f"A part of the file unpacks to {ratio:,.0f} times its size. {_RESAVE}")
        if entry.file_size > MAX_ENTRY_BYTES:
            raise RejectedError(
                "bomb",
                f"A part of the file has {entry.file_size:,} bytes; at most {MAX_ENTRY_BYTES // 1024**2} MB are taken.",
            )
    if unpacked > MAX_UNPACKED_BYTES:
        raise RejectedError(
            "bomb",
            f"Unpacked the file has {unpacked:,} bytes; at most {MAX_UNPACKED_BYTES // 1024**2} MB are taken. Split it.",
        )


def _check_name(entry: zipfile.ZipInfo) -> None:
    raw = entry.orig_filename
    parts = raw.split("/")
    if (
        not raw
        or "\\" in raw
        or any(ord(letter) < 0x20 for letter in raw)
        or raw.startswith("/")
        or ".." in parts
        or ":" in parts[0]
        or len(raw.encode()) > MAX_NAME_BYTES
    ):
        raise RejectedError("bad_container", f"A part of the file has a name that leads out of it. {_RESAVE}")


def _check_places(path: Path, entries: list[zipfile.ZipInfo], directory: int) -> None:
    """Entries lie one behind the other from the first byte to the directory, named alike in both places."""
    at = 0
    with path.open("rb") as file:
        for entry in sorted(entries, key=lambda each: each.header_offset):
            if entry.header_offset < at:
                raise RejectedError("bomb", f"Parts of the file overlap. {_RESAVE}")
            if entry.header_offset - at > 24:  # what a descriptor behind the data may take
                raise RejectedError("foreign_content", f"There is something between the parts of the file. {_RESAVE}")
            file.seek(entry.header_offset)
            head = file.read(_LOCAL.size)
            if len(head) < _LOCAL.size or head[:4] != b"PK\x03\x04":
                raise _malformed("a part of it is not where it should be")
            *_, name_length, extra_length = _LOCAL.unpack(head)
            if file.read(name_length) != _raw_name(entry):
                raise RejectedError("bad_container", f"A part of the file has two names. {_RESAVE}")
            at = entry.header_offset + _LOCAL.size + name_length + extra_length + entry.compress_size
    if not at <= directory <= at + 24:
        raise RejectedError("foreign_content", f"There is something between the parts of the file. {_RESAVE}")


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")


def _check_foreign(member: ZipMember) -> None:
    head = member.content[:8]
    found = next((label for start, label in _FOREIGN.items() if head.startswith(start)), None)
    if found is None and head[:2] == b"MZ" and b"\0" in member.content[:128]:
        found = "a program"
    if found is not None:
        shown = member.name.rsplit("/", 1)[-1][:80]
        raise RejectedError(
            "foreign_content", f"There is {found} in the file (“{shown}”). Remove it and upload the rest."
        )


def _malformed(why: str) -> RejectedError:
    return RejectedError("malformed", f"The file is damaged: {why}. {_RESAVE}")
