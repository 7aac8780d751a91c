"""What tests in a browser need: Chromium, Node, and what package-lock.json names; without it they are skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import fasteners  # type: ignore[import-untyped]
import pytest

from infra import web

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; everything else the drivers need is installed then, too."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium, or name one in CHROMIUM")
    try:
        os.environ["PATH"] = web.path_with_node()
    except web.PageError as error:
        pytest.skip(f"no Node here: {error}")
    lock, installed = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    (web.ROOT / "build").mkdir(exist_ok=True)
    with fasteners.InterProcessLock(web.ROOT / "build" / "browser.lock"):  # tests may run in several processes
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            command = ["npm", "ci", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode != 0:
                pytest.skip(f"npm ci failed: {done.stderr[-300:]}")
            installed.touch()
    return found
