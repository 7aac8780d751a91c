"""A segment's audio in the library bucket, its description, and the claim of the call that buys it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import ConfigDict, Field, TypeAdapter

from chalicelib.platform.aws import storage
from chalicelib.platform.aws.s3 import ObjectNotFoundError, PreconditionFailedError, StorageRejectedError
from chalicelib.platform.errors import UnavailableError
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.checks.model import SegmentChecks
from chalicelib.speech.messages import SegmentResultMessage, SynthesizeSegmentMessage
from chalicelib.speech.voices.model import TimingAccuracy

MEDIA_TYPE = "audio/mpeg"
MAX_CALL_S = 30  # the time limit of the function that calls
OTHER_CALL_WAIT_S = 3.0  # after its audio, another call that is alive has written its description by then
POLL_INTERVAL_S = 0.2
MAX_CLAIM_ATTEMPTS = 10  # each is lost to a write of another call; messages of one text rarely meet
CHANGED = (PreconditionFailedError, ObjectNotFoundError, StorageRejectedError)  # the last: two concurrent writes


class SegmentAudio(LazyModel):
    """The stored description of a segment's audio. It is written after the audio."""

    voice: str
    frame_count: int
    audio_bytes: int
    duration_ms: int
    timing: TimingAccuracy
    billed_characters: int
    request_id: str | None
    words: list[WordTiming]
    call_id: UUID | None = None
    checks: SegmentChecks | None = None

    def is_fit_for(self, call_id: UUID) -> bool:
        """Return whether a call may report this audio: it has no faults, or is its own."""
        return self.checks is None or not self.checks.faults or self.call_id == call_id


class PendingAudio(LazyModel):
    """Placeholder stored while a call is running: which call, since when, and its failure if any.

    `superseded` are calls for other segments with the same text that may still be running.
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    job_id: UUID
    index: int
    call_id: UUID
    started_at: datetime = Field(alias="begun_at")
    failure: SegmentResultMessage | None = None
    superseded: list[UUID] = Field(default_factory=list)

    def is_running(self, now: datetime) -> bool:
        return now - self.started_at <= timedelta(seconds=MAX_CALL_S)


parse_description = TypeAdapter[SegmentAudio | PendingAudio](
    SegmentAudio | PendingAudio, config=ConfigDict(defer_build=True)
).validate_json


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of one call to buy a text's audio. It ends when another call replaces the placeholder with this ETag."""

    key: str
    pending: PendingAudio
    etag: str


@dataclass(frozen=True, slots=True)
class _Stored:
    description: SegmentAudio | PendingAudio
    etag: str


def get(key: str) -> SegmentAudio | None:
    """Return the description of a segment's audio, or None without one."""
    stored = _read(key)
    return stored.description if stored is not None and isinstance(stored.description, SegmentAudio) else None


def find(key: str) -> SegmentAudio | PendingAudio | None:
    """Return the description of complete audio, or the placeholder of a call."""
    stored = _read(key)
    return None if stored is None or _is_incomplete(key, stored.description) else stored.description


def claim(message: SynthesizeSegmentMessage, now: datetime) -> Claim | SegmentAudio | PendingAudio:
    """Claim a text for a call. Return its audio instead if there is any, or the placeholder that precludes the call.

    Every claim replaces exactly the description that was read: of any number of calls and of their copies, one succeeds, and
    the others decide anew. Raises UnavailableError when none of many attempts succeeds.
    """
    key = message.bought_key
    stored: _Stored | None = None  # most texts are new
    for _ in range(MAX_CLAIM_ATTEMPTS):
        pending = _placeholder(message, now, stored.description if stored else None)
        try:
            return Claim(key, pending, _write(key, pending, replaces=stored.etag if stored else None))
        except CHANGED:
            stored = _read(key)
        if stored is None or _is_incomplete(key, stored.description):
            continue
        if isinstance(stored.description, SegmentAudio) or _precludes(stored.description, message, now):
            return stored.description
    raise UnavailableError("Other calls keep changing this segment's audio.")


def record_failure(claim: Claim, failure: SegmentResultMessage) -> None:
    """Store a call's failure in its placeholder, unless another call has replaced it: that one may have audio by now."""
    with suppress(*CHANGED):
        _write(claim.key, claim.pending.model_copy(update={"failure": failure}), replaces=claim.etag)


def store(key: str, frames: bytes, description: SegmentAudio) -> SegmentAudio:
    """Store audio and description unless another call has; return the stored description."""
    try:
        storage.put(f"{key}.mp3", frames, media_type=MEDIA_TYPE, overwrite=False)
    except (PreconditionFailedError, StorageRejectedError):  # the latter: two concurrent writes
        if (stored := _wait_for_audio(key)) is not None:
            return stored
        # The pair there is incomplete: overwrite it.
        storage.put(f"{key}.mp3", frames, media_type=MEDIA_TYPE)
    storage.put(f"{key}.json", description.model_dump_json().encode(), media_type="application/json")
    return description


def _placeholder(
    message: SynthesizeSegmentMessage, now: datetime, replaced: SegmentAudio | PendingAudio | None
) -> PendingAudio:
    superseded: list[UUID] = []
    if isinstance(replaced, PendingAudio) and replaced.is_running(now):
        superseded = [replaced.call_id, *replaced.superseded]
    return PendingAudio(
        job_id=message.job_id,
        index=message.index,
        call_id=message.call_id,
        started_at=now,
        superseded=superseded,
    )


def _precludes(pending: PendingAudio, message: SynthesizeSegmentMessage, now: datetime) -> bool:
    """Return whether a call must not start: a copy of it is running or has failed, or a later call has started.

    Of a segment's calls, the later one has the greater id (RFC 9562, version 7), and starts after the earlier one has ended.
    """
    if pending.call_id == message.call_id:
        return pending.failure is not None or pending.is_running(now)
    if message.call_id in pending.superseded:
        return pending.is_running(now)
    is_same_segment = (pending.job_id, pending.index) == (message.job_id, message.index)
    return is_same_segment and pending.call_id > message.call_id


def _read(key: str) -> _Stored | None:
    try:
        body, etag = storage.read_version(f"{key}.json")
    except ObjectNotFoundError:
        return None
    return _Stored(parse_description(body), etag)


def _write(key: str, pending: PendingAudio, *, replaces: str | None) -> str:
    """Write a placeholder in the place of the description with this ETag, or of none; return the new ETag."""
    body = pending.model_dump_json().encode()
    return storage.put(
        f"{key}.json", body, media_type="application/json", overwrite=replaces is not None, replaces=replaces
    )


def _is_incomplete(key: str, description: SegmentAudio | PendingAudio) -> bool:
    """Return whether this describes audio that is not there, or is other audio: its call has crashed."""
    if isinstance(description, PendingAudio):
        return False
    try:
        return storage.size(f"{key}.mp3") != description.audio_bytes
    except ObjectNotFoundError:
        return True


def _wait_for_audio(key: str) -> SegmentAudio | None:
    """Return what another call has stored or is storing; None when that call must have crashed."""
    deadline = time.monotonic() + OTHER_CALL_WAIT_S
    while not isinstance(description := find(key), SegmentAudio):
        if time.monotonic() >= deadline:
            return None
        time.sleep(POLL_INTERVAL_S)
    return description
