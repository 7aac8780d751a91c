"""Landlock: from here on, this process opens, lists, creates and deletes no file, and reaches no process outside.

Linux 5.13 and later. No rule allows anything: files are opened before. docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os

from chalicelib.platform.sandbox import linux

_CREATE_RULESET = 444  # the same number on all architectures
_RESTRICT_SELF = 446
_GET_VERSION = 1  # flag of create_ruleset
# Rights that a rule set takes away, by the version of the interface that introduced them.
_FILE_RIGHTS = {
    1: 0x1FFF,
    2: 0x2000,
    3: 0x4000,
    5: 0x8000,
}  # all on files and folders, move, truncate, ioctl on devices
_NETWORK_RIGHTS = {4: 0x3}  # bind and connect with TCP
_SCOPES = {6: 0x3}  # connect to abstract Unix sockets outside; send signals outside


def version() -> int:
    """Return the version of the kernel's interface, 0 if there is none."""
    if not linux.IS_LINUX:
        return 0
    try:
        return linux.syscall(_CREATE_RULESET, 0, 0, _GET_VERSION)
    except OSError:  # not built in, not enabled at boot, or refused by the host
        return 0


def restrict(abi: int) -> None:
    """Take away all rights that the interface of this version knows. Needs PR_SET_NO_NEW_PRIVS. Raises OSError."""
    handled = [_rights(table, abi) for table in (_FILE_RIGHTS, _NETWORK_RIGHTS, _SCOPES)]
    known = (
        3 if abi >= 6 else 2 if abi >= 4 else 1
    )  # fields of the structure; the kernel refuses ones that it does not know
    attributes = (ctypes.c_uint64 * known)(*handled[:known])
    ruleset = linux.syscall(_CREATE_RULESET, ctypes.addressof(attributes), ctypes.sizeof(attributes), 0)
    try:
        linux.syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _rights(table: dict[int, int], abi: int) -> int:
    return sum(rights for since, rights in table.items() if since <= abi)
