"""The parent's side: start the server, give it calls, and judge what comes back. Only a complete, valid result is a result."""

import atexit
import contextlib
import json
import os
import pickle
import select
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from chalicelib.platform.sandbox import linux, protocol
from chalicelib.platform.sandbox.child import (
    GRACE_S,
    MAX_RESULT_BYTES,
    RESULT,
    STOP_SIGNALS,
    Call,
    HandedFile,
    result_adapter,
)
from chalicelib.platform.sandbox.confinement import Confinement
from chalicelib.platform.sandbox.errors import (
    FunctionFailedError,
    MemoryLimitExceededError,
    PreparationError,
    ProcessCrashedError,
    ProcessStoppedError,
    ServerLostError,
    TimeLimitExceededError,
)

T = TypeVar("T")

START_TIMEOUT_S = (
    15.0  # the server takes 0.2 s, and its first import of a parser as long; a frozen function may stall it
)
# Where Python is a shared library, the loader may need it to find that. It names folders, and no secret.
_KEPT_VARIABLES = ("LD_LIBRARY_PATH",)
# NumPy would start a thread when it is imported, and a fork of several threads may deadlock.
_SINGLE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_BOOTSTRAP = (
    "import sys; control, use_landlock, *sys.path = sys.argv[1:]; from chalicelib.platform.sandbox import server; "
    "server.main(int(control), use_landlock=use_landlock == 'landlock')"
)


@dataclass(frozen=True, slots=True)
class Output:
    """An argument that is a file to write. It exists only if the function returns."""

    path: Path


