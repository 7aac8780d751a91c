"""What an account holds, and what it may."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from chalicelib.account import store
from chalicelib.library import delivery
from chalicelib.library.model import Status
from chalicelib.platform.config import settings
from chalicelib.platform.db import cursor, database
from chalicelib.speech.lifecycle import budget
from chalicelib.speech.lifecycle import quote as quotes
from chalicelib.speech.lifecycle import start as speech
from chalicelib.uploads import accepted_types
from chalicelib.uploads import start as uploads


class Usage(BaseModel):
    """`stored_bytes` and `stored_items` count against the quota: what is ready or in the trash, and what uploads reserved.

    The characters bought today and this month (UTC) count what readings under way will still buy.
    """

    stored_bytes: int
    stored_items: int
    media: dict[Status, int]
    collections: int
    speech_jobs: int
    speech_jobs_unfinished: int
    spoken_characters: int
    bought_characters_today: int
    bought_characters_this_month: int


class Limits(BaseModel):
    """Promises: what is within them is done, what is not is refused with a sentence that says so."""

    quota_bytes: int
    quota_items: int
    file_bytes: int
    pdf_pages: int
    page_rows: int
    uploads_per_minute: int
    speech_requests_per_minute: int
    speech_characters_per_job: int
    speech_characters_per_day: int
    speech_characters_per_month: int
    speech_jobs_at_once: int
    upload_url_valid_s: int
    download_url_valid_s: int
    trash_days: int
    refused_days: int
    export_days: int
    audit_days: int


class Account(BaseModel):
    """`id` is the owner's; `created_at` is null until something was kept."""

    id: UUID
    created_at: datetime | None
    usage: Usage
    limits: Limits


def get(owner_id: UUID) -> Account:
    with database.transaction(owner_id) as connection:
        held = store.get(connection)
        counts = store.count_contents(connection)
        media = store.count_media_by_status(connection)
        spending = budget.get_usage(connection)
    usage = Usage(
        stored_bytes=held.stored_bytes if held else 0,
        stored_items=held.stored_items if held else 0,
        media={status: media.get(status, 0) for status in Status},
        collections=counts.collections,
        speech_jobs=counts.speech_jobs,
        speech_jobs_unfinished=counts.speech_jobs_unfinished,
        spoken_characters=counts.spoken_characters,
        bought_characters_today=spending.day + spending.reserved,
        bought_characters_this_month=spending.month + spending.reserved,
    )
    return Account(id=owner_id, created_at=held.created_at if held else None, usage=usage, limits=get_limits())


def get_limits() -> Limits:
    config = settings()
    return Limits(
        quota_bytes=config.quota_bytes,
        quota_items=config.quota_items,
        file_bytes=accepted_types.MAX_FILE_BYTES,
        pdf_pages=accepted_types.max_pdf_pages(),
        page_rows=cursor.MAX_LIMIT,
        uploads_per_minute=uploads.PER_MINUTE.requests,
        speech_requests_per_minute=speech.PER_MINUTE.requests,
        speech_characters_per_job=quotes.MAX_CHARACTERS,
        speech_characters_per_day=config.speech_characters_per_day,
        speech_characters_per_month=config.speech_characters_per_month,
        speech_jobs_at_once=config.speech_jobs_at_once,
        upload_url_valid_s=config.upload_url_valid_s,
        download_url_valid_s=delivery.URL_VALID_S,
        trash_days=config.trash_days,
        refused_days=config.refused_days,
        export_days=config.export_days,
        audit_days=config.audit_days,
    )
