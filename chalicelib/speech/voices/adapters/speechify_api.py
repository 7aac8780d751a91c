"""Speechify's HTTP API: authenticated requests, and the classification of its errors."""

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
    ProviderNotConfiguredError,
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
    """One connection to the API, kept open between calls.

    Raises ValueError for an address that may not be called.
    """

    def __init__(self, api_key: str, base_url: str) -> None:
        if not api_key:
            raise ProviderNotConfiguredError("SPEECHIFY_API_KEY is not set")
        self._base_url = addresses.check(base_url).removesuffix("/v1").rstrip("/")
        self._http = HttpClient("Speechify", bearer=api_key, request_id_header="Speechify-Request-Id")

    def request(self, method: str, path: str, deadline: float, **content: Any) -> tuple[dict[str, Any], str | None]:
        """Return the JSON object of a good response, and its request id.

        Raises ProviderError for all others.
        """
        headers = {"Speechify-Version": API_VERSION, "Accept": "application/json"}
        response = self._http.request(method, self._base_url + path, deadline, headers=headers, **content)
        request_id = self._http.request_id(response.headers)
        if response.status != 200:
            raise _classify_error(response, request_id)
        try:
            document = json.loads(response.body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise InvalidAudioError(
                f"Speechify responded 200 with {len(response.body)} bytes that are no JSON object",
                request_id=request_id,
            )
        return document, request_id


def _classify_error(response: HttpResponse, request_id: str | None) -> ProviderError:
    """Classify an error response: codes take precedence over statuses.

    Its message is left out: it may quote the text.
    """
    status = response.status
    try:
        match = _CODE.fullmatch(json.loads(response.body)["error"]["code"])
    except (ValueError, KeyError, TypeError, RecursionError):
        match = None
    code = match[0] if match else ""
    summary = f"Speechify responded {status} {code}".rstrip()
    if code in _NO_MONEY or status == 402:
        return ProviderUnavailableError(summary, reason="spend_limit", open_breaker=True, request_id=request_id)
    if code in _TOO_MANY or status == 429:
        wait_s = parse_retry_after_s(response.headers.get("Retry-After"))
        return ProviderBusyError(summary, retry_after_s=wait_s, request_id=request_id)
    if code == "content_policy_violation":
        return RequestRejectedError(summary, code=code, request_id=request_id)
    if code in _NO_ACCESS or status in (401, 403):
        return ProviderUnavailableError(summary, reason="no_access", open_breaker=True, request_id=request_id)
    if code == "voice_not_found":
        return UnknownVoiceError(summary, request_id=request_id)
    if status >= 500 or status == 408:
        return ProviderUnavailableError(summary, reason="server_error", request_id=request_id)
    if status < 400 or status == 404:
        return ProviderUnavailableError(summary, reason="wrong_address", open_breaker=True, request_id=request_id)
    return RequestRejectedError(summary, code=code or f"http_{status}", request_id=request_id)
