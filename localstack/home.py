"""Where a local stack keeps its state, and who runs it.

The folder is `.local/` of the project, or the one named by LOCAL_STACK. A lock that the kernel gives back when its holder
dies says whether a stack runs; no pid file is ever believed.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class NotRunningError(Exception):
    """There is no running stack to work with."""


class AlreadyRunningError(Exception):
    """Another process runs this stack."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one local stack."""

    folder: Path

    @classmethod
    def chosen(cls) -> Home:
        """The folder that LOCAL_STACK names, or the project's own."""
        return cls(Path(os.environ.get("LOCAL_STACK") or ROOT / ".local").resolve())

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def emulator(self) -> Path:
        return self.folder / "emulator"

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs.json"

    @property
    def routes(self) -> Path:
        """The API's definition as it was deployed last."""
        return self.folder / "routes.json"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Run this stack alone. Raises AlreadyRunningError when another process does."""
        with self._lock("lock", wait=False) as file:
            self._endpoints_file.unlink(missing_ok=True)  # of a holder that was killed
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            try:
                yield
            finally:
                self._endpoints_file.unlink(missing_ok=True)

    @contextmanager
    def deploying(self) -> Iterator[None]:
        """Take turns with other deployments into this stack."""
        with self._lock("deploy.lock", wait=True):
            yield

    def holder(self) -> int | None:
        """The process that runs this stack, or None."""
        try:
            with self._lock("lock", wait=False):
                return None
        except AlreadyRunningError:
            text = (self.folder / "lock").read_text()
            return int(text) if text else None  # it is a moment old and has not signed yet

    @contextmanager
    def _lock(self, name: str, *, wait: bool) -> Iterator[Any]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / name).open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise AlreadyRunningError from None
            yield file

    @property
    def _endpoints_file(self) -> Path:
        return self.folder / "endpoints.json"

    def endpoints(self) -> dict[str, Any]:
        """How to reach the running stack: api, web, s3, auth. Raises NotRunningError."""
        if self.holder() is None or not self._endpoints_file.exists():
            raise NotRunningError("No local stack runs; start it with `make up` or `make run`")
        endpoints: dict[str, Any] = json.loads(self._endpoints_file.read_text())
        return endpoints

    def publish(self, endpoints: Mapping[str, Any]) -> None:
        """Tell everyone how to reach the stack."""
        draft = self._endpoints_file.with_suffix(".new")
        draft.write_text(json.dumps(endpoints, indent=2) + "\n")
        draft.replace(self._endpoints_file)

    def signing_secret(self) -> str:
        """The key of this stack, made once: signed links and the speech cache outlive a restart."""
        file = self.folder / "signing-secret"
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(48))
        return file.read_text()

    def password(self, user: str) -> str:
        """The password of a user made by `make token`; it needs no place of its own."""
        digest = hmac.digest(self.signing_secret().encode(), f"password of {user}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode()
