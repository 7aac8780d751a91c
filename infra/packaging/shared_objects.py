"""Shared objects of FFmpeg that a release leaves out: codecs under the GPL, and what only video needs.

The wheels of `av` contain libx264 and libx265, which are under the GPL, and their libavcodec loads them at its start, although
the licence that it reports is the LGPL 3. Without them that is true. So the bundle deletes them, and takes their names out of the
objects that refer to them: each import becomes weak, which the loader resolves to nothing. Only a codec that is left out would
call it. Objects are 64-bit ELF, little-endian (System V ABI, gABI 4.1).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

GPL = ("libx264", "libx265")
UNUSED = ("libSvtAv1Enc", "libXau", "libdav1d", "libvmaf", "libvpx", "libxcb")  # 45 of 127 MB

_LOAD, _DYNAMIC, _DYNSYM = 1, 2, 11  # kinds of segments and sections
_NULL, _NEEDED, _STRTAB = 0, 1, 5  # tags of the dynamic section
_TAG_BYTES, _SYMBOL_BYTES = 16, 24
_WEAK = 2 << 4
_UNDEFINED = 0


class SharedObject:
    """A shared object as bytes that can be changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = bytearray(path.read_bytes())
        segments = list(self._table("<IIQQQQQQ", 32, 54))
        self._loads = [(offset, address, size) for kind, _, offset, address, _, size, *_ in segments if kind == _LOAD]
        self._dynamic, dynamic_bytes = next((s[2], s[5]) for s in segments if s[0] == _DYNAMIC)
        self._tag_count = dynamic_bytes // _TAG_BYTES
        self._names = self._offset(dict(self._tags())[_STRTAB])
        sections = self._table("<IIQQQQIIQQ", 40, 58)
        self._symbols, self._symbol_bytes = next((s[4], s[5]) for s in sections if s[1] == _DYNSYM)

    def needed(self) -> list[str]:
        return [self._name(value) for tag, value in self._tags() if tag == _NEEDED]

    def defined(self) -> set[str]:
        """Return the names that other objects can import from it."""
        return {name for _, name, _, section in self._list_symbols() if section != _UNDEFINED}

    def drop(self, files: set[str], names: set[str]) -> None:
        """Write the object anew: it loads none of these files, and does without these names."""
        tags = [(tag, value) for tag, value in self._tags() if tag != _NEEDED or self._name(value) not in files]
        tags += [(_NULL, 0)] * (self._tag_count - len(tags))
        for number, entry in enumerate(tags):
            struct.pack_into("<qQ", self._content, self._dynamic + _TAG_BYTES * number, *entry)
        for at, name, kind, section in self._list_symbols():
            if section == _UNDEFINED and name in names:
                self._content[at + 4] = _WEAK | kind & 0xF
        self._path.unlink()  # the installer links files to those of its cache, which stay as they are
        self._path.write_bytes(self._content)

    def _tags(self) -> list[tuple[int, int]]:
        entries = struct.iter_unpack("<qQ", self._content[self._dynamic :][: self._tag_count * _TAG_BYTES])
        return [(tag, value) for tag, value in entries]

    def _list_symbols(self) -> Iterator[tuple[int, str, int, int]]:
        """Yield place, name, kind and section of each symbol."""
        for at in range(self._symbols, self._symbols + self._symbol_bytes, _SYMBOL_BYTES):
            name, kind, _, section, _, _ = struct.unpack_from("<IBBHQQ", self._content, at)
            yield at, self._name(name), kind, section

    def _table(self, entry: str, place_at: int, size_at: int) -> Iterator[tuple[int, ...]]:
        """Yield the entries of a table whose place and size are in the header."""
        (place,) = struct.unpack_from("<Q", self._content, place_at)
        entry_bytes, count = struct.unpack_from("<HH", self._content, size_at)
        for number in range(count):
            yield struct.unpack_from(entry, self._content, place + number * entry_bytes)

    def _offset(self, address: int) -> int:
        return next(address - start + offset for offset, start, size in self._loads if start <= address < start + size)

    def _name(self, at: int) -> str:
        start = self._names + at
        return self._content[start : self._content.index(0, start)].decode()


def delete(folder: Path, libraries: tuple[str, ...]) -> list[str]:
    """Delete libraries from a folder of shared objects, and from the objects that load them; return their files.

    Raises FileNotFoundError if there is none of a name: the packages have changed, and their licences have to be checked again.
    """
    paths = {path.name: path for path in sorted(folder.glob("*.so*"))}
    deleted = {name for name in paths if name.startswith(libraries)}
    for library in libraries:
        if not any(name.startswith(library) for name in deleted):
            raise FileNotFoundError(f"{folder} has no {library}")
    names = {name for file in deleted for name in SharedObject(paths[file]).defined()}
    for file in sorted(paths.keys() - deleted):
        shared_object = SharedObject(paths[file])
        if deleted.intersection(shared_object.needed()):
            shared_object.drop(deleted, names)
    for file in deleted:
        paths[file].unlink()
    return sorted(deleted)
