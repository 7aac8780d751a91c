"""Errors of a sandbox. `SandboxError` is about the file; everything else is about the machine."""

import signal


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
    """The child or its server was stopped from outside. Says nothing about the file."""


class ServerLostError(ProcessStoppedError):
    """The server ended, or hung, before it had started a child. The call can be repeated."""


class PreparationError(RuntimeError):
    """The server could not load what the function needs. Says nothing about the file."""
