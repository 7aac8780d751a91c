"""ZIP containers (EPUB, DOCX, CBZ and others), read in memory.

All limits are checked from the central directory, before a byte is unpacked. Nothing is written to disk, and no member
is unpacked further than its limit, whatever size it declares.
"""

import errno
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from chalicelib.formats import packed_metafiles
from chalicelib.formats.errors import FormatError
from chalicelib.platform import sandbox

MAX_ENTRIES = 5_000  # as many as the virus scanner looks into; books with a picture on every page have 2,000
MAX_UNPACKED_BYTES = 200 * 1024 * 1024  # all entries together; the virus scanner has the same limit
MAX_ENTRY_BYTES = 64 * 1024 * 1024  # one entry, in memory while it is examined
MAX_RATIO = 100  # unpacked to packed, of markup above 1 MB; XML full of repetitions reaches 60, blank pictures 1,000
MIN_RATIO_CHECK_BYTES = 1024 * 1024
_MARKUP_ENDINGS = (".xml", ".rels", ".xhtml", ".html", ".htm", ".svg", ".opf", ".ncx", ".css")
MAX_NAME_BYTES = 512  # the longest paths in real books have 200
MAX_DESCRIPTOR_BYTES = 24  # of the data descriptor that may follow an entry's data

_END_RECORD = struct.Struct("<4s4H2LH")
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_RESAVE = "Open it in its program, save it again and upload that."

