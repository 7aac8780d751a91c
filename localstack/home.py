"""The folder of a local stack: its state, and the lock of the process that runs it.

The folder is `.local/` in the project, or LOCAL_STACK. A lock shows whether a stack runs, because the kernel releases it when its
holder dies; pid files are never trusted.
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
    """No local stack is running."""


class AlreadyRunningError(Exception):
    """Another process runs this local stack."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one local stack."""

    folder: Path

    @classmethod
    def chosen(cls) -> Home:
        """Return the folder named by LOCAL_STACK, or the project's."""
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
    def rest_api(self) -> Path:
        """Return the file with the gateway's properties as last deployed."""
        return self.folder / "rest-api.json"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the process that runs this stack. Raises AlreadyRunningError."""
        with self._lock("lock", wait=False) as file:
            self._endpoints_file.unlink(missing_ok=True)  # left by a killed holder
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            try:
                yield
            finally:
                self._endpoints_file.unlink(missing_ok=True)

    @contextmanager
    def deploying(self) -> Iterator[None]:
        """Wait for other deployments into this stack to finish, and exclude new ones."""
        with self._lock("deploy.lock", wait=True):
            yield

    def holder(self) -> int | None:
        """Return the process that runs this stack, or None."""
        try:
            with self._lock("lock", wait=False):
                return None
        except AlreadyRunningError:
            text = (self.folder / "lock").read_text()
            return int(text) if text else None  # empty until the new holder has written its pid

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

    def is_serving(self) -> bool:
        """Return whether a stack runs, and has been deployed into since its start."""
        return self.holder() is not None and self._endpoints_file.exists()

    def endpoints(self) -> dict[str, Any]:
        """Return the addresses of the running stack: api, web, s3, auth. Raises NotRunningError."""
        if not self.is_serving():
            raise NotRunningError("No local stack is running; start one with `make up` or `make run`")
        endpoints: dict[str, Any] = json.loads(self._endpoints_file.read_text())
        return endpoints

    def publish(self, endpoints: Mapping[str, Any]) -> None:
        """Publish the addresses of the stack, for `endpoints`."""
        draft = self._endpoints_file.with_suffix(".new")
        draft.write_text(json.dumps(endpoints, indent=2) + "\n")
        draft.replace(self._endpoints_file)

    def signing_secret(self) -> str:
        """Return the stack's signing key.

        It is generated once, so that signed links and cached speech survive a restart.
        """
        file = self.folder / "signing-secret"
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(48))
        return file.read_text()

    def password(self, user: str) -> str:
        """Return the password of a user created by `make token`; it is derived, not stored."""
        digest = hmac.digest(self.signing_secret().encode(), f"password of {user}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode()
