"""What the description says before it comes to single operations: rules that hold everywhere, and limits that are promises."""

from __future__ import annotations

from pathlib import Path

from chalicelib.account.export import request as exports
from chalicelib.api import operation, parse
from chalicelib.api.routes import capabilities
from chalicelib.library import delivery
from chalicelib.library.collections import model as collections
from chalicelib.platform.config import settings
from chalicelib.platform.db import cursor, idempotency
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.speech.exports import request as speech_exports
from chalicelib.speech.lifecycle import quote as quotes
from chalicelib.speech.lifecycle import start as speech
from chalicelib.speech.podcast import service as podcast
from chalicelib.uploads import accepted_types, instructions, resume
from chalicelib.uploads import start as uploads

MIB = 1024 * 1024
HOUR_S = 3_600

TEXT = Path(__file__).with_suffix(".md").read_text()


def text() -> str:
    """The introduction, with every limit read from where it is enforced."""
    return TEXT.format(
        key_characters=idempotency.MAX_KEY_CHARACTERS,
        key_hours=settings().idempotency_hours,
        types="\n".join(
            f"| {kind.label} | `{kind.media_type}` | {', '.join(kind.extensions)} |"
            for kind in accepted_types.list_accepted_types()
        ),
        limits="\n".join(f"| {what} | {limit} |" for what, limit in limits().items()),
    )


def limits() -> dict[str, str]:
    """The limits that are promises."""
    resumable_h = instructions.RESUMABLE_FOR.total_seconds() / HOUR_S
    return {
        "one file": f"{accepted_types.MAX_FILE_BYTES // MIB} MB ({accepted_types.MAX_FILE_BYTES:,} bytes)",
        "pages of a PDF": f"{accepted_types.max_pdf_pages():,}",
        "everything of one user": f"{settings().quota_bytes / MIB / 1024:,.0f} GiB in {settings().quota_items:,} files",
        "collections of one user": f"{collections.MAX_COLLECTIONS:,}",
        "text of one reading": f"{quotes.MAX_CHARACTERS:,} characters",
        "text that one user has bought": (
            f"{settings().speech_characters_per_day:,} characters a day, {settings().speech_characters_per_month:,} a month"
        ),
        "readings of one user under way": f"{settings().speech_jobs_at_once}",
        "rows of a page": f"{cursor.MAX_LIMIT}, {cursor.DEFAULT_LIMIT} unless asked for",
        "body of a request": f"{parse.MAX_BODY_BYTES // 1024} KiB, JSON nested {parse.MAX_JSON_DEPTH} deep",
        "requests of one user": _rate(operation.PER_MINUTE),
        "uploads begun by one user": _rate(uploads.PER_MINUTE),
        "upload signatures for one user": _rate(resume.SIGNATURES_PER_MINUTE),
        "speech requests of one user": _rate(speech.PER_MINUTE),
        "quotes for one user": _rate(quotes.PER_MINUTE),
        "signed addresses work for": f"{delivery.URL_VALID_S // 60} minutes",
        "uploads in parts can be resumed for": f"{resumable_h:.0f} hours",
        "capabilities work for": (
            f"{capabilities.UPLOAD_VALID_S / HOUR_S:.0f} hour to upload, {capabilities.PLAY_VALID_S / HOUR_S:.0f} hours to play"
        ),
        "exports of one user": f"{exports.PER_DAY.requests} in {exports.PER_DAY.per_s // HOUR_S} hours",
        "exports of readings of one user": _rate(speech_exports.PER_HOUR),
        "requests of one podcast": _rate(podcast.FEED_RATE_LIMIT),
        "trash is kept for": f"{settings().trash_days} days",
        "exports are kept for": f"{settings().export_days} days",
        "the audit trail is kept for": f"{settings().audit_days} days",
    }


def _rate(limit: Limit) -> str:
    return f"{limit.requests:,} in {limit.per_s} seconds"
