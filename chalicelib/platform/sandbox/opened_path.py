"""A path whose file was opened before the confinement, which refuses to open any file."""

from __future__ import annotations

import errno
import io
import os
from pathlib import PosixPath
from typing import IO, Any


class OpenedPath(PosixPath):
    """The path of a file that this process holds open.

    `open`, `stat` and what is built on them use the descriptor. Native code that is given the path would open it by name,
    and be refused: give it the opened file, or its bytes.
    """

    _descriptor: int

    @classmethod
    def adopt(cls, path: str, descriptor: int) -> OpenedPath:
        """Return the path of the file behind a descriptor."""
        opened = cls(path)
        opened._descriptor = descriptor
        return opened

    def open(  # type: ignore[override]  # the overloads of Path.open by mode do not matter here
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """Open the file again, with a position of its own. Writing starts with an empty file."""
        kind = mode.replace("b", "").replace("t", "")
        if kind not in {"r", "w"}:
            raise ValueError(f"a file in the sandbox is read or written anew, not {mode!r}")
        raw = _DescriptorIO(self._descriptor, is_writing=kind == "w")
        if buffering == 0:
            return raw  # type: ignore[return-value]  # RawIOBase has no common type with IO
        buffered = io.BufferedWriter(raw) if kind == "w" else io.BufferedReader(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        del follow_symlinks
        return os.fstat(self._descriptor)


class _DescriptorIO(io.RawIOBase):
    """A file by its descriptor, which stays open, with a position of its own: several may be in use at once."""

    def __init__(self, descriptor: int, *, is_writing: bool) -> None:
        self._descriptor, self._is_writing, self._position = descriptor, is_writing, 0
        if is_writing and os.fstat(descriptor).st_size:  # a device cannot be truncated
            os.ftruncate(descriptor, 0)

    def readable(self) -> bool:
        return not self._is_writing

    def writable(self) -> bool:
        return self._is_writing

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: os.fstat(self._descriptor).st_size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        count = os.preadv(self._descriptor, [buffer], self._position)
        self._position += count
        return count

    def readall(self) -> bytes:
        content = os.pread(
            self._descriptor, max(0, os.fstat(self._descriptor).st_size - self._position), self._position
        )
        self._position += len(content)
        return content

    def write(self, content: Any) -> int:
        count = os.pwrite(self._descriptor, content, self._position)
        self._position += count
        return count

    def truncate(self, size: int | None = None) -> int:
        size = self._position if size is None else size
        os.ftruncate(self._descriptor, size)
        return size