class ForkServer:
    """The server process of this one: started when first needed, and again if it died or this process was forked."""

    def __init__(self, *, use_landlock: bool = True) -> None:
        self._use_landlock = use_landlock
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._confinement: Confinement | None = None
        os.register_at_fork(after_in_child=self._forget)

    def start(self) -> None:
        """Start the server if it does not run, without waiting for it. From here on, only root can inspect this process."""
        with self._lock:
            self._connect()

    def stop(self) -> None:
        """End the server and all its children. The next call starts another."""
        with self._lock:
            self._disconnect()

    def get_confinement(self) -> Confinement:
        """Return what the kernel enforces on the children. Starts the server and waits for it."""
        with self._lock:
            self._connect()
            return self._wait_until_ready()

    def run(
        self,
        function: Callable[..., T],
        *args: object,
        cpu_s: int,
        memory_bytes: int,
        wall_s: float,
        prepare: Callable[[], object] | None = None,
    ) -> T:
        """Call `function(*args)` in a confined child process and return its result.

        `function` is one of a module, with a return annotation whose values survive JSON (dataclasses, lists, strings,
        numbers, None). A Path among the arguments is opened for reading, an Output for writing; the function gets an
        OpenedPath for either. It can open no other file and import no module, so `prepare` must load what it needs: a
        function, or a partial of one, that the server calls once. `memory_bytes` is what the child may *add* to the
        address space it inherits.

        Raises SandboxError when the file is to blame; ImportError, OSError, PreparationError and ProcessStoppedError
        for failures of the machine.
        """
        with contextlib.ExitStack() as stack:
            descriptors: list[int] = []
            arguments = tuple(_hand_over(argument, descriptors, stack) for argument in args)
            body = pickle.dumps(Call(function, arguments, prepare, cpu_s, memory_bytes, wall_s))
            adapter: TypeAdapter[T] = result_adapter(function)
            try:
                return _result_from(adapter, *self._call(body, descriptors, wall_s))
            except ServerLostError:  # killed while it was idle, for lack of memory for example
                return _result_from(adapter, *self._call(body, descriptors, wall_s))

    def _call(self, body: bytes, files: list[int], wall_s: float) -> tuple[bytearray | None, bool, int | None]:
        """Have a child do it. Returns what `_wait` returns; no child is left."""
        read_end, write_end = os.pipe()
        link, server_link = socket.socketpair()
        try:
            try:
                process = self._send(body, [server_link.fileno(), write_end, *files])
            finally:
                server_link.close()
                os.close(write_end)
            try:
                return _wait(read_end, link, wall_s)
            except ServerLostError:
                self._abandon(process)
                raise
            finally:
                _end(link)
        finally:
            link.close()
            os.close(read_end)

    def _send(self, body: bytes, descriptors: list[int]) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            self._connect()
            try:
                self._wait_until_ready()
                protocol.send(self._control, body, descriptors)
            except OSError as error:
                self._disconnect()
                raise ServerLostError("the sandbox's server does not answer") from error
            return self._process

    def _abandon(self, process: "subprocess.Popen[bytes] | None") -> None:
        with self._lock:
            if self._process is process:  # and no other thread has replaced it
                self._disconnect()

    def _connect(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self._disconnect()
        linux.forbid_inspection()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, with arguments of ours
                [
                    *(sys.executable, "-I", "-S", "-X", "utf8", "-c", _BOOTSTRAP, str(theirs.fileno())),
                    "landlock" if self._use_landlock else "no-landlock",
                    *(str(Path(folder).absolute()) for folder in sys.path),
                ],
                env=_SINGLE_THREAD | {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the parent, whose end is the server's
            )
        ours.settimeout(START_TIMEOUT_S)
        self._control = ours

    def _wait_until_ready(self) -> Confinement:
        if self._confinement is None:
            message = protocol.receive(self._control)
            if message is None:
                self._disconnect()
                raise ServerLostError("the sandbox's server ended during its start")
            self._confinement = Confinement(**json.loads(message[0]))
        return self._confinement

    def _disconnect(self) -> None:
        if self._process is not None:
            self._control.close()  # it kills its children and ends
            try:
                self._process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process, self._confinement = None, None

    def _forget(self) -> None:
        """Leave the server to the process that started it: that one's end must be the server's, whatever this one does."""
        if self._process is not None:
            self._control.close()
        self._lock = threading.Lock()
        self._process = None
        self._confinement = None


def _hand_over(argument: object, descriptors: list[int], stack: contextlib.ExitStack) -> object:
    """Open the file that an argument names, and add its descriptor. Any other argument is returned as it is."""
    match argument:
        case Output(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            stack.push(lambda raised, _error, _traceback: _discard(path) if raised else None)
        case Path() as path:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        case _:
            return argument
    stack.callback(os.close, descriptor)
    descriptors.append(descriptor)
    return HandedFile(str(path), len(descriptors) - 1)


def _discard(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISREG(path.lstat().st_mode):
            path.unlink()


def _wait(output: int, link: socket.socket, wall_s: float) -> tuple[bytearray | None, bool, int | None]:
    """Return what the child wrote, whether its time ran out, and its wait status.

    No status: it was still running when its time ran out, or after it had closed its pipe. No content: it wrote too much.
    Raises the failures of the server.
    """
    poll = select.poll()
    awaited = {output, link.fileno()}
    for descriptor in awaited:
        poll.register(descriptor, select.POLLIN)
    content, reports, has_started = bytearray(), bytearray(), False
    deadline = time.monotonic() + START_TIMEOUT_S
    while awaited:
        remaining_ms = (deadline - time.monotonic()) * 1000
        if remaining_ms <= 0:
            if not has_started:
                raise ServerLostError("the sandbox's server did not start a child in time")
            return content, output in awaited, None
        for descriptor, _ in poll.poll(remaining_ms):
            chunk = os.read(descriptor, 1024 * 1024)
            (content if descriptor == output else reports).extend(chunk)
            if not chunk:
                poll.unregister(descriptor)
                awaited.remove(descriptor)
                if descriptor == output and has_started:
                    deadline = min(deadline, time.monotonic() + GRACE_S)
        if len(content) > 2 * MAX_RESULT_BYTES:
            return None, False, None
        if not has_started and b"\n" in reports:
            has_started, deadline = True, time.monotonic() + wall_s
    return content, False, _status(reports)


def _status(reports: bytearray) -> int:
    """Return the wait status that the server reported, or raise what it could not do."""
    if not reports:
        raise ServerLostError("the sandbox's server ended before it started a child")
    last = _parse(bytes(reports).rpartition(b"\n")[0].rpartition(b"\n")[2])
    if "status" in last:
        return int(last["status"])
    detail = str(last.get("detail"))
    if "missing" in last:
        raise ImportError(detail)
    if "errno" in last:
        raise OSError(int(last["errno"]), detail)
    if "detail" in last:
        raise PreparationError(detail)
    raise ProcessStoppedError("the sandbox's server ended")


def _end(link: socket.socket) -> None:
    """Have the server kill the child if it still runs, and wait until it is gone."""
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_WR)
        link.settimeout(GRACE_S)
        while link.recv(4_096):
            pass


def _result_from(adapter: TypeAdapter[T], content: bytearray | None, is_late: bool, status: int | None) -> T:
    if content is None:
        raise FunctionFailedError("ResultTooLarge")
    lines = bytes(content).split(b"\n")
    messages = [_parse(line) for line in lines[:-1] if not line.startswith(RESULT)]
    steps = [str(message["step"]) for message in messages if "step" in message]
    last_step = steps[-1][:200] if steps else ""
    if is_late:
        raise TimeLimitExceededError("ran out of time", last_step)
    if status is not None and os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number in (signal.SIGXCPU, signal.SIGALRM):
            raise TimeLimitExceededError("ran out of time", last_step)
        if number in STOP_SIGNALS:
            raise ProcessStoppedError(f"the child was stopped by {signal.Signals(number).name}")
        raise ProcessCrashedError(number, last_step)
    results = [line for line in lines[:-1] if line.startswith(RESULT)]
    if len(results) == 1:
        try:
            return adapter.validate_json(results[0][len(RESULT) : -1])
        except ValueError as error:
            raise FunctionFailedError("InvalidResult", last_step) from error
    outcome = messages[-1] if messages else {}
    if "memory" in outcome:
        raise MemoryLimitExceededError("asked for too much memory", last_step)
    if "missing" in outcome:
        raise ImportError(str(outcome["missing"]))
    if "errno" in outcome:
        raise OSError(int(outcome["errno"]), os.strerror(int(outcome["errno"])))
    raise FunctionFailedError(str(outcome.get("error", "NoResult"))[:100], last_step)


def _parse(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


_server = ForkServer()
run, start, stop, get_confinement = _server.run, _server.start, _server.stop, _server.get_confinement
atexit.register(stop)
