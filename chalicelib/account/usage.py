"""An account's usage and limits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chalicelib.account import store
from chalicelib.annotations.model import MAX_ANNOTATIONS, MAX_NOTE_CHARACTERS
from chalicelib.auth.api_keys import MAX_KEYS
from chalicelib.imports.model import MAX_BYTES, MAX_TEXT_CHARACTERS, PER_HOUR
from chalicelib.library import delivery
from chalicelib.library.model import Status
from chalicelib.library.play_queue.model import MAX_ITEMS
from chalicelib.platform.config import settings
from chalicelib.platform.db import cursor, database
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.recognition import request as recognitions
from chalicelib.recognition.model import MAX_PAGES
from chalicelib.sharing.model import MAX_SHARES
from chalicelib.speech.lexicon.model import MAX_ENTRIES
from chalicelib.speech.lifecycle import budget
from chalicelib.speech.lifecycle import quote as quotes
from chalicelib.speech.lifecycle import start as speech
from chalicelib.uploads import accepted_types
from chalicelib.uploads import start as uploads
from chalicelib.webhooks.model import MAX_WEBHOOKS


class Usage(LazyModel):
    """`stored_bytes` and `stored_items` count against the quota: ready media, trash, and reservations of unfinished uploads.

    The characters bought today and this month (UTC) include those that unfinished speech jobs are going to buy.
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


class Limits(LazyModel):
    """Limits of the account. A request beyond one is rejected with a message that names it."""

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
    api_keys: int
    lexicon_entries: int
    queue_items: int
    annotations: int
    annotation_note_characters: int
    shares: int
    webhooks: int
    imports_per_hour: int
    import_bytes: int
    import_text_characters: int
    recognitions_per_hour: int
    recognition_pages: int
    recognition_languages: list[str]
    upload_url_valid_s: int
    download_url_valid_s: int
    trash_days: int
    refused_days: int
    export_days: int
    audit_days: int


class Account(LazyModel):
    """`id` is the owner's. `created_at` is null until something has been stored."""

    id: UUID
    created_at: datetime | None
    usage: Usage
    limits: Limits


def get(owner_id: UUID) -> Account:
    with database.transaction(owner_id) as connection:
        row = store.get(connection)
        counts = store.count_contents(connection)
        media = store.count_media_by_status(connection)
        characters = budget.get_usage(connection)
    usage = Usage(
        stored_bytes=row.stored_bytes if row else 0,
        stored_items=row.stored_items if row else 0,
        media={status: media.get(status, 0) for status in Status},
        collections=counts.collections,
        speech_jobs=counts.speech_jobs,
        speech_jobs_unfinished=counts.speech_jobs_unfinished,
        spoken_characters=counts.spoken_characters,
        bought_characters_today=characters.day + characters.reserved,
        bought_characters_this_month=characters.month + characters.reserved,
    )
    return Account(id=owner_id, created_at=row.created_at if row else None, usage=usage, limits=get_limits())


def get_limits() -> Limits:
    config = settings()
    return Limits(
        quota_bytes=config.quota_bytes,
        quota_items=config.quota_items,
        file_bytes=accepted_types.MAX_FILE_BYTES,
        pdf_pages=accepted_types.max_pdf_pages(),
        page_rows=cursor.MAX_LIMIT,
        uploads_per_minute=uploads.PER_MINUTE.requests,
        speech_requests_per_minute=speech.START_RATE_LIMIT.requests,
        speech_characters_per_job=quotes.MAX_CHARACTERS,
        speech_characters_per_day=config.speech_characters_per_day,
        speech_characters_per_month=config.speech_characters_per_month,
        speech_jobs_at_once=config.speech_jobs_at_once,
        api_keys=MAX_KEYS,
        lexicon_entries=MAX_ENTRIES,
        queue_items=MAX_ITEMS,
        annotations=MAX_ANNOTATIONS,
        annotation_note_characters=MAX_NOTE_CHARACTERS,
        shares=MAX_SHARES,
        webhooks=MAX_WEBHOOKS,
        imports_per_hour=PER_HOUR,
        import_bytes=MAX_BYTES,
        import_text_characters=MAX_TEXT_CHARACTERS,
        recognitions_per_hour=recognitions.PER_HOUR,
        recognition_pages=MAX_PAGES,
        recognition_languages=list(config.recognition_languages),
        upload_url_valid_s=config.upload_url_valid_s,
        download_url_valid_s=delivery.URL_VALID_S,
        trash_days=config.trash_days,
        refused_days=config.refused_days,
        export_days=config.export_days,
        audit_days=config.audit_days,
    )
