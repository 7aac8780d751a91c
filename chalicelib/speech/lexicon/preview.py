"""Previews: a few words as a voice would say them, with the lexicon and an entry that is not saved yet.

The function that calls voices makes them, as a call of no job; its audio is stored like a segment's, and found there again. A
client repeats its request until the audio is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid6 import uuid7

from chalicelib.platform.aws import storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, outbox, rate_limit
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import UnavailableError
from chalicelib.speech import segment_audio
from chalicelib.speech.lexicon import preview_store, store
from chalicelib.speech.lexicon.lexicon import Lexicon
from chalicelib.speech.lexicon.model import NewPreview, PreviewStatus, SpeechPreview
from chalicelib.speech.lifecycle import budget, voice_selection
from chalicelib.speech.messages import PreviewSpeechMessage, SynthesizeSegmentMessage
from chalicelib.speech.normalization.model import SpokenText
from chalicelib.speech.preferences import preferences
from chalicelib.speech.segment_audio import SegmentAudio
from chalicelib.speech.spoken_segment import get_spoken_text, spoken_audio_key
from chalicelib.speech.voices import languages, providers

RATE_LIMIT = Limit("preview", requests=20, per_s=60)  # calls, each of which may be billed
LEASE_S = 60.0  # two limits of the function that calls; a call without a result by then is lost
FAILURE_SHOWN_S = 5.0  # to clients that wait for the call; a later request makes another one
URL_VALID_S = 900  # as for media


@dataclass(frozen=True, slots=True)
class _PlannedCall:
    voice: str
    language: str
    spoken: SpokenText
    key: str

    @property
    def id(self) -> UUID:
        """The id under which the calls for this audio are recorded in place of a job's: the same for the same words."""
        return UUID(self.key.rpartition("/")[2][:32])


def preview(owner_id: UUID, request: NewPreview) -> SpeechPreview:
    """Return the audio of a text, or request it.

    Raises UnprocessableContentError (voice), ForbiddenError (`budget_exceeded`), TooManyRequestsError, and UnavailableError when
    the voice could not say it.
    """
    with database.transaction(owner_id) as connection:
        planned = _plan(connection, owner_id, request)
    audio = segment_audio.find(planned.key)
    if isinstance(audio, SegmentAudio):
        return _ready(planned, audio)
    with database.transaction(owner_id) as connection:
        call = preview_store.get_latest(connection, planned.id)
    if call is not None and call.is_recent_failure(within_s=FAILURE_SHOWN_S):
        raise UnavailableError(f"{planned.voice} could not say this just now. Try again, or choose another voice.")
    if call is None or not call.is_in_flight:
        _start(owner_id, planned)
    return SpeechPreview(status=PreviewStatus.PENDING, voice=planned.voice, spoken=planned.spoken.text)


def _plan(connection: Connection, owner_id: UUID, request: NewPreview) -> _PlannedCall:
    entry = request.entry
    language = request.language or (entry.language if entry else languages.DEFAULT)
    voice = voice_selection.select_voice(request.voice, language, preferences.load(connection).voices).id
    saved = store.list_pronunciations(connection, entry.media_id if entry else None)
    spoken = get_spoken_text(request.text, language, voice, lexicon=Lexicon([*([entry] if entry else []), *saved]))
    return _PlannedCall(voice, language, spoken, spoken_audio_key(owner_id, voice, language, spoken, 0))


def _start(owner_id: UUID, planned: _PlannedCall) -> None:
    rate_limit.consume(RATE_LIMIT, str(owner_id))
    messages: list[OutboxMessage] = []
    with database.transaction(owner_id) as connection:
        preview_store.lock_account(connection, owner_id)
        call = preview_store.get_latest(connection, planned.id)
        if call is not None and call.is_in_flight:  # of a request at the same time
            return
        provider = providers.get(planned.voice.partition(":")[0])
        budget.check_characters(connection, owner_id, provider.billable_characters(len(planned.spoken.text)))
        now = datetime.now(UTC)
        message = _message(owner_id, planned, now)
        preview_store.insert(connection, message)
        messages = [outbox.enqueue(connection, owner_id, Queue.SPEECH_JOBS, PreviewSpeechMessage(call=message))]
    outbox.send(messages)


def _message(owner_id: UUID, planned: _PlannedCall, now: datetime) -> SynthesizeSegmentMessage:
    return SynthesizeSegmentMessage(
        owner_id=owner_id,
        job_id=planned.id,
        index=0,
        voice=planned.voice,
        key=planned.key,
        call_id=uuid7(),
        language=planned.language,
        text=planned.spoken.text,
        replacements=planned.spoken.replacements,
        phonemes=planned.spoken.phonemes,
        pause_ms=0,
        begins_at=now,
        ends_by=now + timedelta(seconds=LEASE_S),
    )


def _ready(planned: _PlannedCall, audio: SegmentAudio) -> SpeechPreview:
    url = storage.presign_get(
        f"{planned.key}.mp3",
        filename="preview.mp3",
        media_type=segment_audio.MEDIA_TYPE,
        inline=True,
        valid_s=URL_VALID_S,
    )
    return SpeechPreview(
        status=PreviewStatus.READY,
        voice=planned.voice,
        spoken=planned.spoken.text,
        url=url,
        expires_at=datetime.now(UTC) + timedelta(seconds=URL_VALID_S),
        duration_ms=audio.duration_ms,
    )
