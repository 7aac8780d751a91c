"""The exchange with Speechify's HTTP API: what may be asked, and what its errors mean."""

from __future__ import annotations

import json
import re
from typing import Any

from chalicelib.platform import addresses
from chalicelib.speech.voices.adapters.http_client import HttpClient, HttpResponse, parse_retry_after_s
from chalicelib.speech.voices.model import (
    InvalidAudioError,
    ProviderBusyError,
    ProviderError,
    ProviderUnavailableError,
    RequestRejectedError,
    UnknownVoiceError,
)

BASE_URL = "https://api.speechify.ai"
API_VERSION = "2026-09-13"

_NO_MONEY = frozenset({"payment_required", "spend_cap_exceeded", "spend_budget_exceeded"})  # under any status
_NO_ACCESS = frozenset({"unauthorized", "forbidden", "insufficient_scope"})
_TOO_MANY = frozenset({"rate_limited", "concurrency_limit_reached"})
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")


class SpeechifyApi:
    """One connection to the API, kept open between calls. Raises ValueError for an address that may not be called."""

    def __init__(self, api_key: str, base_url: str) -> None:
        if not api_key:
            raise ProviderUnavailableError("SPEECHIFY_API_KEY is not set", reason="not_configured", open_breaker=True)
        self._base_url = addresses.check(base_url).removesuffix("/v1").rstrip("/")
        self._exchange = HttpClient("Speechify", bearer=api_key, request_id_header="Speechify-Request-Id")

    def request(self, method: str, path: str, deadline: float, **content: Any) -> tuple[dict[str, Any], str | None]:
        """One exchange: the JSON object of a good answer, and its request id. Everything else is raised as VoiceError."""
        headers = {"Speechify-Version": API_VERSION, "Accept": "application/json"}
        answer = self._exchange.request(method, self._base_url + path, deadline, headers=headers, **content)
        request_id = self._exchange.request_id(answer.headers)
        if answer.status != 200:
            raise _refusal(answer, request_id)
        try:
            said = json.loads(answer.body)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise InvalidAudioError(
                f"Speechify answered 200 with {len(answer.body)} bytes that are no JSON object", request_id=request_id
            )
        return said, request_id


def _refusal(answer: HttpResponse, request_id: str | None) -> ProviderError:
    """The error table. Codes count more than statuses; the message is left out, it may quote the text."""
    status = answer.status
    try:
        found = _CODE.fullmatch(json.loads(answer.body)["error"]["code"])
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    code = found[0] if found else ""
    said = f"Speechify answered {status} {code}".rstrip()
    if code in _NO_MONEY or status == 402:
        return ProviderUnavailableError(said, reason="spend_limit", open_breaker=True, request_id=request_id)
    if code in _TOO_MANY or status == 429:
        return ProviderBusyError(
            said, retry_after_s=parse_retry_after_s(answer.headers.get("Retry-After")), request_id=request_id
        )
    if code == "content_policy_violation":
        return RequestRejectedError(said, code=code, request_id=request_id)
    if code in _NO_ACCESS or status in (401, 403):
        return ProviderUnavailableError(said, reason="no_access", open_breaker=True, request_id=request_id)
    if code == "voice_not_found":
        return UnknownVoiceError(said, request_id=request_id)
    if status >= 500 or status == 408:
        return ProviderUnavailableError(said, reason="server_error", request_id=request_id)
    if status < 400 or status == 404:
        return ProviderUnavailableError(said, reason="wrong_address", open_breaker=True, request_id=request_id)
    return RequestRejectedError(said, code=code or f"http_{status}", request_id=request_id)
