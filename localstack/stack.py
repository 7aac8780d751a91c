"""The local stack: Postgres and the AWS emulator, kept running, with the platform deployed into it.

python -m localstack.stack run       in the foreground: start, do the main job on a sample, serve until Ctrl-C
python -m localstack.stack up        in the background; with a running stack: deploy the current code into it
python -m localstack.stack down      stop it
python -m localstack.stack serve     what `up` starts
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from infra.operate import voices
from localstack import emulator
from localstack.emulator import Emulator
from localstack.home import ROOT, AlreadyRunningError, Home, NotRunningError
from localstack.postgres import Postgres
from localstack.token import DEMO_USER
from localstack.web import Web

FIRST_PORT = 4566
FIRST_WEB_PORT = 8080
PORTS = 50
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 60
WATCH_EVERY_S = 0.5
# MiniStack sends no mail: what it takes for an address that is confirmed, and for a password that was forgotten.
CONFIRMATION_CODE = "123456"
RESET_CODE = "654321"
MAX_RESTARTS = 5  # of one part in RESTART_WINDOW_S; more is no accident
RESTART_WINDOW_S = 60

# What the operator's shell may say about the deployment; everything else of it stays outside.
PASSED_ON = (
    "ALLOWED_HOSTS",
    "AUDIT_DAYS",
    "AV_ENGINE",
    "CLAMD_ADDRESS",
    "CLAMD_TIMEOUT_S",
    "CORS_ORIGINS",
    "ERASURE_QUIET_S",
    "EXPORT_DAYS",
    "IDEMPOTENCY_HOURS",
    "OPENAI_TTS_API_KEY",
    "OPENAI_TTS_MODEL",
    "OPENAI_TTS_URL",
    "PDF_ACTIVE_CONTENT",
    "POLLY_ENDPOINT_URL",
    "POLLY_SPEECH_MARKS",
    "REFUSED_DAYS",
    "SECRET_KEY",
    "SPEECHIFY_API_KEY",
    "SPEECHIFY_API_URL",
    "TRASH_DAYS",
    "TTS_CONCURRENCY",
    "TTS_FALLBACK_ENABLED",
    "TTS_MAX_CHARACTERS",
    "TTS_PER_SECOND",
    "TTS_PRICE_PER_MILLION",
    "TTS_PROVIDERS",
    "TTS_VOICES",
)


class Stack:
    """The parts of one local stack, run by this process."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.postgres = Postgres(home.postgres)
        self.emulator = Emulator(home.emulator, emulator.listen(ports(home.folder / "port", FIRST_PORT)))
        listener = emulator.listen(ports(home.folder / "web-port", FIRST_WEB_PORT))
        self.web = Web(home, f"http://localhost:{self.emulator.port}", listener)
        self._restarts: list[float] = []

    def start(self) -> None:
        """Start what does not run and deploy the current code."""
        shutil.rmtree(self.home.emulator / "tmp", ignore_errors=True)  # workers of an emulator that was killed
        timed("postgres", self.postgres.start)
        timed("emulator", self.emulator.start)
        (self.home.folder / "port").write_text(str(self.emulator.port))
        (self.home.folder / "web-port").write_text(str(self.web.port))
        self.web.start()
        deploy(self.home)

    def watch(self) -> None:
        """Start again what dies, until a signal comes. Raises RuntimeError when a part does not stay alive."""
        while True:
            time.sleep(WATCH_EVERY_S)
            for name, part in (("postgres", self.postgres), ("emulator", self.emulator)):
                if not part.is_running():
                    self._count_restart(name)
                    timed(f"{name} again", part.start)

    def _count_restart(self, name: str) -> None:
        now = time.monotonic()
        self._restarts = [t for t in self._restarts if t > now - RESTART_WINDOW_S] + [now]
        if len(self._restarts) > MAX_RESTARTS:
            raise RuntimeError(f"The {name} does not stay alive; its log is in {self.home.folder / name}")

    def stop(self) -> None:
        self.web.stop()
        self.emulator.stop()
        self.postgres.stop()


def deploy(home: Home) -> None:
    """Deploy the current code into a running stack. Raises RuntimeError when that fails."""
    run = subprocess.run([sys.executable, "-m", "localstack.release"], cwd=ROOT, env=settings(home), check=False)
    if run.returncode != 0:
        raise RuntimeError("The deployment into the local stack failed")


def settings(home: Home) -> dict[str, str]:
    """The environment of a deployment into this stack: the emulator, the three database roles, and what is passed on."""
    url = f"http://localhost:{(home.folder / 'port').read_text()}"
    web = f"http://localhost:{(home.folder / 'web-port').read_text()}"
    postgres = Postgres(home.postgres)
    own = {
        "LOCAL_STACK": str(home.folder),
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": emulator.REGION,
        **emulator.CREDENTIALS,
        "DATABASE_URL": postgres.url("visionary_app"),
        "SWEEP_DATABASE_URL": postgres.url("visionary_sweep"),
        "MIGRATION_DATABASE_URL": postgres.url("visionary_owner"),
        "IDENTITY_ENDPOINT": url,
        "S3_PUBLIC_ENDPOINT_URL": url,
        "PUBLIC_API_URL": f"{url}/_aws/execute-api/visionary-local/api",  # the API's id is fixed
        "SIGNING_SECRET": home.signing_secret(),
        "CORS_ORIGINS": ",".join(dict.fromkeys((web, url, "http://localhost:3000", "http://localhost:8080"))),
        "WEB_URL": web,
        "PAGE_LOCAL": json.dumps(
            {
                "user": DEMO_USER,
                "password": home.password(DEMO_USER),
                "code": CONFIRMATION_CODE,
                "resetCode": RESET_CODE,
            }
        ),
        "TTS_PROVIDERS": ",".join(voices.configured(os.environ)),
    }
    shell = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", *PASSED_ON) if os.environ.get(name)}
    return own | shell


