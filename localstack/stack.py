"""The local stack: a supervisor of Postgres and the AWS emulator, with the platform deployed into them.

python -m localstack.stack run       start in the foreground, run the demo, serve until Ctrl-C
python -m localstack.stack up        start in the background; if it runs, deploy the current code into it
python -m localstack.stack down      stop
python -m localstack.stack serve     used by `up`
python -m localstack.stack revision  print the database's revision
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from infra.deploy import progress
from localstack import emulator
from localstack.emulator import Emulator
from localstack.environment import deployment_environment
from localstack.home import ROOT, AlreadyRunningError, Home, NotRunningError
from localstack.postgres import Postgres
from localstack.stall import StallDetector
from localstack.web import Web

FIRST_PORT = 4566
FIRST_WEB_PORT = 8080
PORTS = 50
STOP_TIMEOUT_S = 60
WATCH_EVERY_S = 0.5
MAX_RESTARTS = 5  # in RESTART_WINDOW_S; more means that something is broken
RESTART_WINDOW_S = 60


class Stack:
    """The services of one local stack, run by this process."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.postgres = Postgres(home.postgres)
        self.emulator = Emulator(home.emulator, emulator.listen(ports(home.folder / "port", FIRST_PORT)))
        listener = emulator.listen(ports(home.folder / "web-port", FIRST_WEB_PORT))
        self.web = Web(home, f"http://localhost:{self.emulator.port}", listener)
        self._restarts: list[float] = []

    def start(self, *, warm_up: bool) -> None:
        """Start every service that is not running, and deploy the current code."""
        shutil.rmtree(self.home.emulator / "tmp", ignore_errors=True)  # left by workers of a killed emulator
        timed("postgres", self.postgres.start)
        timed("emulator", self.emulator.start)
        (self.home.folder / "port").write_text(str(self.emulator.port))
        (self.home.folder / "web-port").write_text(str(self.web.port))
        self.web.start()
        deploy(self.home, warm_up=warm_up)

    def watch(self) -> None:
        """Restart services that die, until a signal arrives. Raises RuntimeError if one keeps dying."""
        while True:
            time.sleep(WATCH_EVERY_S)
            for name, service in (("postgres", self.postgres), ("emulator", self.emulator)):
                if not service.is_running():
                    self._count_restart(name)
                    timed(f"{name} again", service.start)

    def _count_restart(self, name: str) -> None:
        now = time.monotonic()
        self._restarts = [t for t in self._restarts if t > now - RESTART_WINDOW_S] + [now]
        if len(self._restarts) > MAX_RESTARTS:
            raise RuntimeError(f"{name} keeps dying; its log is in {self.home.folder / name}")

    def stop(self) -> None:
        self.web.stop()
        self.emulator.stop()
        self.postgres.stop()


def deploy(home: Home, *, warm_up: bool) -> None:
    """Deploy the current code into a running stack, and load what makes speech on request. Raises RuntimeError on failure."""
    options = ["--warm-up"] if warm_up else []
    command, environment = [sys.executable, "-m", "localstack.release", *options], deployment_environment(home)
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
        raise RuntimeError("The deployment into the local stack failed")


def ports(previous: Path, first: int) -> list[int]:
    """Return the ports to try: the stack's previous one, then those from `first`."""
    return [*([int(previous.read_text())] if previous.exists() else []), *range(first, first + PORTS)]


def timed(name: str, work: Callable[[], None]) -> None:
    started = time.monotonic()
    with progress.reporting(name, _print_step):
        work()
    _print_step(f"{name:10} {'started':24} {time.monotonic() - started:6.1f} s")


def _print_step(line: str) -> None:
    print(f"  {line}", flush=True)


def run(home: Home) -> None:
    """Start, run the demo, serve. If the stack runs already, deploy into it, run the demo, leave it running."""
    try:
        with home.locked():
            farewell = "The page is at {web}; serving until Ctrl-C."
            _serve(home, lambda: _demonstrate(home, farewell.format(**home.endpoints())), warm_up=True)
    except AlreadyRunningError:
        _deploy_to_running(home, warm_up=True)
        _demonstrate(home, "The stack keeps running; `make down` stops it.")


