"""A sandbox: run a function on hostile bytes in a child process that can neither harm nor outlive its parent.

The child is forked (4 ms, against 140 ms for a fresh interpreter), limited in CPU time, added memory, wall clock and
file size, and stripped of every inherited descriptor. Its result comes back through a pipe as JSON and is validated
against the function's return annotation: a child that the file has taken over can lie about that file, but
cannot run code in the parent, which a pickle would allow.

Two kinds of failure are kept apart, because one must reject the file and the other must not: `SandboxError` means
that the work on *this file* failed; anything else (a missing module, a full disk, no free process, a stop signal) is a
failure of the *machine*, raised as an ordinary exception so that the queue retries.
"""

import contextlib
import errno
import fcntl
import functools
import gc
import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_type_hints

from pydantic import TypeAdapter

T = TypeVar("T")

# 5 million characters of text are 20 MB at worst; a flood must not fill the parent's memory.
MAX_RESULT_BYTES = 64 * 1024 * 1024
# The largest file a child may write: a view copy of 100 MB with a margin, not all of /tmp.
MAX_WRITTEN_BYTES = 256 * 1024 * 1024
GRACE_S = 1.0  # between the end of the result and the end of the process; a child that lingers is killed

# An OSError of this kind is about the machine, never about the file.
_MACHINE_ERRNOS = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE}
    | {errno.ENOENT, errno.ENOSPC, errno.EPERM, errno.EROFS}
)
# Sent to stop or restart the parent; a file cannot cause them.
_STOP_SIGNALS = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGTERM})


class SandboxError(Exception):
    """The work on this file failed. `step` is the last step that the child announced, or an empty string."""

    def __init__(self, message: str, step: str = "") -> None:
        super().__init__(f"{message} while {step}" if step else message)
        self.step = step


class ProcessCrashedError(SandboxError):
    """The child was killed by a signal: native code accessed invalid memory, or aborted."""

    def __init__(self, number: int, step: str = "") -> None:
        super().__init__(f"killed by {signal.Signals(number).name}", step)
        self.signal = number


class TimeLimitExceededError(SandboxError):
    """The child exceeded its CPU time or its wall-clock time."""


class MemoryLimitExceededError(SandboxError):
    """The child requested more memory than it may add."""


class FunctionFailedError(SandboxError):
    """The function raised. `type_name` is the exception's; its message stays in the child: it may quote the document."""

    def __init__(self, type_name: str, step: str = "") -> None:
        super().__init__(f"failed with {type_name}", step)
        self.type_name = type_name


class ProcessStoppedError(RuntimeError):
    """The child was stopped from outside. Says nothing about the file."""


def run(function: Callable[..., T], *args: object, cpu_s: int, memory_bytes: int, wall_s: float) -> T:
    """Call `function(*args)` in a limited child process and return its result.

    `function` needs a return annotation whose values survive JSON (dataclasses, lists, strings, numbers, None);
    `memory_bytes` is what the child may *add* to the address space it inherits. Import what `function` needs before
    calling: the child then starts warm, and a missing module is noticed in the parent.

    Raises SandboxError when the file is to blame; ImportError, OSError and ProcessStoppedError for failures of the machine.
    """
    adapter: TypeAdapter[T] = _adapter(function)
    read_end, write_end = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(read_end)
        os.close(write_end)
        raise
    if child == 0:
        _child_main(function, args, adapter, write_end, cpu_s, memory_bytes, wall_s)
    os.close(write_end)
    status: int | None = None
    try:
        output, is_late = _read_output(read_end, time.monotonic() + wall_s)
        status = _reap(child, GRACE_S) if output is not None and not is_late else None
    finally:
        os.close(read_end)
        if status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return _result_from(adapter, output, is_late, status)


def step(name: str) -> None:
    """Announce the current step, as in "counting the pages": a later crash reports it. Does nothing outside a sandbox."""
    if _pipe is not None:
        _send(_pipe, {"step": name})


_pipe: int | None = None  # the child's end; set in the child only


@functools.cache
def _adapter(function: Callable[..., Any]) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(function)["return"])


# ---- the child ----


def _child_main(
    function: Callable[..., T],
    args: tuple[object, ...],
    adapter: TypeAdapter[T],
    write_end: int,
    cpu_s: int,
    memory_bytes: int,
    wall_s: float,
) -> NoReturn:
    """Run everything after the fork. Always ends with `os._exit`: the parent's cleanup must not run twice."""
    global _pipe
    try:
        # Never collect inherited objects: a finalizer could close a descriptor that now belongs to another file.
        gc.freeze()
        _pipe = _close_other_fds(write_end)
        _reset_signals(wall_s)
        _limit(cpu_s, memory_bytes)
        result = adapter.dump_json(function(*args))
        if len(result) > MAX_RESULT_BYTES:
            _send(_pipe, {"error": "ResultTooLarge"})
        else:
            _write_all(_pipe, b'{"result":' + result + b"}\n")
    except BaseException as error:  # noqa: BLE001  the child's only way out: it reports the error, the parent decides
        with contextlib.suppress(BaseException):
            _send(write_end if _pipe is None else _pipe, _describe(error))
    finally:
        os._exit(0)