def ports(before: Path, first: int) -> list[int]:
    """The port this stack had before, else the first, else the ones after it."""
    return [*([int(before.read_text())] if before.exists() else []), *range(first, first + PORTS)]


def timed(name: str, work: Callable[[], None]) -> None:
    started = time.monotonic()
    work()
    print(f"  {name:10} {'started':24} {time.monotonic() - started:6.1f} s", flush=True)


def run(home: Home) -> None:
    """Start, do the main job, serve. With a running stack: bring it up to date, do the main job, leave it running."""
    try:
        with home.held():
            _serve(home, lambda: _demonstrate(home, f"The page is at {home.endpoints()['web']}; serving until Ctrl-C."))
    except AlreadyRunningError:
        _bring_up_to_date(home)
        _demonstrate(home, "It keeps running; `make down` stops it.")


def _demonstrate(home: Home, farewell: str) -> None:
    demo = subprocess.run([sys.executable, "-m", "localstack.demo"], cwd=ROOT, env=settings(home), check=False)
    if demo.returncode != 0:
        raise RuntimeError(f"The main job failed; the emulator's log is {home.emulator / 'log'}")
    print(farewell, flush=True)


def serve(home: Home) -> None:
    """Run the stack until a signal comes. Raises AlreadyRunningError."""
    with home.held():
        _serve(home, lambda: print("ready", flush=True))


def _serve(home: Home, when_ready: Callable[[], None]) -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(other, signal.SIG_IGN)  # stopping must not be interrupted
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    stack = Stack(home)
    try:
        stack.start()
        when_ready()
        stack.watch()
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
    finally:
        stack.stop()


def up(home: Home) -> None:
    """Start the stack in the background, or deploy the current code into the running one; then say how to reach it."""
    if home.holder() is None:
        home.folder.mkdir(parents=True, exist_ok=True)
        with home.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "localstack.stack", "serve"],
                cwd=ROOT,
                env=os.environ | {"LOCAL_STACK": str(home.folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _follow(home, process)
    else:
        _bring_up_to_date(home)
    print("".join(f"{name:4} {home.endpoints()[name]}\n" for name in ("web", "api", "s3")), end="")


def _follow(home: Home, process: subprocess.Popen[bytes]) -> None:
    """Show the log of a starting stack until it is ready. Raises RuntimeError when it ends instead."""
    deadline = time.monotonic() + START_TIMEOUT_S
    with home.log.open() as log:
        while True:
            ended = process.poll() is not None
            for line in log:
                if line.strip() == "ready":
                    return
                print(line, end="", flush=True)
            if ended or time.monotonic() > deadline:
                raise RuntimeError(f"The local stack did not start; see {home.log}")
            time.sleep(0.05)


def _bring_up_to_date(home: Home) -> None:
    """Deploy the current code into the running stack, once it has started."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            home.endpoints()
            break
        except NotRunningError:
            if home.holder() is None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    print(f"The local stack already runs (process {home.holder()}); it gets the current code.", flush=True)
    deploy(home)


def down(home: Home) -> None:
    """Stop the stack, and what a killed one left behind."""
    pid = home.holder()
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while home.holder() is not None:
            if time.monotonic() > deadline:
                raise RuntimeError(f"Process {pid} does not stop")
            time.sleep(0.05)
    left = Postgres(home.postgres)
    if left.is_running():
        left.stop()
    print("stopped" if pid is not None else "nothing ran")


def revision(home: Home) -> None:
    """Print the migration that the database of DATABASE_URL, or the running stack's, stands at."""
    url = os.environ.get("DATABASE_URL") or Postgres(home.postgres).url("visionary_owner")
    # The application's settings are read on the way; what they say about storage does not matter here.
    rest = {"STAGE": "local", "INCOMING_BUCKET": "unused", "LIBRARY_BUCKET": "unused"}
    alembic = [sys.executable, "-m", "alembic", "current"]
    if subprocess.run(alembic, cwd=ROOT, env=os.environ | rest | {"DATABASE_URL": url}, check=False).returncode != 0:
        raise RuntimeError("The database does not tell its revision")


COMMANDS: dict[str, Callable[[Home], None]] = {"run": run, "up": up, "down": down, "serve": serve, "revision": revision}


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the local stack.")
    parser.add_argument("command", choices=COMMANDS)
    command = COMMANDS[parser.parse_args().command]
    try:
        command(Home.chosen())
    except AlreadyRunningError:
        raise SystemExit("The local stack already runs; `make down` stops it") from None
    except (RuntimeError, NotRunningError) as error:
        raise SystemExit(f"\n{error}") from None


if __name__ == "__main__":
    main()
