"""The browsers of the tests, and the scripts that drive them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import node_packages
from tests.support.node_packages import MissingError

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Engine:
    """A browser and its programs, each with its possible names; the environment variable of its name may set the first."""

    name: str
    candidates: tuple[tuple[str, ...], ...]  # the possible names of each program
    packages: str  # Debian packages of all programs

    def programs(self) -> list[str]:
        """Return the paths of the programs. Raises MissingError."""
        chosen = os.environ.get(self.name.upper())
        (first, *others) = self.candidates
        paths = [_find_program((chosen,) if chosen else first), *map(_find_program, others)]
        missing = [names[0] for names, path in zip(self.candidates, paths, strict=True) if path is None]
        if missing:
            raise MissingError(f"{self.name} needs {' and '.join(missing)}: apt-get install {self.packages}")
        return [path for path in paths if path is not None]


def _find_program(names: tuple[str, ...]) -> str | None:
    for name in names:
        if path := shutil.which(name):
            return path
        if "*" in name and (matches := sorted(Path("/usr").glob(name))):
            return str(matches[0])
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
    """Install Node, if necessary, and the packages of package-lock.json. Raises MissingError."""
    node_packages.install(HERE)


def run_script(script: str, job: dict[str, Any], *, timeout_s: float = 900) -> dict[str, Any]:
    """Run a script of this folder with a job and return its result. Browsers that it started end with it."""
    process = subprocess.Popen(
        ["node", str(HERE / script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(json.dumps(job), timeout=timeout_s)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    assert process.returncode == 0, errors
    result: dict[str, Any] = json.loads(output)
    return result
