"""The fork server: a process without secrets, which forks a child for each call.

It is executed with an empty environment, so that its memory, which its children copy, has never held a secret. It imports the
parsers once and has a single thread, so a fork takes a few milliseconds and cannot deadlock. It reads no file that a user sent.
It ends when its parent does, and its children end with it.
"""

import encodings
import importlib
import json
import os
import pickle
import pkgutil
import select
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, NoReturn

from chalicelib.platform.sandbox import child, confinement, linux, protocol
from chalicelib.platform.sandbox.child import Call
from chalicelib.platform.sandbox.confinement import Confinement

LATE_MODULES = ("_strptime", "colorsys", "heapq")  # of the standard library, by datetime, Pillow and collections


def main(control_descriptor: int, *, use_landlock: bool) -> NoReturn:
    """Serve calls until the other end of the control socket is closed."""
    linux.forbid_inspection()
    layers = confinement.probe(use_landlock=use_landlock)
    control = socket.socket(fileno=control_descriptor)
    protocol.send(control, json.dumps(asdict(layers)).encode(), [])
    load_late_modules()
    Server(control, layers).serve()
    os._exit(0)


def load_late_modules() -> None:
    """Import what the standard library imports only when it is used, which a child cannot: the encodings, above all."""
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(ImportError):  # encodings of Windows
            importlib.import_module(f"encodings.{module.name}")
    for name in LATE_MODULES:
        importlib.import_module(name)


class Server:
    """The children of one server, each with the socket over which its state is reported."""

    def __init__(self, control: socket.socket, layers: Confinement) -> None:
        self._control, self._layers = control, layers
        self._children: dict[int, socket.socket] = {}
        self._killed: set[int] = set()  # and not reaped yet
        self._prepared: set[bytes] = set()
        self._ended, wakeup = os.pipe()  # a byte for each child that ends
        for descriptor in (self._ended, wakeup):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Handle calls, ends of children, and orders to kill them, until the parent is gone."""
        while True:
            poll = select.poll()
            links = {link.fileno(): pid for pid, link in self._children.items() if pid not in self._killed}
            for descriptor in (self._control.fileno(), self._ended, *links):
                poll.register(descriptor, select.POLLIN)
            ready = {descriptor for descriptor, _ in poll.poll()}
            for descriptor in ready & links.keys():  # a link carries nothing to here but its end
                _kill(links[descriptor])
                self._killed.add(links[descriptor])
            self._reap()
            if self._control.fileno() in ready and not self._handle_message():
                for pid in self._children:
                    _kill(pid)
                return

    def _handle_message(self) -> bool:
        """Start the child of one call. Returns False when the parent is gone."""
        message = protocol.receive(self._control)
        if message is None:
            return False
        body, (link_descriptor, *descriptors) = message
        link = socket.socket(fileno=link_descriptor)
        try:
            pid = self._start(body, descriptors)
        except Exception as error:  # noqa: BLE001 - the parent raises it
            _report(link, child.describe(error) | {"detail": f"{type(error).__name__}: {error}"})
            link.close()
        else:
            self._children[pid] = link
            _report(link, {"started": pid})
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _start(self, body: bytes, descriptors: list[int]) -> int:
        call: Call = pickle.loads(body)  # noqa: S301 - from the parent, never from a child
        child.result_adapter(call.function)
        self._prepare(call.prepare)
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            child.run(call, descriptors, self._layers, server)
        return pid

    def _prepare(self, prepare: Callable[[], object] | None) -> None:
        """Load what a function needs, once."""
        key = pickle.dumps(prepare)
        if prepare is not None and key not in self._prepared:
            prepare()
            self._prepared.add(key)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._ended, 4_096)
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._killed.discard(pid)
            with self._children.pop(pid) as link:
                _report(link, {"status": status})


def _kill(pid: int) -> None:
    """Kill a child, and on systems that cannot confine it, what it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _report(link: socket.socket, message: dict[str, Any]) -> None:
    with suppress(OSError):  # the parent no longer waits for this child
        link.sendall(json.dumps(message).encode() + b"\n")
