"""LocalStack 4.14 without Docker: an environment of its own below build/, and a server on a free port of this machine.

4.14.0 is the last release that starts without an account, and needs Python 3.13. Its packages are those of its release day
(requirements/localstack.txt): later ones break it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from uv import find_uv_bin

from localstack.home import ROOT
from localstack.stall import StallDetector
from tests.support.local_stack import wait_until

LOCK = ROOT / "requirements" / "localstack.txt"
SERVICES = ("apigateway", "cloudformation", "events", "iam", "s3", "sqs", "sts")
STOP_TIMEOUT_S = 20


def find_python() -> Path | None:
    """Return an installed Python 3.13, such as pyenv's, or None."""
    candidates = [Path(path) for path in (os.environ.get("PYTHON", ""), shutil.which("python3.13") or "") if path]
    candidates += sorted(Path.home().glob(".pyenv/versions/3.13*/bin/python3.13"))
    for python in candidates:
        check: list[str | Path] = [python, "-c", "import sys; raise SystemExit(sys.version_info[:2] != (3, 13))"]
        if subprocess.run(check, capture_output=True, check=False).returncode == 0:
            return python
    return None


def install(python: Path) -> Path:
    """Install LocalStack below build/ unless it is there; return the environment's Python."""
    folder = ROOT / "build" / f"localstack-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    installed = folder / "bin" / "python"
    if not (folder / "installed").exists():
        uv = find_uv_bin()
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", python, folder], check=True)
        sync: list[str | Path] = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", installed, LOCK]
        subprocess.run(sync, check=True)
        (folder / "installed").touch()
    return installed


@contextmanager
def running(python: Path, folder: Path) -> Iterator[str]:
    """Run LocalStack with its files in a folder; yield its URL."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "FILESYSTEM_ROOT": str(folder / "root"),
        "OVERRIDE_IN_DOCKER": "0",  # in a container, such as one of CI, it would write to the folders of its image
        "LANG": "C.UTF-8",
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "SERVICES": ",".join(SERVICES),
        "PROVIDER_OVERRIDE_CLOUDFORMATION": "engine-legacy",  # as in localstack/docker-compose.yml
        "DISABLE_EVENTS": "1",  # it reports nothing to its makers
        "DNS_ADDRESS": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
    }
    start = folder / "root" / "etc" / "localstack" / "init" / "start.d"
    start.mkdir(parents=True)
    shutil.copy(
        ROOT / "localstack" / "docker_authorizers.py", start / "authorizers.py"
    )  # as docker-compose.yml mounts it
    log = folder / "log"
    with log.open("wb") as output:  # the folder is not this project's: its own package is also called localstack
        process = subprocess.Popen(
            [python, "-m", "localstack.runtime.main"], cwd=folder, env=environment, stdout=output, stderr=output
        )
    url = f"http://localhost:{port}"
    stall = StallDetector(process.pid)

    def is_ready() -> bool:
        assert process.poll() is None, f"LocalStack ended: {log.read_text()[-2000:]}"
        assert not stall.is_stalled(), f"LocalStack has stalled: {log.read_text()[-2000:]}"
        try:
            return requests.get(f"{url}/_localstack/health", timeout=5).ok
        except requests.RequestException:
            return False

    try:
        wait_until(is_ready, seconds=600, event="the start of LocalStack")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
