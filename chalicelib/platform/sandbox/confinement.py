"""The confinement of a child: what it can no longer do, whatever code a file makes it run.

Three layers, each as far as the system has it: another user without privileges, Landlock, and a seccomp filter. Together with
the limits of `child` they leave memory, processor time, threads, and the files that are already open.
"""

import contextlib
import os
import signal
from dataclasses import dataclass

from chalicelib.platform.sandbox import landlock, linux, seccomp

_UNPRIVILEGED_ID = 65_534  # owns no file and has no rights, by convention


@dataclass(frozen=True, slots=True)
class Confinement:
    """The layers that the kernel enforces on each child. Without any: an empty environment, and limits."""

    has_seccomp: bool = False
    landlock_version: int = 0  # 0: none

    @property
    def label(self) -> str:
        """The layers' names: a dimension of a metric."""
        layers = [*(["seccomp"] if self.has_seccomp else []), *(["landlock"] if self.landlock_version else [])]
        return "+".join(layers) or "limits"


def probe(*, use_landlock: bool = True) -> Confinement:
    """Find out what the kernel enforces, by confining a child that does nothing else."""
    version = landlock.version() if use_landlock else 0
    candidates = [Confinement(has_seccomp, abi) for has_seccomp in (True, False) for abi in {version, 0}]
    candidates = sorted(
        candidates, key=lambda candidate: (candidate.has_seccomp, candidate.landlock_version), reverse=True
    )
    return next((candidate for candidate in candidates if _works(candidate)), Confinement())


def confine(confinement: Confinement, parent: int) -> None:
    """Confine this process for the rest of its life. `parent` is the process that it must not outlive.

    Raises OSError if a layer that was found by `probe` cannot be set up.
    """
    drop_privileges()
    if not linux.IS_LINUX:
        return
    # Both settings are lost with a change of the user, so they come after it.
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    linux.forbid_inspection()
    if os.getppid() != parent:  # it ended before this process asked to be told
        os._exit(1)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    if confinement.landlock_version:
        landlock.restrict(confinement.landlock_version)
    if confinement.has_seccomp:
        seccomp.restrict(os.getpid())


def drop_privileges() -> None:
    """Become another user if this is root. Some containers have no other user; the other layers remain."""
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setgid(_UNPRIVILEGED_ID)
            os.setuid(_UNPRIVILEGED_ID)


def _works(candidate: Confinement) -> bool:
    if candidate.has_seccomp and not seccomp.is_supported():
        return False
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            confine(candidate, parent)
            os.open("/", os.O_RDONLY)  # a filter that is installed and refuses nothing is none
        except PermissionError:
            os._exit(0 if candidate.has_seccomp or candidate.landlock_version else 1)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
