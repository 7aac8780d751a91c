"""Fake of clamd with a scripted reply, after the whole file or a part of it."""

import socket
import struct
import threading
from types import TracebackType


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
        command = b""
        while not command.endswith(b"\0"):
            command += self._exactly(connection, 1)
        if command != b"zINSTREAM\0":
            return
        while size := struct.unpack(">I", self._exactly(connection, 4))[0]:
            self.received += self._exactly(connection, size)
            if self._after_bytes is not None and len(self.received) >= self._after_bytes:
                return

    @staticmethod
    def _exactly(connection: socket.socket, size: int) -> bytes:
        content = b""
        while len(content) < size:
            chunk = connection.recv(size - len(content))
            if not chunk:
                raise ConnectionError
            content += chunk
        return content
