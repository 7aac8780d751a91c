"""Errors of OpenAI-compatible servers.

There is no common table: OpenAI, FastAPI and LocalAI each have their own.
"""

from __future__ import annotations

import json
import re
from typing import Any

from chalicelib.speech.voices.adapters.http_client import HttpResponse, parse_retry_after_s
from chalicelib.speech.voices.model import (
    ProviderBusyError,
    ProviderError,
    ProviderUnavailableError,
    RequestRejectedError,
    UnknownVoiceError,
)

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_WRONG = r"(not|unknown|invalid|unsupported|no)"
_MENTIONS = {
    "voice": re.compile(rf"\bvoices?\b[^.]{{0,80}}\b{_WRONG}\b|\b{_WRONG}\b[^.]{{0,20}}\bvoice\b"),
    "model": re.compile(rf"\bmodel\b[^.]{{0,80}}\b{_WRONG}\b|\b{_WRONG}\b[^.]{{0,20}}\bmodel\b"),
    "response_format": re.compile(r"response_format|(output|audio|unsupported|response) format"),
}


def classify_error(response: HttpResponse, request_id: str | None) -> ProviderError:
    """Classify an error response. Its message is left out: it may quote the text."""
    status, code = response.status, _code(response)
    summary = f"the speech server responded {status} {code}".rstrip()
    if status == 402 or code in ("insufficient_quota", "billing_hard_limit_reached"):
        return ProviderUnavailableError(summary, reason="spend_limit", open_breaker=True, request_id=request_id)
    if status == 429:
        wait_s = parse_retry_after_s(response.headers.get("Retry-After"))
        return ProviderBusyError(summary, retry_after_s=wait_s, request_id=request_id)
    if status in (401, 403):
        return ProviderUnavailableError(summary, reason="no_access", open_breaker=True, request_id=request_id)
    if status >= 500 or status == 408:
        return ProviderUnavailableError(summary, reason="server_error", request_id=request_id)
    if error_mentions(response, "voice"):
        return UnknownVoiceError(f"{summary}: it has no such voice", request_id=request_id)
    if error_mentions(response, "model"):
        detail = f"{summary}: it has no such model; set OPENAI_TTS_MODEL to one it has"
        return ProviderUnavailableError(detail, reason="no_model", open_breaker=True, request_id=request_id)
    if status < 400 or status in (404, 405):
        return ProviderUnavailableError(summary, reason="wrong_address", open_breaker=True, request_id=request_id)
    return RequestRejectedError(summary, code=code or f"http_{status}", request_id=request_id)


def error_mentions(response: HttpResponse, subject: str) -> bool:
    """Return whether an error is about a subject, by its parameter or its message.

    Subjects are `voice`, `model` and `response_format`.
    """
    error = _error(response.body)
    if isinstance(error, list):  # FastAPI: the mistake's location in the body
        locations = [entry.get("loc") or [""] for entry in error if isinstance(entry, dict)]
        return any(location[-1] == subject for location in locations)
    if not isinstance(error, dict):
        error = {"message": error}
    if error.get("param"):
        return bool(error["param"] == subject)
    return _MENTIONS[subject].search(str(error.get("message", "")).lower()) is not None


def _code(response: HttpResponse) -> str:
    error = _error(response.body)
    code = (error.get("code") or error.get("error") or error.get("type")) if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _error(body: bytes) -> Any:
    """Return the body's `error` (OpenAI, LocalAI) or `detail` (FastAPI)."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return (document.get("error") or document.get("detail") or {}) if isinstance(document, dict) else {}