def _demonstrate(home: Home, farewell: str) -> None:
    command, environment = [sys.executable, "-m", "localstack.demo"], deployment_environment(home)
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
        raise RuntimeError(f"The demo failed; the emulator's log is {home.emulator / 'log'}")
    print(farewell, flush=True)


def serve(home: Home) -> None:
    """Run the stack until a signal arrives. Raises AlreadyRunningError."""
    with home.locked():
        _serve(home, lambda: print("ready", flush=True), warm_up=False)


def _serve(home: Home, when_ready: Callable[[], None], *, warm_up: bool) -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for stop_signal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(stop_signal, signal.SIG_IGN)  # shutting down must not be interrupted
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    stack = Stack(home)
    try:
        stack.start(warm_up=warm_up)
        when_ready()
        stack.watch()
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
    finally:
        stack.stop()


def up(home: Home) -> None:
    """Start the stack in the background, or deploy into the running one; print its addresses."""
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
        follow(home.log, process, StallDetector(process.pid))
    else:
        _deploy_to_running(home, warm_up=False)
    print("".join(f"{name:4} {home.endpoints()[name]}\n" for name in ("web", "api", "s3")), end="")


def follow(log: Path, process: subprocess.Popen[bytes], stall: StallDetector) -> None:
    """Print the log of a starting stack until it is ready. Raises RuntimeError if it exits or stalls."""
    with log.open() as lines:
        while True:
            has_exited = process.poll() is not None
            for line in lines:
                if line.strip() == "ready":
                    return
                print(line, end="", flush=True)
            if has_exited:
                raise RuntimeError(f"The local stack did not start; see {log}")
            if stall.is_stalled():
                raise RuntimeError(f"The local stack (process {process.pid}) has stalled while it starts; see {log}")
            time.sleep(0.05)


def _deploy_to_running(home: Home, *, warm_up: bool) -> None:
    """Deploy the current code into the running stack, after waiting for it to start."""
    holder = home.holder()
    if holder is not None and not home.is_serving():
        print(f"Waiting for the local stack (process {holder}) to start …", flush=True)
        stall = StallDetector(holder)
        while home.holder() == holder and not home.is_serving():
            if stall.is_stalled():
                raise RuntimeError(f"The local stack (process {holder}) has stalled while it starts")
            time.sleep(0.1)
    home.endpoints()
    print(f"The local stack is running (process {home.holder()}); deploying the current code.", flush=True)
    deploy(home, warm_up=warm_up)


def down(home: Home) -> None:
    """Stop the stack, and a Postgres left behind by a killed one."""
    pid = home.holder()
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while home.holder() is not None:
            if time.monotonic() > deadline:
                raise RuntimeError(f"Process {pid} does not stop")
            time.sleep(0.05)
    postgres = Postgres(home.postgres)
    if postgres.is_running():
        postgres.stop()
    print("stopped" if pid is not None else "not running")


def revision(home: Home) -> None:
    """Print the revision of the database at DATABASE_URL, or of the running stack's."""
    url = os.environ.get("DATABASE_URL") or Postgres(home.postgres).url("visionary_owner")
    # Alembic loads the application's settings, which require these.
    required = {"STAGE": "local", "INCOMING_BUCKET": "unused", "LIBRARY_BUCKET": "unused"}
    alembic = [sys.executable, "-m", "alembic", "current"]
    environment = os.environ | required | {"DATABASE_URL": url}
    if subprocess.run(alembic, cwd=ROOT, env=environment, check=False).returncode != 0:
        raise RuntimeError("The database's revision could not be read")


COMMANDS: dict[str, Callable[[Home], None]] = {"run": run, "up": up, "down": down, "serve": serve, "revision": revision}


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the local stack.")
    parser.add_argument("command", choices=COMMANDS)
    command = COMMANDS[parser.parse_args().command]
    try:
        command(Home.chosen())
    except AlreadyRunningError:
        raise SystemExit("The local stack is already running; `make down` stops it") from None
    except (RuntimeError, NotRunningError) as error:
        raise SystemExit(f"\n{error}") from None


if __name__ == "__main__":
    main()
