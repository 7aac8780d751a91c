"""The AWS emulator: MiniStack in a process of its own, with a clean environment, saving its state as it goes.

MiniStack saves when it is stopped properly. This launcher also saves a moment after something changed, so that a crash
costs the last seconds at most; objects in S3 are on disk at once. It ends when its supervisor ends, however that happens.

Run by localstack/stack.py only: the environment it needs is made by `environment`.
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
from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping
from pathlib import Path
from typing import Any

from localstack import workers

HOST = "127.0.0.1"
REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}  # MiniStack's root keys
NAMED_PORT = "4566"  # stands in the names of queues, which are kept: a stack may come back on another port
SAVE_EVERY_S = 2.0
LISTENER = "VISIONARY_EMULATOR_LISTENER"  # the number of the inherited socket
RESET = "/_ministack/reset"  # unsigned: any page in a browser could ask for it
COGNITO = b"AWSCognitoIdentityProviderService."
SETTLE_S = 20.0  # a deployment under way when the stop comes gets this long to end
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = SETTLE_S + 15.0

Stacks = frozenset[tuple[str, str, str]]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Emulator:
    """The child process, as its supervisor sees it.

    The supervisor holds the listening socket and the child inherits it: nobody can take the port in between, and requests
    that come while a killed emulator starts again wait instead of being refused.
    """

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        self.folder = folder
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with the log's place when it does not."""
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
                stdin=subprocess.PIPE,  # its end tells the child that we are gone
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops the parts in order
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.answers():
            if not self.is_running() or time.monotonic() > deadline:
                raise RuntimeError(f"The emulator does not start on port {self.port}; its log is {log}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Let it save its state and end, and give the port back."""
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

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/_ministack/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def listen(ports: Iterable[int]) -> socket.socket:
    """Take the first of these ports that nobody uses. Raises RuntimeError when all are taken."""
    tried = []
    for port in ports:
        with socket.socket() as probe:
            taken = probe.connect_ex((HOST, port)) == 0  # a server on all addresses would not keep us from binding ours
        if not taken:
            with contextlib.suppress(OSError):
                return socket.create_server((HOST, port), backlog=100)
        tried.append(port)
    raise RuntimeError(f"No port between {min(tried)} and {max(tried)} is free on {HOST}")


def environment(folder: Path, port: int) -> dict[str, str]:
    """All that the emulator, and so every emulated function, knows of its surroundings.

    Functions inherit it: nothing of the user's shell may get through, least of all AWS_* and DATABASE_URL.
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
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",  # where the functions find the emulator
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nowhere",  # it would look for containers of its own to remove
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "LOG_LEVEL": "INFO",
    }


# ---- the child --------------------------------------------------------------------------------------------------------


class Autosave:
    """Wraps MiniStack's application: what it must not forget is on disk before it answers, the rest a moment later.

    An account that were lost after it was confirmed would come back under another id, without its media. A finished
    deployment that were lost would leave buckets behind that the next one could not create.
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
            await send({"type": "http.response.body", "body": b"make clean removes the state of the local stack\n"})
            return
        changes = scope["method"] not in {"GET", "HEAD", "OPTIONS"}
        accounts = dict(scope["headers"]).get(b"x-amz-target", b"").startswith(COGNITO)

        async def send_when_safe(message: Any) -> None:
            if message["type"] == "http.response.start" and changes:
                self._changed = True
                stacks = deployed()
                if stacks is not None and stacks != self._saved_stacks and save():
                    self._saved_stacks = stacks
                elif accounts:
                    save({"cognito"})
            await send(message)

        await self._app(scope, receive, send_when_safe)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            # A deployment cut in half cannot be resumed: its state is saved when it has ended.
            if self._changed and deployed() is not None:
                self._changed = not await asyncio.to_thread(save)


def save(only: Collection[str] = ()) -> bool:
    """Write the state of every service that was used, or of these; each file is replaced at once.

    Answers whether all of it is on disk: a service that was changed while it was read has to be saved again. Logs are left
    to the proper end: they grow, and nobody's data is in them.
    """
    from ministack.app import _build_persistence_save_dict
    from ministack.core.persistence import save_state

    complete = True
    for name, get_state in _build_persistence_save_dict().items():
        if name in only if only else name != "cloudwatch_logs":
            try:
                state = get_state()
            except RuntimeError:
                complete = False
            else:
                if state is not None:
                    save_state(name, state)
    return complete


def deployed() -> Stacks | None:
    """Every CloudFormation stack with its status and the time of its last change; None while something goes on in one."""
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
    loop.add_reader(sys.stdin.fileno(), stop.set)  # readable means closed: nobody writes to it
    await stop.wait()
    loop.remove_reader(sys.stdin.fileno())
    deadline = loop.time() + SETTLE_S
    while deployed() is None and loop.time() < deadline:
        await asyncio.sleep(0.1)


async def _serve() -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    workers.let_them_finish()
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
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))  # 100 uploads at once are many sockets
    logging.getLogger("persistence").setLevel(logging.WARNING)
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