def _close_other_fds(write_end: int) -> int:
    """Close every descriptor but the pipe, and point standard streams to /dev/null: parsers write warnings there.

    Returns the pipe's new descriptor.
    """
    pipe = fcntl.fcntl(write_end, fcntl.F_DUPFD, 3)
    null = fcntl.fcntl(os.open(os.devnull, os.O_RDWR), fcntl.F_DUPFD, 3)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, pipe)
    os.closerange(pipe + 1, os.sysconf("SC_OPEN_MAX"))
    return pipe


def _reset_signals(wall_s: float) -> None:
    os.setsid()  # Ctrl-C and signals to the group are for the parent, which ends the child
    for number in (*_STOP_SIGNALS, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing too much becomes an OSError
    signal.setitimer(signal.ITIMER_REAL, wall_s + GRACE_S)  # ends the child even if the parent is gone


def _limit(cpu_s: int, memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower_limit(resource.RLIMIT_FSIZE, MAX_WRITTEN_BYTES)
    _lower_limit(resource.RLIMIT_CPU, cpu_s)
    statm = Path("/proc/self/statm")
    # Only Linux reports the inherited memory and enforces this limit; elsewhere (macOS) CPU and wall clock remain.
    if statm.exists():
        pages = int(statm.read_text().split(maxsplit=1)[0])
        _lower_limit(resource.RLIMIT_AS, pages * resource.getpagesize() + memory_bytes)


def _lower_limit(kind: int, limit: int) -> None:
    _, hard = resource.getrlimit(kind)
    allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (allowed, hard))


def _describe(error: BaseException) -> dict[str, Any]:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return {"memory": True}
    if isinstance(error, ImportError):
        return {"missing": str(error)}
    if isinstance(error, OSError) and error.errno in _MACHINE_ERRNOS:
        return {"errno": error.errno}
    return {"error": type(error).__name__}


def _send(pipe: int, message: dict[str, Any]) -> None:
    _write_all(pipe, json.dumps(message).encode() + b"\n")


def _write_all(pipe: int, message: bytes) -> None:
    view = memoryview(message)
    while view:
        view = view[os.write(pipe, view) :]


# ---- the parent ----


def _read_output(read_end: int, deadline: float) -> tuple[bytearray | None, bool]:
    """Return what the child writes until it closes the pipe, and whether time ran out. None: it wrote too much."""
    poll = select.poll()
    poll.register(read_end, select.POLLIN | select.POLLHUP)
    output = bytearray()
    while True:
        remaining_ms = (deadline - time.monotonic()) * 1000
        if remaining_ms <= 0:
            return output, True
        if not poll.poll(remaining_ms):
            continue
        chunk = os.read(read_end, 1024 * 1024)
        if not chunk:
            return output, False
        output += chunk
        if len(output) > 2 * MAX_RESULT_BYTES:
            return None, False


def _reap(child: int, grace_s: float) -> int | None:
    """Return the child's wait status, or None when it does not end within `grace_s`."""
    deadline = time.monotonic() + grace_s
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if time.monotonic() > deadline:
            return None
        time.sleep(0.0005)


def _result_from(adapter: TypeAdapter[T], output: bytearray | None, is_late: bool, status: int | None) -> T:
    if output is None:
        raise FunctionFailedError("ResultTooLarge")
    lines = bytes(output).split(b"\n")
    messages = [_parse(line) for line in lines[:-1] if not line.startswith(b'{"result":')]
    steps = [str(message["step"]) for message in messages if "step" in message]
    last_step = steps[-1][:200] if steps else ""
    if is_late:
        raise TimeLimitExceededError("ran out of time", last_step)
    if status is not None and os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number in (signal.SIGXCPU, signal.SIGALRM):
            raise TimeLimitExceededError("ran out of time", last_step)
        if number in _STOP_SIGNALS:
            raise ProcessStoppedError(f"the child was stopped by {signal.Signals(number).name}")
        raise ProcessCrashedError(number, last_step)
    results = [line for line in lines[:-1] if line.startswith(b'{"result":')]
    if len(results) == 1:
        try:
            return adapter.validate_json(results[0][len(b'{"result":') : -1])
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
