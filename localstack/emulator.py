"""The AWS emulator: MiniStack in its own process, with a clean environment and continuously saved state.

MiniStack saves its state at a clean shutdown only. This launcher also saves it shortly after each change, so that a crash loses
at most the last seconds; S3 objects are written to disk immediately. The process exits when its supervisor does, in any way.

Run by localstack/stack.py only, with the environment that `environment` returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any

from localstack import gateway, log_delivery, long_polling, parameter_access, recursion, state, workers
from localstack.stall import StallDetector

HOST = "127.0.0.1"
REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}  # MiniStack's root keys
NAMED_PORT = "4566"  # part of stored queue URLs: a stack may restart on another port
SAVE_EVERY_S = 2.0
LISTENER = "VISIONARY_EMULATOR_LISTENER"  # the file descriptor of the inherited socket
RESET = "/_ministack/reset"  # unauthenticated: any page in a browser could request it
COGNITO = b"AWSCognitoIdentityProviderService."
DEPLOYMENT_GRACE_S = 20.0  # time for a running deployment to finish before a shutdown
STOP_TIMEOUT_S = DEPLOYMENT_GRACE_S + 15.0

Stacks = frozenset[tuple[str, str, str]]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Emulator:
    """The child process, managed by its supervisor.

    The supervisor owns the listening socket and the child inherits it: no other program can take the port during a restart,
    and requests that arrive then wait instead of being refused.
    """

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        self.folder = folder
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it is ready. Raises RuntimeError with the log's path if it is not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "log"
        if log.exists():
            log.replace(log.with_name("log.before"))
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "localstack.emulator"],
                cwd=Path(__file__).resolve().parent.parent,
                env=environment(self.folder, self.port) | {LISTENER: str(self._listener.fileno())},
                pass_fds=[self._listener.fileno()],
                stdin=subprocess.PIPE,  # the child exits when it is closed
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # only the supervisor receives Ctrl-C; it stops the services in order
            )
        stall = StallDetector(self._process.pid)
        while not self.is_ready():
            if not self.is_running() or stall.is_stalled():
                raise RuntimeError(f"The emulator failed to start on port {self.port}; its log is {log}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the process, which saves its state, and release the port."""
        self._listener.close()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/_ministack/ready", timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def listen(ports: Iterable[int]) -> socket.socket:
    """Listen on the first free port. Raises RuntimeError if all are taken."""
    tried = []
    for port in ports:
        with socket.socket() as probe:
            # Binding alone would succeed beside a server on all addresses.
            is_taken = probe.connect_ex((HOST, port)) == 0
        if not is_taken:
            with contextlib.suppress(OSError):
                return socket.create_server((HOST, port), backlog=100)
        tried.append(port)
    raise RuntimeError(f"No port between {min(tried)} and {max(tried)} is free on {HOST}")


def environment(folder: Path, port: int) -> dict[str, str]:
    """Return the complete environment of the emulator, and so of every emulated function.

    Functions inherit it, so nothing from the user's shell may reach them, least of all AWS_* and DATABASE_URL.
    """
    scratch = folder / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "AUTH": "true",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": NAMED_PORT,
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",  # the functions' address of the emulator
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nowhere",  # prevents a search for its own containers to remove
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "LOG_LEVEL": "INFO",
        # the account's quota of concurrent executions; a new account has 10
        **{name: os.environ[name] for name in ("LAMBDA_ACCOUNT_CONCURRENCY",) if name in os.environ},
    }


# ---- the child --------------------------------------------------------------------------------------------------------


class Autosave:
    """Wrapper of MiniStack's application: saves critical state before it responds, and other state shortly after.

    A confirmed account that was lost would be recreated under another id, without its media. A finished deployment that was
    lost would leave buckets behind that the next one could not create. If critical state cannot be saved, the response is an
    error.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app
        self._changed = False
        self._saved_stacks: Stacks = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] == RESET:
            await send({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": b"make clean deletes the state of the local stack\n"})
            return
        is_write = scope["method"] not in {"GET", "HEAD", "OPTIONS"}
        is_account_change = dict(scope["headers"]).get(b"x-amz-target", b"").startswith(COGNITO)

        async def send_after_save(message: Any) -> None:
            if message["type"] == "http.response.start" and is_write:
                self._changed = True
                stacks = deployed()
                if stacks is not None and stacks != self._saved_stacks and state.save():
                    self._saved_stacks = stacks
                elif is_account_change:
                    state.save({"cognito"})
            await send(message)

        await self._app(scope, receive, send_after_save)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            # A half-finished deployment cannot be resumed: its state is saved once it has finished.
            if self._changed and deployed() is not None:
                self._changed = False  # before the state is read: what changes from now on is saved the next time
                try:
                    is_complete = await asyncio.to_thread(state.save)
                except Exception:  # a full disk may have room again
                    logging.getLogger("persistence").exception("State not saved")
                    is_complete = False
                self._changed = self._changed or not is_complete


def deployed() -> Stacks | None:
    """Return every CloudFormation stack with its status and last change; None while one is being changed."""
    module = sys.modules.get("ministack.services.cloudformation")
    stacks = list(module._stacks._data.values()) if module else []
    if any(s["StackStatus"].endswith("_IN_PROGRESS") and s["StackStatus"] != "REVIEW_IN_PROGRESS" for s in stacks):
        return None
    return frozenset((s["StackId"], s["StackStatus"], str(s.get("LastUpdatedTime"))) for s in stacks)


async def _wait_for_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_reader(sys.stdin.fileno(), stop.set)  # readable means closed: the supervisor never writes
    await stop.wait()
    loop.remove_reader(sys.stdin.fileno())
    deadline = loop.time() + DEPLOYMENT_GRACE_S
    while deployed() is None and loop.time() < deadline:
        await asyncio.sleep(0.1)


async def _serve() -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    workers.drain_before_replacing()
    workers.keep_after_errors()
    workers.unpack_once()
    workers.start_few_at_once()
    gateway.respond_like_api_gateway()
    recursion.guard_message_chains()
    long_polling.wake_receivers()
    log_delivery.register()
    parameter_access.check_each_parameter()
    state.write_once_at_a_time()
    config = Config()
    config.bind = [f"fd://{os.environ[LISTENER]}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    autosave = Autosave(app)
    saving = asyncio.create_task(autosave.run())
    try:
        await serve(autosave, config, shutdown_trigger=_wait_for_stop)  # type: ignore[arg-type]
    finally:
        saving.cancel()


def main() -> None:
    _, max_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max_files, max_files))  # 100 concurrent uploads need many sockets
    logging.getLogger("persistence").setLevel(logging.WARNING)
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
