"""What the errors of OpenAI-compatible servers mean. There is no table: OpenAI, FastAPI and LocalAI each write their own."""

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
_ABOUT = {
    "voice": re.compile(rf"\bvoices?\b[^.]{{0,80}}\b{_WRONG}\b|\b{_WRONG}\b[^.]{{0,20}}\bvoice\b"),
    "model": re.compile(rf"\bmodel\b[^.]{{0,80}}\b{_WRONG}\b|\b{_WRONG}\b[^.]{{0,20}}\bmodel\b"),
    "response_format": re.compile(r"response_format|(output|audio|unsupported|response) format"),
}


def classify_error(answer: HttpResponse, request_id: str | None) -> ProviderError:
    """Which of the outcomes an answer other than a good one is. Its message is left out, it may quote the text."""
    status, code = answer.status, _code(answer)
    said = f"the speech server answered {status} {code}".rstrip()
    if status == 402 or code in ("insufficient_quota", "billing_hard_limit_reached"):
        return ProviderUnavailableError(said, reason="spend_limit", open_breaker=True, request_id=request_id)
    if status == 429:
        wait_s = parse_retry_after_s(answer.headers.get("Retry-After"))
        return ProviderBusyError(said, retry_after_s=wait_s, request_id=request_id)
    if status in (401, 403):
        return ProviderUnavailableError(said, reason="no_access", open_breaker=True, request_id=request_id)
    if status >= 500 or status == 408:
        return ProviderUnavailableError(said, reason="server_error", request_id=request_id)
    if error_mentions(answer, "voice"):
        return UnknownVoiceError(f"{said}: it has no such voice", request_id=request_id)
    if error_mentions(answer, "model"):
        why = f"{said}: it has no such model; OPENAI_TTS_MODEL names it"
        return ProviderUnavailableError(why, reason="no_model", open_breaker=True, request_id=request_id)
    if status < 400 or status in (404, 405):
        return ProviderUnavailableError(said, reason="wrong_address", open_breaker=True, request_id=request_id)
    return RequestRejectedError(said, code=code or f"http_{status}", request_id=request_id)


def error_mentions(answer: HttpResponse, subject: str) -> bool:
    """Whether an error speaks of `voice`, `model` or `response_format`: by its parameter's name, else by its message."""
    error = _error(answer.body)
    if isinstance(error, list):  # FastAPI: where in the body the mistake is
        places = [entry.get("loc") or [""] for entry in error if isinstance(entry, dict)]
        return any(place[-1] == subject for place in places)
    if not isinstance(error, dict):
        error = {"message": error}
    if error.get("param"):
        return bool(error["param"] == subject)
    return _ABOUT[subject].search(str(error.get("message", "")).lower()) is not None


def _code(answer: HttpResponse) -> str:
    error = _error(answer.body)
    said = (error.get("code") or error.get("error") or error.get("type")) if isinstance(error, dict) else None
    found = _CODE.fullmatch(said) if isinstance(said, str) else None
    return found[0] if found else ""


def _error(body: bytes) -> Any:
    """`error` as OpenAI and LocalAI have it, `detail` as FastAPI has it."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return (said.get("error") or said.get("detail") or {}) if isinstance(said, dict) else {}
