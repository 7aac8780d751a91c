"""Models of the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BeforeValidator

from chalicelib.platform.caller import Actor
from chalicelib.platform.lazy_model import LazyModel


class Action(StrEnum):
    """Recorded actions. The subject is a media, a collection, a speech job, a lexicon entry, an annotation, a
    webhook, an export or an erasure."""

    UPLOAD_STARTED = "upload.started"
    UPLOAD_ABORTED = "upload.aborted"
    UPLOAD_EXPIRED = "upload.expired"
    UPLOAD_ACCEPTED = "upload.accepted"
    UPLOAD_REJECTED = "upload.rejected"
    UPLOAD_BYTES_DISCARDED = "upload.bytes_discarded"
    IMPORT_REQUESTED = "import.requested"
    MEDIA_DOWNLOADED = "media.downloaded"
    MEDIA_CHANGED = "media.changed"
    MEDIA_TRASHED = "media.trashed"
    MEDIA_RESTORED = "media.restored"
    MEDIA_PURGED = "media.purged"
    TRASH_EMPTIED = "trash.emptied"
    RECOGNITION_REQUESTED = "recognition.requested"
    RECOGNITION_CANCELLED = "recognition.cancelled"
    COLLECTION_CREATED = "collection.created"
    COLLECTION_CHANGED = "collection.changed"
    COLLECTION_ITEMS_CHANGED = "collection.items_changed"
    COLLECTION_DELETED = "collection.deleted"
    PODCAST_CREATED = "podcast.created"
    PODCAST_REVOKED = "podcast.revoked"
    SHARE_CREATED = "share.created"
    SHARE_OPENED = "share.opened"
    SHARE_REVOKED = "share.revoked"
    SPEECH_REQUESTED = "speech.requested"
    SPEECH_CANCELLED = "speech.cancelled"
    SPEECH_RETRIED = "speech.retried"
    SPEECH_DELETED = "speech.deleted"
    SPEECH_DOWNLOADED = "speech.downloaded"
    LEXICON_CREATED = "lexicon.created"
    LEXICON_CHANGED = "lexicon.changed"
    LEXICON_DELETED = "lexicon.deleted"
    ANNOTATION_CREATED = "annotation.created"
    ANNOTATION_UPDATED = "annotation.updated"
    ANNOTATION_DELETED = "annotation.deleted"
    API_KEY_CREATED = "api_key.created"  # pragma: allowlist secret
    API_KEY_DELETED = "api_key.deleted"  # pragma: allowlist secret
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105  # pragma: allowlist secret
    WEBHOOK_DISABLED = "webhook.disabled"  # its receiver said 410, or nothing was delivered for days
    WEBHOOK_DELETED = "webhook.deleted"
    TOKEN_ISSUED = "token.issued"  # noqa: S105
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - all that were issued before
    EXPORT_REQUESTED = "export.requested"
    EXPORT_FINISHED = "export.finished"
    EXPORT_FAILED = "export.failed"
    EXPORT_DOWNLOADED = "export.downloaded"
    EXPORT_EXPIRED = "export.expired"
    ERASURE_REQUESTED = "erasure.requested"
    ACCOUNT_ERASED = "account.erased"
    SIGN_IN_FAILED = "sign_in.failed"


DOWNLOADS = frozenset({Action.MEDIA_DOWNLOADED, Action.SPEECH_DOWNLOADED, Action.EXPORT_DOWNLOADED})

# Events are never rewritten, so that their hashes stay valid: readers see the new name of an action that was renamed.
RENAMED_ACTIONS = {"upload.given_up": Action.UPLOAD_ABORTED, "capability.given": Action.TOKEN_ISSUED}


def _current_name(action: str) -> str:
    return RENAMED_ACTIONS.get(action, action)


class AuditEvent(LazyModel):
    """One event. `hash` is SHA-256, in hex, over the hash of the event before (nothing for the first) and the event:

    the JSON array [owner id, number, microseconds since 1970, actor, action, subject id, detail, address, agent, request id].
    Events of earlier versions are hashed with `capability.given` for `token.issued` and `upload.given_up` for `upload.aborted`.

    `subject_name` is not part of the trail: it is how the subject is called now, such as the title of a media. It is null if the
    subject has no name or is deleted. Nor is `actor_name`, the name of the API key that did it (`api_key` in `detail`).
    """

    number: int
    at: datetime
    actor: Actor
    action: Annotated[str, BeforeValidator(_current_name)]
    subject_id: UUID | None
    detail: dict[str, Any]
    address: str | None
    agent: str | None
    request_id: str | None
    hash: str
    subject_name: str | None = None
    actor_name: str | None = None


class ChainFault(LazyModel):
    """The first event of a trail that differs from what was recorded."""

    number: int
    fault: Literal["missing", "changed", "added"]


class ChainCheck(LazyModel):
    """The events `first` to `last` were verified. If there are more, `next` is the value of `after` that continues.

    Keep `<last>:<hash>`, and send it as `after` later: it proves that no event before was rewritten.
    """

    intact: bool
    first: int
    last: int
    hash: str
    fault: ChainFault | None
    next: str | None


@dataclass(frozen=True, slots=True)
class VerifiedEvent:
    """The last event of a trail that was verified; number 0 is before the first. As text, `number:hash` in hex."""

    number: int = 0
    hash: bytes = b""

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse what `str` returned; "" is before the first event."""
        number, _, digest = text.partition(":")
        return cls(int(number or 0), bytes.fromhex(digest))


@dataclass(frozen=True, slots=True)
class ChainVerification:
    """The result for a part of a trail, up to the event `last`. At the end of the trail, `is_end`, its head was compared, too."""

    last: VerifiedEvent
    is_end: bool
    fault: ChainFault | None
