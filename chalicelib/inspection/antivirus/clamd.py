"""A client for ClamAV's daemon (clamd(8), INSTREAM).

The bytes go through a socket, so the daemon needs no access to our files and may run elsewhere.
"""

import socket
import struct
import time
from pathlib import Path

from chalicelib.inspection.antivirus.engine import ScanFailedError, ScanVerdict

CHUNK_BYTES = 64 * 1024
CONNECT_TIMEOUT_S = 3.0  # on one machine or in one network it takes milliseconds
PING_TIMEOUT_S = 2.0
MAX_REPLY_BYTES = 4096  # a verdict is one line
MAX_THREAT_CHARACTERS = 200
_CLEAN = b"stream: OK"


class ClamdClient:
    """A client for one daemon: `unix:/path/to/clamd.sock`, or `host:port`."""

    def __init__(self, address: str, *, scan_timeout_s: float = 20.0) -> None:
        self._address = address
        self._scan_timeout_s = scan_timeout_s

    def scan(self, path: Path) -> ScanVerdict:
        """Scan the whole file. It is clean only if the daemon says exactly so. Raises ScanFailedError."""
        deadline = time.monotonic() + self._scan_timeout_s
        try:
            with self._connect(CONNECT_TIMEOUT_S) as connection, path.open("rb") as file:
                _send(connection, b"zINSTREAM\0", deadline)
                while chunk := file.read(CHUNK_BYTES):
                    _send(connection, struct.pack(">I", len(chunk)) + chunk, deadline)
                _send(connection, struct.pack(">I", 0), deadline)
                reply = _read_reply(connection, deadline)
        except OSError as error:
            raise ScanFailedError(f"clamd at {self._address} failed: {type(error).__name__}") from error
        if reply == _CLEAN:
            return ScanVerdict(None)
        if reply.startswith(b"stream: ") and reply.endswith(b" FOUND") and len(reply) > len(b"stream:  FOUND"):
            threat = reply.removeprefix(b"stream: ").removesuffix(b" FOUND").decode("ascii", "replace")
            printable = "".join(character for character in threat if character.isprintable())
            return ScanVerdict(printable[:MAX_THREAT_CHARACTERS])
        raise ScanFailedError(f"clamd at {self._address} gave no verdict: {reply[:200]!r}")

    def ping(self) -> None:
        """Raise ScanFailedError unless the daemon replies."""
        deadline = time.monotonic() + PING_TIMEOUT_S
        try:
            with self._connect(PING_TIMEOUT_S) as connection:
                _send(connection, b"zPING\0", deadline)
                reply = _read_reply(connection, deadline)
        except OSError as error:
            raise ScanFailedError(f"clamd at {self._address} failed: {type(error).__name__}") from error
        if reply != b"PONG":
            raise ScanFailedError(f"the service at {self._address} does not reply as clamd does")

    def _connect(self, timeout_s: float) -> socket.socket:
        if not self._address.startswith("unix:"):
            host, _, port = self._address.rpartition(":")
            return socket.create_connection((host.strip("[]"), int(port)), timeout=timeout_s)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        try:
            connection.connect(self._address.removeprefix("unix:"))
        except OSError:
            connection.close()
            raise
        return connection


def _send(connection: socket.socket, content: bytes, deadline: float) -> None:
    connection.settimeout(_remaining_s(deadline))
    connection.sendall(content)


def _read_reply(connection: socket.socket, deadline: float) -> bytes:
    """Return the reply without its terminator. Raises ConnectionError when that is missing."""
    reply = b""
    while not reply.endswith(b"\0"):
        connection.settimeout(_remaining_s(deadline))
        chunk = connection.recv(MAX_REPLY_BYTES)
        if not chunk or len(reply) > MAX_REPLY_BYTES:
            raise ConnectionError("the reply is not terminated")
        reply += chunk
    return reply[:-1]


def _remaining_s(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining
