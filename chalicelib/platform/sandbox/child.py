"""A child: one process for one file, which runs one function and reports its result through a pipe.

It runs no cleanup of the server's: it always ends with `os._exit`.
"""

import contextlib
import errno
import fcntl
import functools
import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, get_type_hints

from pydantic import TypeAdapter

from chalicelib.platform.sandbox import confinement, linux
from chalicelib.platform.sandbox.confinement import Confinement
from chalicelib.platform.sandbox.opened_path import OpenedPath

# 5 million characters of text are 20 MB at worst; a flood must not fill the parent's memory.
MAX_RESULT_BYTES = 64 * 1024 * 1024
# The largest file a child may write: a view copy of 100 MB with a margin, not all of /tmp.
MAX_WRITTEN_BYTES = 256 * 1024 * 1024
MAX_DESCRIPTORS = 64  # the files of one call, each opened a few times
GRACE_S = 1.0  # between the end of the result and the end of the process; a child that lingers is killed
RESULT = b'{"result":'  # the beginning of the line with the result

# An OSError of this kind is about the machine, never about the file.
_MACHINE_ERRNOS = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE}
    | {errno.ENOENT, errno.ENOSPC, errno.EPERM, errno.EROFS}
)
# Sent to stop or restart a process; a file cannot cause them.
STOP_SIGNALS = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGTERM})

_FIRST_DESCRIPTOR = 3  # after the standard streams
_pipe: int | None = None  # set in a child only


@dataclass(frozen=True, slots=True)
class HandedFile:
    """An argument that is a file: its path, and its place among the descriptors that come with the call."""

    path: str
    place: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function, its arguments and its limits, for one child."""

    function: Callable[..., Any]
    arguments: tuple[object, ...]
    prepare: Callable[[], object] | None
    cpu_s: int
    memory_bytes: int
    wall_s: float


def step(name: str) -> None:
    """Announce the current step, as in "counting the pages": a later crash reports it. Does nothing outside a sandbox."""
    if _pipe is not None:
        _send(_pipe, {"step": name})


@functools.cache
def result_adapter(function: Callable[..., Any]) -> TypeAdapter[Any]:
    """Return the translation between a function's results and JSON."""
    return TypeAdapter(get_type_hints(function)["return"])


def run(call: Call, descriptors: list[int], layers: Confinement, server: int) -> NoReturn:
    """Run everything after the fork. The first descriptor is the pipe, the others are files; `server` is the parent's id."""
    global _pipe
    pipe = descriptors[0]
    try:
        # Never collect inherited objects: a finalizer could close a descriptor that now belongs to another file.
        gc.freeze()
        pipe, *files = keep_descriptors(descriptors)
        _pipe = pipe
        arguments = [
            OpenedPath.adopt(argument.path, files[argument.place]) if isinstance(argument, HandedFile) else argument
            for argument in call.arguments
        ]
        _reset_signals(call.wall_s)
        _limit(call.cpu_s, call.memory_bytes)
        confinement.confine(layers, server)
        result = result_adapter(call.function).dump_json(call.function(*arguments))
        if len(result) > MAX_RESULT_BYTES:
            _send(pipe, {"error": "ResultTooLarge"})
        else:
            _write_all(pipe, RESULT + result + b"}\n")
    except BaseException as error:  # noqa: BLE001  the child's only way out: it reports the error, the parent decides
        with contextlib.suppress(BaseException):
            _send(pipe, describe(error))
    finally:
        os._exit(0)


def keep_descriptors(kept: list[int]) -> list[int]:
    """Close every descriptor but these, and point standard streams to /dev/null: parsers write warnings there.

    Returns their new numbers, which follow the standard streams.
    """
    beyond = max(kept) + 1
    copies = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, beyond) for descriptor in kept]
    null = fcntl.fcntl(os.open(os.devnull, os.O_RDWR), fcntl.F_DUPFD, _FIRST_DESCRIPTOR)
    for descriptor in range(_FIRST_DESCRIPTOR):
        os.dup2(null, descriptor)
    numbers = [os.dup2(copy, number) for number, copy in enumerate(copies, _FIRST_DESCRIPTOR)]
    os.closerange(_FIRST_DESCRIPTOR + len(kept), os.sysconf("SC_OPEN_MAX"))
    return numbers


def describe(error: BaseException) -> dict[str, Any]:
    """Return what the parent may know about an exception: never its message, which may quote the document."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return {"memory": True}
    if isinstance(error, ImportError):
        return {"missing": str(error)}
    if isinstance(error, OSError) and error.errno in _MACHINE_ERRNOS:
        return {"errno": error.errno}
    return {"error": type(error).__name__}


def _reset_signals(wall_s: float) -> None:
    os.setsid()  # a group of its own, which the server kills whole
    signal.set_wakeup_fd(-1)
    for number in (*STOP_SIGNALS, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing too much becomes an OSError
    signal.setitimer(signal.ITIMER_REAL, wall_s + GRACE_S)  # ends the child even if the server is gone


def _limit(cpu_s: int, memory_bytes: int) -> None:
    """Set limits that this process cannot raise again, hard and soft."""
    _set_limit(resource.RLIMIT_CORE, 0)
    _set_limit(resource.RLIMIT_FSIZE, MAX_WRITTEN_BYTES)
    _set_limit(resource.RLIMIT_NOFILE, MAX_DESCRIPTORS)
    _set_limit(
        resource.RLIMIT_CPU, cpu_s, margin=1
    )  # at the hard limit comes SIGKILL, which says nothing about its cause
    if linux.IS_LINUX:
        pages = int(Path("/proc/self/statm").read_text().split(maxsplit=1)[0])
        _set_limit(resource.RLIMIT_AS, pages * resource.getpagesize() + memory_bytes)
    elif sys.platform == "darwin":
        # Memory is not limited there. Threads do not count; on Linux they do, and the filter tells them from processes.
        _set_limit(resource.RLIMIT_NPROC, 0)


def _set_limit(kind: int, limit: int, *, margin: int = 0) -> None:
    _, hard = resource.getrlimit(kind)
    soft, hard = (
        (limit, limit + margin) if hard == resource.RLIM_INFINITY else (min(limit, hard), min(limit + margin, hard))
    )
    resource.setrlimit(kind, (soft, hard))


def _send(pipe: int, message: dict[str, Any]) -> None:
    _write_all(pipe, json.dumps(message).encode() + b"\n")


def _write_all(pipe: int, message: bytes) -> None:
    view = memoryview(message)
    while view:
        view = view[os.write(pipe, view) :]
