"""A sandbox: run a function on hostile bytes in a child process that can neither harm nor outlive its parent.

The child is forked from a server, a process that was *executed* with an empty environment and has never held a secret
(`server`). Its descriptors are the files that it is given and a pipe; its limits are final (`child`); the kernel refuses it
everything else, as far as it can (`confinement`). Its result comes back through the pipe as JSON and is validated against the
function's return annotation: a child that the file has taken over can lie about that file, but cannot run code in the parent,
which a pickle would allow.

Two kinds of failure are kept apart, because one must reject the file and the other must not: `SandboxError` means
that the work on *this file* failed; anything else (a missing module, a full disk, no free process, a stop signal) is a
failure of the *machine*, raised as an ordinary exception so that the queue retries.
"""

from chalicelib.platform.sandbox.child import MAX_RESULT_BYTES, MAX_WRITTEN_BYTES, step
from chalicelib.platform.sandbox.client import ForkServer, Output, get_confinement, run, start, stop
from chalicelib.platform.sandbox.confinement import Confinement
from chalicelib.platform.sandbox.errors import (
    FunctionFailedError,
    MemoryLimitExceededError,
    PreparationError,
    ProcessCrashedError,
    ProcessStoppedError,
    SandboxError,
    TimeLimitExceededError,
)

__all__ = [
    "MAX_RESULT_BYTES",
    "MAX_WRITTEN_BYTES",
    "Confinement",
    "ForkServer",
    "FunctionFailedError",
    "MemoryLimitExceededError",
    "Output",
    "PreparationError",
    "ProcessCrashedError",
    "ProcessStoppedError",
    "SandboxError",
    "TimeLimitExceededError",
    "get_confinement",
    "run",
    "start",
    "step",
    "stop",
]
