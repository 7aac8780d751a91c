"""The browsers in which the page is tried, where they are, and the scripts that drive them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fasteners  # type: ignore[import-untyped]

from infra.packaging import web

HERE = Path(__file__).parent


class MissingError(Exception):
    """Something is not installed; the message says what, and how it is had."""


@dataclass(frozen=True)
class Engine:
    """A browser: each of its programs may have several names or places, and the first one a setting of its own."""

    name: str
    wanted: tuple[tuple[str, ...], ...]
    packages: str  # Debian's, of all its programs

    def programs(self) -> list[str]:
        """Where they are. Raises MissingError."""
        chosen = os.environ.get(self.name.upper())
        (first, *others) = self.wanted
        found = [_found((chosen,) if chosen else first), *map(_found, others)]
        missing = [names[0] for names, path in zip(self.wanted, found, strict=True) if path is None]
        if missing:
            raise MissingError(f"no {self.name} here, without {' and '.join(missing)}: apt-get install {self.packages}")
        return [path for path in found if path is not None]


def _found(names: tuple[str, ...]) -> str | None:
    for name in names:
        if path := shutil.which(name):
            return path
        if "*" in name and (places := sorted(Path("/usr").glob(name))):
            return str(places[0])
    return None


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("chromium", (("chromium", "chromium-browser"),), "chromium"),
        Engine("firefox", (("firefox-esr", "firefox"), ("pulseaudio",)), "firefox-esr pulseaudio"),
        Engine(
            "webkit",
            (
                ("WebKitWebDriver",),
                ("MiniBrowser", "lib/*/webkit2gtk-4.1/MiniBrowser", "lib/*/webkitgtk-6.0/MiniBrowser"),
                ("Xvfb",),
                ("pulseaudio",),
            ),
            "webkit2gtk-driver libwebkit2gtk-4.1-0 xvfb pulseaudio"
            " gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav",
        ),
    )
}


def install_drivers() -> None:
    """Node, and what package-lock.json names. Raises MissingError."""
    try:
        os.environ["PATH"] = web.path_with_node()
    except web.PageError as error:
        raise MissingError(f"no Node here: {error}") from None
    lock, installed = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    (web.ROOT / "build").mkdir(exist_ok=True)
    with fasteners.InterProcessLock(web.ROOT / "build" / "browser.lock"):  # tests may run in several processes
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            command = ["npm", "ci", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode != 0:
                raise MissingError(f"npm ci failed: {done.stderr[-300:]}")
            installed.touch()


def drive(script: str, job: dict[str, Any], *, timeout_s: float = 300) -> dict[str, Any]:
    """What a script of this folder answers to a job; the browsers it started end with it."""
    process = subprocess.Popen(
        ["node", str(HERE / script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        told, complaints = process.communicate(json.dumps(job), timeout=timeout_s)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    assert process.returncode == 0, complaints
    answer: dict[str, Any] = json.loads(told)
    return answer
