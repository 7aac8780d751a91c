"""Compiled modules for the bundle: Lambda's file system is read-only, so a cold start would compile every module anew.

The files are "unchecked" (PEP 552): Python loads them without a look at the source, whose times a zip does not keep.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from infra.packaging.wheels import PYTHON, BundleError

# The same input gives the same bytes: no order of sets by a random seed, nothing from the user's own packages.
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1"}


@dataclass(frozen=True, slots=True)
class Compiler:
    """An interpreter of Lambda's Python, and its full version: releases may write different bytes for one source."""

    executable: str
    version: str


def find_compiler() -> Compiler | None:
    """Return an interpreter of the bundle's Python: this one, on the PATH, installed by uv, or by pyenv; else None."""
    for candidate in _candidates():
        version = _version(candidate)
        if version and version.startswith(f"{PYTHON}."):
            return Compiler(candidate, version)
    return None


def compile_folder(compiler: Compiler, folder: Path, mounted_at: str) -> None:
    """Compile every module below a folder. Tracebacks name it `mounted_at`, its place on Lambda. Raises BundleError."""
    command = [compiler.executable, "-S", "-m", "compileall", "-q", "-o", "0", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", mounted_at, str(folder)]
    run = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise BundleError(f"Modules for {mounted_at} cannot be compiled:\n{run.stdout}{run.stderr}")


def _candidates() -> Iterator[str]:
    yield sys.executable
    if on_path := shutil.which(f"python{PYTHON}"):
        yield on_path
    managed = subprocess.run(
        [find_uv_bin(), "python", "find", "--managed-python", PYTHON], capture_output=True, text=True, check=False
    )
    if managed.returncode == 0:
        yield managed.stdout.strip()
    # pyenv's commands on the PATH run only the version that is switched on
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(pyenv.glob(f"versions/{PYTHON}*/bin/python{PYTHON}"), reverse=True))


def _version(executable: str) -> str | None:
    script = "import platform; print(platform.python_version())"
    try:
        run = subprocess.run([executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return run.stdout.strip() if run.returncode == 0 else None
