"""Messages between a process and its fork server, over a Unix socket: a length, a body, and descriptors.

Both ends are the project's own code, so bodies are pickles. Nothing that a child writes is ever read as one.
"""

import array
import socket
import struct

_LENGTH = struct.Struct(">I")
MAX_DESCRIPTORS = 16  # of one message


def send(connection: socket.socket, body: bytes, descriptors: list[int]) -> None:
    """Send one message."""
    socket.send_fds(connection, [_LENGTH.pack(len(body))], descriptors)
    connection.sendall(body)


def receive(connection: socket.socket) -> tuple[bytes, list[int]] | None:
    """Return the next message and its descriptors, or None when the other end is gone."""
    items = array.array("i")
    space = socket.CMSG_SPACE(MAX_DESCRIPTORS * items.itemsize)
    header, ancillary, _, _ = connection.recvmsg(_LENGTH.size, space, getattr(socket, "MSG_CMSG_CLOEXEC", 0))
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            items.frombytes(content[: len(content) - len(content) % items.itemsize])
    header += _receive_exactly(connection, _LENGTH.size - len(header)) if header else b""
    if len(header) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(header)
    body = _receive_exactly(connection, size)
    return (body, items.tolist()) if len(body) == size else None


def _receive_exactly(connection: socket.socket, size: int) -> bytes:
    """Return fewer bytes only if the other end is gone."""
    body = bytearray()
    while len(body) < size and (chunk := connection.recv(size - len(body))):
        body += chunk
    return bytes(body)
