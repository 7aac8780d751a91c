"""Public keys of the user pool (JWKS), cached: an outage of their server signs no user out."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.request import HTTPRedirectHandler, build_opener

from chalicelib.platform.deadline import DeadlineExceededError, time_limit
from chalicelib.platform.errors import UnavailableError

if TYPE_CHECKING:
    from jwt import PyJWK

MAX_AGE_S = 3_600  # a pool rotates its keys rarely
MIN_FETCH_INTERVAL_S = 60  # tokens with made-up key ids must not become a flood of requests
TIMEOUT_S = 2  # every request waits for the authorizer
MAX_BYTES = 64 * 1024  # a pool publishes two keys, about 1 KB


class _RefuseRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow none: the response with the redirect is then raised as an error."""


@dataclass
class KeySet:
    """The keys of one JWKS URL, by id."""

    url: str
    _keys: dict[str, PyJWK] = field(default_factory=dict)
    _fetched_at: float = float("-inf")
    _tried_at: float = float("-inf")

    def get(self, key_id: str) -> PyJWK | None:
        """Return a key, or None. Raises UnavailableError when no keys could ever be fetched."""
        age_s = time.monotonic() - self._fetched_at
        if key_id not in self._keys or age_s > MAX_AGE_S:
            self.refresh()
        if not self._keys:
            raise UnavailableError("The sign-in service's keys could not be fetched; try again shortly.")
        return self._keys.get(key_id)

    def refresh(self) -> None:
        """Fetch the keys, unless that was tried a moment ago. Keeps the old ones when it fails."""
        from jwt import PyJWKSet
        from jwt.exceptions import PyJWTError

        now = time.monotonic()
        if now - self._tried_at < MIN_FETCH_INTERVAL_S and self._keys:
            return
        self._tried_at = now
        try:
            # urllib, because PyJWT loads it anyway: another client would cost each cold start 25 ms of processor time
            with time_limit(TIMEOUT_S), build_opener(_RefuseRedirects).open(self.url, timeout=TIMEOUT_S) as response:
                body = response.read(MAX_BYTES + 1)
            keys = PyJWKSet.from_dict(_parse_object(body)).keys
        except (DeadlineExceededError, OSError, HTTPException, PyJWTError, ValueError, RecursionError):
            return  # stale keys are good enough; without any, get() raises
        self._keys = {key.key_id: key for key in keys if key.key_id}
        self._fetched_at = now


def _parse_object(body: bytes) -> dict[str, Any]:
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("a key set is a JSON object")
    return document
