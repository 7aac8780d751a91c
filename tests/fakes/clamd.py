"""Fakes of clamd: with a scripted reply, after the whole file or a part of it, and with one that comes when a test says so."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from types import TracebackType


def received_chunks(connection: socket.socket) -> Iterator[bytes]:
    """Yield the chunks of a file that a client streams."""
    command = b""
    while not command.endswith(b"\0"):
        command += _exactly(connection, 1)
    if command != b"zINSTREAM\0":
        return
    while size := struct.unpack(">I", _exactly(connection, 4))[0]:
        yield _exactly(connection, size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        chunk = connection.recv(size - len(content))
        if not chunk:
            raise ConnectionError
        content += chunk
    return content


class FakeClamd:
    """Sends `reply` as it is, then closes the connection.

    `after_bytes`: sends it once so many bytes were received. `is_silent`: accepts the connection and never replies.
    """

    def __init__(
        self, reply: bytes = b"stream: OK\0", *, after_bytes: int | None = None, is_silent: bool = False
    ) -> None:
        self._reply = reply
        self._after_bytes = after_bytes
        self._is_silent = is_silent
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self.received = b""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "FakeClamd":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(5)
            if self._is_silent:
                self._done.wait(5)
                return
            try:
                self._receive(connection)
                connection.sendall(self._reply)
            except OSError:
                return

    def _receive(self, connection: socket.socket) -> None:
        for chunk in received_chunks(connection):
            self.received += chunk
            if self._after_bytes is not None and len(self.received) >= self._after_bytes:
                return


class HoldingClamd:
    """Finds every file clean, and those that contain `marker` after HOLD_S or `release`: a slow step that a test controls."""

    HOLD_S = 15  # below the client's time-out of 20 s

    def __init__(self, marker: bytes) -> None:
        self._marker = marker
        self._released = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.held = 0  # files that wait now
        self.most_held = 0
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def release(self) -> None:
        self._released.set()

    def __enter__(self) -> "HoldingClamd":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if self._marker in b"".join(received_chunks(connection)):
                self._hold()
            connection.sendall(b"stream: OK\0")

    def _hold(self) -> None:
        with self._lock:
            self.held += 1
            self.most_held = max(self.most_held, self.held)
        self._released.wait(self.HOLD_S)
        with self._lock:
            self.held -= 1
