"""A TCP proxy with the faults of a dependency: it refuses, hangs, is slow, responds with something else, or with half a response.

It knows no protocol, so that it stands before Postgres, clamd and every HTTP server alike.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum

SLOW_BYTES_PER_S = 20  # the head of a response takes longer than any limit of the tests
POLL_S = 0.02
CHUNK_BYTES = 64 * 1024
# What a captive portal responds to everything.
PORTAL = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 37\r\n\r\n<!doctype html><title>Sign in</title>"
)


class Fault(StrEnum):
    REFUSES = "refuses"
    HANGS = "hangs"
    SLOW = "slow"
    WRONG = "wrong answer"
    HALF = "half an answer"


class TcpProxy:
    """A proxy on the loopback interface. `connect` opens a connection to the server behind it."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._fault: Fault | None = None
        self._is_closed = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._is_closed = True
        self._listener.close()

    @contextmanager
    def broken(self, fault: Fault) -> Iterator[None]:
        """Break old and new connections until the context ends. Those that were broken never work again."""
        self._fault = fault
        if fault is Fault.REFUSES:
            self._stop_listening()
        try:
            yield
        finally:
            self._fault = None
            if fault is Fault.REFUSES:
                self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
                threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _stop_listening(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), self._connect() as server:
            while not self._is_closed:
                fault = self._fault
                if fault is Fault.REFUSES:
                    return
                if fault is Fault.HANGS:
                    self._hang()
                    return
                for ready in select.select([client, server], [], [], POLL_S)[0]:
                    content = ready.recv(CHUNK_BYTES)
                    if not content:
                        return
                    if ready is client and self._fault is Fault.WRONG:
                        client.sendall(PORTAL)
                        return
                    if ready is client:
                        server.sendall(content)
                    elif self._fault is Fault.HALF:
                        client.sendall(content[: len(content) // 2])
                        return
                    else:
                        self._respond(client, content)

    def _hang(self) -> None:
        while self._fault is Fault.HANGS and not self._is_closed:
            time.sleep(POLL_S)

    def _respond(self, client: socket.socket, content: bytes) -> None:
        position = 0
        while self._fault is Fault.SLOW and position < len(content) and not self._is_closed:
            client.sendall(content[position : position + 1])
            position += 1
            time.sleep(1 / SLOW_BYTES_PER_S)
        if position < len(content):
            client.sendall(content[position:])
