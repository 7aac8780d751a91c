"""The exchange with Speechify's HTTP API: where it is, what may be asked, and what its errors mean."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.speech.voices.model import BadAudio, Busy, NoVoice, Refused, Unavailable, VoiceError

if TYPE_CHECKING:
    import requests

BASE_URL = "https://api.speechify.ai"
API_VERSION = "2026-09-13"
CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30  # `* * *` once kept the server busy for 60 s before its 502
MAX_WAIT_S = 3_600.0  # what a Retry-After may ask for; beyond it, asking again once an hour does no harm
MAX_ANSWER_BYTES = 8 * 1024**2  # 1,900 slowly read characters are ~3 min: 1.5 MB of MP3, 2 MB as base64, and the marks

_NO_MONEY = frozenset({"payment_required", "spend_cap_exceeded", "spend_budget_exceeded"})  # under any status
_NO_ACCESS = frozenset({"unauthorized", "forbidden", "insufficient_scope"})
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TOO_MANY = frozenset({"rate_limited", "concurrency_limit_reached"})


def check_base_url(url: str) -> str:
    """The address without its `/v1`. Raises ValueError for one that would sing, leak the key, or is no address."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if host == "sonauto.ai" or host.endswith(".sonauto.ai"):
        raise ValueError(f"{host} generates songs and bills them; Speechify answers at {BASE_URL}")
    if parts.username or parts.query or parts.fragment or not host:
        raise ValueError(f"an address like {BASE_URL} is needed, without a user, query or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1")):
        raise ValueError(f"{host} must be reached by https: every call carries the key")
    return url.rstrip("/").removesuffix("/v1").rstrip("/")


class Client:
    """One connection to the API, kept open between calls."""

    def __init__(self, api_key: str, base_url: str) -> None:
        if not api_key:
            raise Unavailable("SPEECHIFY_API_KEY is not set", reason="not_configured", open_breaker=True)
        self._api_key = api_key
        self._base_url = check_base_url(base_url)
        self._session: requests.Session | None = None

    def ask(self, method: str, path: str, deadline: float, **content: Any) -> tuple[dict[str, Any], str | None]:
        """One exchange: the JSON object of a good answer, and its request id. Everything else is raised as VoiceError."""
        import requests

        if self._session is None:
            self._session = requests.Session()
        response: requests.Response | None = None
        try:
            with self._session.request(
                method,
                self._base_url + path,
                headers={"Speechify-Version": API_VERSION, "Accept": "application/json"},
                auth=self._authorize,
                timeout=(CONNECT_TIMEOUT_S, max(0.1, min(READ_TIMEOUT_S, deadline - time.monotonic()))),
                allow_redirects=False,  # a redirect would carry the key elsewhere
                stream=True,
                **content,
            ) as response:
                request_id = response.headers.get("Speechify-Request-Id")
                body = _read(response, deadline, request_id)
        except requests.RequestException as error:
            raise _no_answer(error, response) from None
        if response.status_code != 200:
            raise _refusal(response.status_code, body, response.headers, request_id)
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise BadAudio(
                f"Speechify answered 200 with {len(body)} bytes that are no JSON object", request_id=request_id
            )
        return answer, request_id

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"  # as `auth`, so that no .netrc can replace it
        return request


def _read(response: requests.Response, deadline: float, request_id: str | None) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(2_048):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise BadAudio(f"Speechify's answer is larger than {MAX_ANSWER_BYTES} bytes", request_id=request_id)
        if time.monotonic() > deadline:
            raise Unavailable("Speechify's answer came too slowly", reason="timeout", request_id=request_id)
    return bytes(body)


def _no_answer(error: Exception, response: requests.Response | None) -> VoiceError:
    """What a broken exchange means. It may have been paid for unless no connection was made at all."""
    import requests
    from urllib3.exceptions import NewConnectionError

    request_id = response.headers.get("Speechify-Request-Id") if response is not None else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(
        getattr(error.args[0] if error.args else None, "reason", None), NewConnectionError
    ):
        return Unavailable("Speechify cannot be reached", reason="unreachable")
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return Unavailable("Speechify did not answer in time", reason="timeout", request_id=request_id)
    if response is not None:
        return BadAudio("Speechify's answer was cut off", request_id=request_id)
    return Unavailable("the connection to Speechify broke", reason="connection_lost")


def _refusal(status: int, body: bytes, headers: Mapping[str, str], request_id: str | None) -> VoiceError:
    """The error table. Codes count more than statuses; the message is left out, it may quote the text."""
    try:
        found = _CODE.fullmatch(json.loads(body)["error"]["code"])
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    code = found[0] if found else ""
    said = f"Speechify answered {status} {code}".rstrip()
    if code in _NO_MONEY or status == 402:
        return Unavailable(said, reason="spend_limit", open_breaker=True, request_id=request_id)
    if code in _TOO_MANY or status == 429:
        return Busy(said, retry_after_s=_seconds(headers.get("Retry-After")), request_id=request_id)
    if code == "content_policy_violation":
        return Refused(said, code=code, request_id=request_id)
    if code in _NO_ACCESS or status in (401, 403):
        return Unavailable(said, reason="no_access", open_breaker=True, request_id=request_id)
    if code == "voice_not_found":
        return NoVoice(said, request_id=request_id)
    if status >= 500 or status == 408:
        return Unavailable(said, reason="server_error", request_id=request_id)
    if status < 400 or status == 404:
        return Unavailable(said, reason="wrong_address", open_breaker=True, request_id=request_id)
    return Refused(said, code=code or f"http_{status}", request_id=request_id)


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After as seconds, whether it came as seconds or as a date (RFC 9110, 10.2.3); None when it says nothing."""
    if retry_after is None:
        return None
    if retry_after.isdecimal():
        return min(float(retry_after), MAX_WAIT_S)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(0.0, seconds), MAX_WAIT_S)
