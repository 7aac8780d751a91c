"""The introduction of the OpenAPI document: rules that hold everywhere, and limits that are promises."""

from __future__ import annotations

from pathlib import Path

from chalicelib.api import api_key_authentication, operation, parse
from chalicelib.auth import api_keys
from chalicelib.auth.link_tokens import VALID_S, Purpose
from chalicelib.exports import request as exports
from chalicelib.library import delivery, text_requests
from chalicelib.library.collections import model as collections
from chalicelib.platform.config import settings
from chalicelib.platform.db import cursor, idempotency
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.speech.lifecycle import quote as quotes
from chalicelib.speech.lifecycle import start as speech
from chalicelib.speech.podcast import service as podcast
from chalicelib.uploads import accepted_types, instructions, resume
from chalicelib.uploads import start as uploads

MIB = 1024 * 1024
HOUR_S = 3_600

TEXT = Path(__file__).with_suffix(".md").read_text()


def text() -> str:
    """Return the introduction, with every limit read from the code that enforces it."""
    return TEXT.format(
        key_characters=idempotency.MAX_KEY_CHARACTERS,
        key_hours=settings().idempotency_hours,
        types="\n".join(
            f"| {kind.label} | `{kind.media_type}` | {', '.join(kind.extensions)} |"
            for kind in accepted_types.list_accepted_types()
        ),
        limits="\n".join(f"| {name} | {limit} |" for name, limit in limits().items()),
    )


def limits() -> dict[str, str]:
    """Return the limits that clients can rely on, by name."""
    resumable_h = instructions.RESUMABLE_FOR.total_seconds() / HOUR_S
    return {
        "size of a file": f"{accepted_types.MAX_FILE_BYTES // MIB} MB ({accepted_types.MAX_FILE_BYTES:,} bytes)",
        "pages of a PDF": f"{accepted_types.max_pdf_pages():,}",
        "storage of a user": f"{settings().quota_bytes / MIB / 1024:,.0f} GiB in {settings().quota_items:,} files",
        "collections of a user": f"{collections.MAX_COLLECTIONS:,}",
        "text of a recording": f"{quotes.MAX_CHARACTERS:,} characters",
        "characters that a user may buy": (
            f"{settings().speech_characters_per_day:,} per day, {settings().speech_characters_per_month:,} per month"
        ),
        "running speech jobs of a user": f"{settings().speech_jobs_at_once}",
        "rows of a page": f"{cursor.MAX_LIMIT} ({cursor.DEFAULT_LIMIT} by default)",
        "body of a request": f"{parse.MAX_BODY_BYTES // 1024} KiB, JSON nested up to {parse.MAX_JSON_DEPTH} levels",
        "requests of a user": _rate(operation.user_limit()),
        "uploads started by a user": _rate(uploads.PER_MINUTE),
        "upload signatures for a user": _rate(resume.SIGNATURES_PER_MINUTE),
        "speech jobs started by a user": _rate(speech.START_RATE_LIMIT),
        "quotes for a user": _rate(quotes.QUOTE_RATE_LIMIT),
        "choices of a language or encoding by a user": _rate(text_requests.RATE_LIMIT),
        "signed URLs are valid for": f"{delivery.URL_VALID_S // 60} minutes",
        "uploads in parts can be resumed for": f"{resumable_h:.0f} hours",
        "capabilities are valid for": (
            f"{VALID_S[Purpose.UPLOADS] / HOUR_S:.0f} hour (upload), {VALID_S[Purpose.PLAY] / HOUR_S:.0f} hours (playback)"
        ),
        "API keys of a user": f"{api_keys.MAX_KEYS}",
        "requests with an API key": _rate(api_key_authentication.key_limit()),
        "data exports of a user": (
            f"{exports.ACCOUNT_EXPORTS_PER_DAY.requests} in {exports.ACCOUNT_EXPORTS_PER_DAY.per_s // HOUR_S} hours"
        ),
        "exports of recordings of a user": _rate(exports.SPEECH_EXPORTS_PER_HOUR),
        "requests for a podcast": _rate(podcast.FEED_RATE_LIMIT),
        "media stay in the trash for": f"{settings().trash_days} days",
        "exports are kept for": f"{settings().export_days} days",
        "the audit trail is kept for": f"{settings().audit_days} days",
    }


def _rate(limit: Limit) -> str:
    return f"{limit.requests:,} in {limit.per_s} seconds"