# Archives and programs, which no member may be, by their first bytes. Fonts, pictures, sound and XML are welcome.
_FORBIDDEN_MEMBERS = {
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
    """One file of a container, unpacked."""

    name: str
    content: bytes


class ZipContainer:
    """An open container whose directory has passed every check. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        sandbox.step("reading its directory")
        _check_end_record(path)
        with ExitStack() as files:
            file = files.enter_context(path.open("rb"))
            with _zip_errors("its directory cannot be read"):
                self._zip = files.enter_context(zipfile.ZipFile(file))
            self.entries = self._zip.infolist()
            _check_entries(self.entries)
            _check_layout(path, self.entries, self._zip.start_dir)
            self._files = files.pop_all()
        self.names = {entry.filename for entry in self.entries}
        self.file_names = [entry.filename for entry in self.entries if not entry.is_dir()]

    def __enter__(self) -> "ZipContainer":
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def read(self, name: str) -> bytes:
        """Return one member, unpacked. Raises FormatError when it is missing or not as long as it declares."""
        if name not in self.names:
            raise _malformed(f"“{name[:100]}” is missing in it")
        return self._unpack(self._zip.getinfo(name))

    def members(self, *, without: Collection[str] = ()) -> Iterator[ZipMember]:
        """Yield all files but those named. Raises FormatError for archives and programs among them."""
        for entry in self.entries:
            if not entry.is_dir() and entry.filename not in without:
                member = ZipMember(entry.filename, self._unpack(entry))
                _check_member(member)
                yield member

    def _unpack(self, entry: zipfile.ZipInfo) -> bytes:
        with _zip_errors("a part of it is damaged"), self._zip.open(entry) as file:
            content = file.read(entry.file_size + 1)
        if len(content) != entry.file_size:
            raise FormatError("bomb", f"A part of the file is not as long as the file declares. {_RESAVE}")
        return content


def write_entry(archive: zipfile.ZipFile, name: str, content: bytes, *, stored: bool = False) -> None:
    """Add a file to an archive that is written: the same content gives the same bytes."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


@contextmanager
def _zip_errors(damage: str) -> Iterator[None]:
    """Translate what zipfile raises when offsets and sizes make no sense."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise _malformed(damage) from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # an offset before the file's beginning
            raise
        raise _malformed(damage) from None


def _check_end_record(path: Path) -> None:
    """Check that the file begins with its first entry and ends with its end record."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            raise _malformed("it does not begin with its first part")
        file.seek(max(0, size - _END_RECORD.size - 0xFFFF))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END_RECORD.size > len(tail):
        raise _malformed("its end is missing, so it was probably cut off during the transfer")
    _, disk, directory_disk, entries_on_disk, entry_count, _, _, comment_bytes = _END_RECORD.unpack_from(tail, at)
    if disk or directory_disk or entries_on_disk != entry_count:
        raise _malformed("it is one part of several")
    if at + _END_RECORD.size + comment_bytes != len(tail):
        raise FormatError("foreign_content", f"Other bytes follow the end of the file. {_RESAVE}")
    if entry_count > MAX_ENTRIES:
        raise _too_many_entries(entry_count)


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise _too_many_entries(len(entries))
    names: set[str] = set()
    unpacked_bytes = 0
    for entry in entries:
        _check_name(entry)
        folded = entry.filename.lower()
        if folded in names:
            raise FormatError("bad_container", f"Two parts of the file have the same name. {_RESAVE}")
        names.add(folded)
        if entry.flag_bits & 0x41:
            raise FormatError("encrypted", "The file is protected by a password. Save a copy without it.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FormatError("bad_container", f"A part of the file is compressed in an unusual way. {_RESAVE}")
        if (entry.external_attr >> 28) == 0xA:
            raise FormatError("bad_container", f"A part of the file is a link to another file. {_RESAVE}")
        unpacked_bytes += entry.file_size
        ratio = entry.file_size / max(1, entry.compress_size)
        is_markup = entry.filename.lower().endswith(_MARKUP_ENDINGS)
        if is_markup and entry.file_size > MIN_RATIO_CHECK_BYTES and ratio > MAX_RATIO:
            raise FormatError("bomb", f"A part of the file unpacks to {ratio:,.0f} times its size. {_RESAVE}")
        if entry.file_size > MAX_ENTRY_BYTES:
            raise FormatError(
                "bomb",
                f"A part of the file has {entry.file_size:,} bytes; the limit is {MAX_ENTRY_BYTES // 1024**2} MB. "
                "Split it.",
            )
    if unpacked_bytes > MAX_UNPACKED_BYTES:
        raise FormatError(
            "bomb",
            f"The file unpacks to {unpacked_bytes:,} bytes; the limit is {MAX_UNPACKED_BYTES // 1024**2} MB. Split it.",
        )


def _check_name(entry: zipfile.ZipInfo) -> None:
    raw = entry.orig_filename
    segments = raw.split("/")
    if (
        not raw
        or "\\" in raw
        or any(ord(character) < 0x20 for character in raw)
        or raw.startswith("/")
        or ".." in segments
        or ":" in segments[0]
        or len(raw.encode()) > MAX_NAME_BYTES
    ):
        raise FormatError("bad_container", f"A part of the file has a name that leads out of it. {_RESAVE}")


def _check_layout(path: Path, entries: list[zipfile.ZipInfo], directory_offset: int) -> None:
    """Check that entries fill the file up to its directory, with the same names."""
    end = 0
    with path.open("rb") as file:
        for entry in sorted(entries, key=lambda entry: entry.header_offset):
            if entry.header_offset < end:
                raise FormatError("bomb", f"Parts of the file overlap. {_RESAVE}")
            if entry.header_offset - end > MAX_DESCRIPTOR_BYTES:
                raise _bytes_between()
            file.seek(entry.header_offset)
            header = file.read(_LOCAL_HEADER.size)
            if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
                raise _malformed("a part of it is not where it should be")
            *_, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
            if file.read(name_bytes) != _raw_name(entry):
                raise FormatError("bad_container", f"A part of the file has two names. {_RESAVE}")
            end = entry.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes + entry.compress_size
    if not end <= directory_offset <= end + MAX_DESCRIPTOR_BYTES:
        raise _bytes_between()


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")


def _check_member(member: ZipMember) -> None:
    head = member.content[:8]
    kind = next((label for start, label in _FORBIDDEN_MEMBERS.items() if head.startswith(start)), None)
    if kind is not None and packed_metafiles.is_packed_metafile(member.name, member.content):
        return
    if kind is None and head[:2] == b"MZ" and b"\0" in member.content[:128]:
        kind = "a program"
    if kind is not None:
        name = member.name.rsplit("/", 1)[-1][:80]
        raise FormatError("foreign_content", f"The file contains {kind} (“{name}”). Remove it and upload the rest.")


def _malformed(damage: str) -> FormatError:
    return FormatError("malformed", f"The file is damaged: {damage}. {_RESAVE}")


def _too_many_entries(count: int) -> FormatError:
    return FormatError("bomb", f"The file has {count:,} parts; the limit is {MAX_ENTRIES:,}. Split it.")


def _bytes_between() -> FormatError:
    return FormatError("foreign_content", f"There are other bytes between the parts of the file. {_RESAVE}")
