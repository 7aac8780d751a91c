"""The reading side of shares: each request proves first that its share is open, and contains what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.auth import link_tokens, revocation
from chalicelib.auth.link_tokens import LinkTokenExpiredError, Purpose
from chalicelib.library import delivery, media
from chalicelib.library.collections import items
from chalicelib.library.delivery import Disposition, SignedUrl, Variant
from chalicelib.library.model import Media, Status
from chalicelib.platform import caller
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import ForbiddenError, NotFoundError
from chalicelib.sharing import password, store
from chalicelib.sharing import token as tokens
from chalicelib.sharing.model import (
    SharedContent,
    SharedKind,
    SharedMedia,
    SharedRecording,
    UnlockedShare,
)
from chalicelib.sharing.store import ShareRow
from chalicelib.speech import jobs
from chalicelib.speech.model import Job

RECORD_EVERY_S = 3_600  # a link that spreads would fill its owner's audit trail
# Of one network: several readers of a comic, each of whose pages is a request.
ADDRESS_RATE_LIMIT = Limit("share_address", requests=1_200, per_s=60)
SHARE_RATE_LIMIT = Limit("share", requests=3_000, per_s=60)  # of all readers of one share
PASSWORD_RATE_LIMIT = Limit("share_password", requests=10, per_s=900)  # of one share: 1,000 guesses a day


@dataclass(frozen=True, slots=True)
class OpenShare:
    """A share that may be read now."""

    owner_id: UUID
    row: ShareRow


def describe(text: str) -> SharedContent:
    """Return what a share opens, and count the opening. Raises as `authenticate`."""
    share = authenticate(text)
    row = share.row
    if not caller.current().is_head:
        _count(share)
    return SharedContent(
        kind=SharedKind.COLLECTION if row.media_id is None else SharedKind.MEDIA,
        title=row.title,
        description=row.description,
        media_id=row.media_id,
        download=row.allows_download,
        expires_at=row.expires_at,
    )


def unlock(text: str, attempt: str) -> UnlockedShare:
    """Return a token for a share whose password this is.

    Raises NotFoundError, ForbiddenError (`wrong_password`), and TooManyRequestsError after too many attempts.
    """
    share = _find(text)
    hashed = share.row.password_hash
    if hashed is not None:
        rate_limit.consume(PASSWORD_RATE_LIMIT, str(share.row.id))
        if not password.verify(attempt, hashed):
            raise ForbiddenError(
                "This is not the password. Ask the person who sent you the link.", code="wrong_password"
            )
    token = link_tokens.issue(Purpose.SHARE, share.owner_id, str(share.row.id))
    expires_at = datetime.now(UTC) + timedelta(seconds=link_tokens.VALID_S[Purpose.SHARE])
    return UnlockedShare(token=token, path=f"/v1/shared/{token}", expires_at=expires_at)


def authenticate(text: str) -> OpenShare:
    """Return the share of a token.

    Raises NotFoundError, with the same sentence for all shares that cannot be read, ForbiddenError (`password_required`), and
    TooManyRequestsError.
    """
    share = _find(text)
    if share.row.password_hash is not None and not tokens.parse(text).is_unlocked:
        raise _password_error()
    return share


def list_media(text: str, *, after: str | None, limit: int) -> Page[SharedMedia]:
    """List the media of a share: those of its collection that are ready, or the one that is shared."""
    share = authenticate(text)
    if share.row.collection_id is None:
        return Page(items=[_to_shared(media.get(share.owner_id, share.row.subject_id))], next_cursor=None)
    page = items.list_page(share.owner_id, share.row.collection_id, after=after, limit=limit)
    ready = [_to_shared(item) for item in page.items if item.status is Status.READY]
    return Page(items=ready, next_cursor=page.next_cursor)


def get_media(text: str, media_id: UUID) -> SharedMedia:
    return _to_shared(media.get(open_media(text, media_id), media_id))


def list_recordings(text: str, media_id: UUID, *, after: str | None, limit: int) -> Page[SharedRecording]:
    """List the finished recordings of a shared media, newest first."""
    page = jobs.list_of_media(open_media(text, media_id), media_id, after=after, limit=limit)
    finished = [_to_recording(job) for job in page.items if job.status in jobs.FINISHED_STATUSES]
    return Page(items=finished, next_cursor=page.next_cursor)


def sign_media_url(text: str, media_id: UUID, *, variant: Variant | None, disposition: Disposition) -> SignedUrl:
    """Presign a URL for the bytes of a shared media.

    Raises ForbiddenError (`download_not_allowed`) for the original and for attachments, unless the share allows downloads.
    """
    share = _open_media(text, media_id)
    if disposition is Disposition.ATTACHMENT or variant is Variant.ORIGINAL:
        _require_download(share)
    return delivery.presign(share.owner_id, media_id, variant=variant, disposition=disposition)


def sign_audio_url(text: str, job_id: UUID) -> str:
    """Presign a URL for the recording as one file. Raises ForbiddenError (`download_not_allowed`)."""
    share = _open_recording(text, job_id)
    _require_download(share)
    return jobs.sign_audio_url(share.owner_id, job_id)


def open_media(text: str, media_id: UUID) -> UUID:
    """Return the owner of a media that a share contains. Raises as `authenticate`, and NotFoundError for other media."""
    return _open_media(text, media_id).owner_id


def open_recording(text: str, job_id: UUID) -> UUID:
    """Return the owner of a finished recording that a share contains. Raises as `open_media`."""
    return _open_recording(text, job_id).owner_id


def _open_media(text: str, media_id: UUID) -> OpenShare:
    share = authenticate(text)
    with database.transaction(share.owner_id) as connection:
        collection_id = share.row.collection_id
        is_shared = (
            share.row.media_id == media_id
            if collection_id is None
            else store.is_in_collection(connection, collection_id, media_id)
        )
    if not is_shared:
        raise NotFoundError(f"There is no media with the id {media_id} in this share.")
    return share


def _open_recording(text: str, job_id: UUID) -> OpenShare:
    job = jobs.get(authenticate(text).owner_id, job_id)
    share = _open_media(text, job.media_id)
    if job.status not in jobs.FINISHED_STATUSES:
        raise NotFoundError(f"There is no recording with the id {job_id} in this share.")
    return share


def _find(text: str) -> OpenShare:
    """Return a share that exists and is open, with or without its password.

    Every token that was never issued takes the same steps, so that the time of the response says nothing either.
    """
    try:
        token = tokens.parse(text)
    except LinkTokenExpiredError:
        raise _password_error() from None
    rate_limit.consume(ADDRESS_RATE_LIMIT, caller.network(caller.current().address))
    with database.transaction(token.owner_id) as connection:
        row = store.get_open(connection, token.share_id)
        is_revoked = revocation.is_revoked(connection, row.created_at if row else datetime.now(UTC))
    if row is None or is_revoked or not token.is_genuine:
        raise _not_found_error()
    rate_limit.consume(SHARE_RATE_LIMIT, str(row.id))
    return OpenShare(token.owner_id, row)


def _count(share: OpenShare) -> None:
    with database.transaction(share.owner_id) as connection:
        count = store.update_opened(connection, share.row.id)
        if store.update_recorded(connection, share.row.id, every_s=RECORD_EVERY_S):
            audit.record(
                connection,
                share.owner_id,
                Action.SHARE_OPENED,
                share.row.subject_id,
                share=str(share.row.id),
                count=count,
            )


def _require_download(share: OpenShare) -> None:
    if not share.row.allows_download:
        raise ForbiddenError(
            "This link is for reading and listening. Ask the person who sent it for one that allows downloads.",
            code="download_not_allowed",
        )


def _to_shared(item: Media) -> SharedMedia:
    return SharedMedia.model_validate(item.model_dump(include=set(SharedMedia.model_fields)))


def _to_recording(job: Job) -> SharedRecording:
    return SharedRecording.model_validate(job.model_dump(include=set(SharedRecording.model_fields)))


def _password_error() -> ForbiddenError:
    return ForbiddenError("This link is protected. Enter its password to open it.", code="password_required")


def _not_found_error() -> NotFoundError:
    return NotFoundError("Nothing is shared at this address. The link may have expired, or its owner has revoked it.")
