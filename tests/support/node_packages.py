"""Node, and the npm packages of a folder of tests."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import fasteners  # type: ignore[import-untyped]

from infra.packaging import web

_THREADS = threading.Lock()  # a lock between processes does not keep the threads of one apart


class MissingError(Exception):
    """A program is not installed; the message names it and how to install it."""


def install(folder: Path) -> None:
    """Install Node, if necessary, and the packages of a folder's package-lock.json. Raises MissingError."""
    try:
        os.environ["PATH"] = web.path_with_node()
    except web.PageError as error:
        raise MissingError(f"Node is missing: {error}") from None
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    (web.ROOT / "build").mkdir(exist_ok=True)
    between_processes = fasteners.InterProcessLock(web.ROOT / "build" / f"{folder.name}.lock")
    with _THREADS, between_processes:
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            command = ["npm", "ci", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode != 0:
                raise MissingError(f"npm ci failed: {done.stderr[-300:]}")
            installed.touch()
