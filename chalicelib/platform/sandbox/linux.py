"""Linux's calls for confining a process, which Python's standard library lacks. Raises OSError where the kernel refuses."""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38

IS_LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, *arguments: int) -> None:
    """Call prctl(2)."""
    values = (*arguments, 0, 0, 0, 0)[:4]
    _check(_libc.prctl(ctypes.c_int(option), *(ctypes.c_ulong(value) for value in values)))


def syscall(number: int, *arguments: int) -> int:
    """Make a system call that the C library has no function for."""
    call = _libc.syscall
    call.restype = ctypes.c_long
    return _check(int(call(ctypes.c_long(number), *(ctypes.c_long(value) for value in arguments))))


def forbid_inspection() -> None:
    """Keep processes of the same user from reading this one's memory, environment and descriptors. Root still can."""
    if IS_LINUX:
        prctl(PR_SET_DUMPABLE, 0)


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
