"""A seccomp filter: the system calls that a parser needs, and no other.

A list of what is allowed, so that calls of later kernels are refused, too. The program is classic BPF, made here: it checks the
architecture, the number of the call, and for some calls their arguments. It cannot follow pointers, so it cannot tell one
path from another: every call that takes a path is refused. kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import os
import struct
import sys
from dataclasses import dataclass

from chalicelib.platform.sandbox import linux

_X86_64, _AARCH64 = 0, 1
_ARCHITECTURES = {"x86_64": (_X86_64, 0xC000003E), "aarch64": (_AARCH64, 0xC00000B7)}  # AUDIT_ARCH_* of linux/audit.h
_X32_BIT = 0x4000_0000  # in a number: x86-64's second interface, with numbers of its own

# Allowed with any argument: memory, time, threads, signals of its own, and descriptors that are open.
# The numbers are those of x86-64 and aarch64; -1: it has no such call.
_ALLOWED = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70), "preadv2": (327, 286), "pwritev2": (328, 287),
    "lseek": (8, 62), "fstat": (5, 80), "ftruncate": (77, 46), "close": (3, 57), "dup": (32, 23),
    "fadvise64": (221, 223), "poll": (7, -1), "ppoll": (271, 73), "select": (23, -1), "pselect6": (270, 72),
    "getcwd": (79, 17), "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "mremap": (25, 216),
    "madvise": (28, 233), "brk": (12, 214), "msync": (26, 227), "membarrier": (324, 283), "futex": (202, 98),
    "set_robust_list": (273, 99), "rseq": (334, 293), "set_tid_address": (218, 96), "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126), "getcpu": (309, 168),
    "arch_prctl": (158, -1), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132), "restart_syscall": (219, 128), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115), "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, -1),
    "times": (100, 153), "getrusage": (98, 165), "getrandom": (318, 278), "getpid": (39, 172), "getppid": (110, 173),
    "gettid": (186, 178), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177),
    "uname": (63, 160), "sysinfo": (99, 179), "getrlimit": (97, 163), "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Rule:
    """A call that is allowed if one argument is among `values`, or has the bit `flag`."""

    numbers: tuple[int, int]
    argument: int
    values: tuple[int, ...] = ()
    flag: int = 0


_CLONE_THREAD = 0x0001_0000
_AT_EMPTY_PATH = 0x1000  # the call is about a descriptor, as the C library's fstat
_RULES = (
    _Rule((56, 220), 0, flag=_CLONE_THREAD),  # clone: a thread, never a process
    _Rule(
        (72, 25), 1, values=(0, 1, 2, 3, 4, 1030)
    ),  # fcntl: duplicate and flags; F_SETOWN and F_SETSIG would send signals
    _Rule((16, 29), 1, values=(0x5450, 0x5451)),  # ioctl: FIONCLEX and FIOCLEX
    _Rule((302, 261), 2, values=(0,)),  # prlimit64: to read, without new limits
    _Rule((157, 167), 0, values=(15, 0x53564D41)),  # prctl: names of threads and of memory
    _Rule((262, 79), 3, flag=_AT_EMPTY_PATH),  # newfstatat
    _Rule((332, 291), 2, flag=_AT_EMPTY_PATH),  # statx
)
_SIGNALS = ((62, 129), (234, 131))  # kill and tgkill: to this process alone
_CLONE3 = (435, 435)  # its flags are behind a pointer; without it, the C library uses clone

# Instructions: linux/filter.h and linux/bpf_common.h
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _KILL, _ERROR = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_MODE_FILTER = 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def is_supported() -> bool:
    """Return whether this module knows the processor's calls. The kernel may refuse the filter nonetheless."""
    return linux.IS_LINUX and os.uname().machine in _ARCHITECTURES and sys.maxsize > 2**32


def restrict(pid: int) -> None:
    """Install the filter in this process, whose id is `pid`. Needs PR_SET_NO_NEW_PRIVS. Raises OSError."""
    code = program(os.uname().machine, pid)
    filter_program = _Program(len(code) // 8, code)
    linux.prctl(linux.PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(filter_program))


def program(machine: str, pid: int) -> bytes:
    """Return the filter for a processor: refused calls fail with EPERM."""
    column, architecture = _ARCHITECTURES[machine]
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),  # another architecture's numbers mean other calls
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if column == _X86_64:
        code += [(_JUMP_GREATER_EQUAL, 0, 1, _X32_BIT), _error(errno.EPERM)]
    code += [(_JUMP_EQUAL, 0, 1, _CLONE3[column]), _error(errno.ENOSYS)]
    rules = [*_RULES, *(_Rule(numbers, 0, values=(pid,)) for numbers in _SIGNALS)]
    for rule in rules:
        code += _check_argument(rule, column)
    for numbers in _ALLOWED.values():
        if numbers[column] >= 0:
            code += [(_JUMP_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _ALLOW)]
    code.append(_error(errno.EPERM))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _check_argument(rule: _Rule, column: int) -> list[tuple[int, int, int, int]]:
    low = _ARGUMENTS_AT + 8 * rule.argument  # arguments have 64 bits, of which an instruction loads 32; little-endian
    tests = [(_JUMP_BITS, rule.flag)] if rule.flag else [(_JUMP_EQUAL, value) for value in rule.values]
    block = [] if rule.flag else [(_LOAD, 0, 0, low + 4), (_JUMP_EQUAL, 0, len(tests) + 1, 0)]
    block += [(_LOAD, 0, 0, low)]
    block += [(test, len(tests) - index, 0, value) for index, (test, value) in enumerate(tests)]
    block += [_error(errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    return [(_JUMP_EQUAL, 0, len(block), rule.numbers[column]), *block]


def _error(number: int) -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, _ERROR | number)
