"""Asking for a reading."""

from __future__ import annotations

from uuid import UUID

from chalicelib.account import audit
from chalicelib.account.audit import Action
from chalicelib.library import texts
from chalicelib.platform import database, outbox, rate_limit
from chalicelib.platform.errors import InvalidError, TooLargeError
from chalicelib.platform.queues import Queue
from chalicelib.platform.rate_limit import Limit
from chalicelib.speech import choice, jobs, store
from chalicelib.speech.model import Job, NewSpeech, PlanOrder

PER_MINUTE = Limit("speech", requests=10, per_s=60)  # each may cost dollars
MAX_CHARACTERS = 5_000_000  # ~80 hours of audio; more is a shelf, not a book


def start(owner_id: UUID, media_id: UUID, request: NewSpeech, *, job_id: UUID) -> Job:
    """Write down a job and set it going.

    Raises TooOftenError, NotFoundError, ConflictError (`not_ready`, `no_text…`), InvalidError (voice, range), TooLargeError.
    """
    rate_limit.take(PER_MINUTE, str(owner_id))
    with database.transaction(owner_id) as connection:
        text = texts.readable(connection, media_id)
        begin, end = _range(request, text.length)
        language = request.language or text.language
        voice = choice.choose(request.voice, language).id
        letters = []
        if store.insert_job(connection, owner_id, job_id, media_id, voice, language, begin, end):
            order = PlanOrder(owner_id=owner_id, job_id=job_id)
            letters = [outbox.write(connection, owner_id, Queue.SPEECH_PLAN, order)]
            audit.write(connection, owner_id, Action.SPEECH_REQUESTED, job_id, voice=voice, characters=end - begin)
    outbox.send(letters)
    return jobs.get(owner_id, job_id)


def _range(request: NewSpeech, length: int) -> tuple[int, int]:
    begin, end = request.start or 0, length if request.end is None else request.end
    if not begin < end <= length:
        raise InvalidError(f"The range {begin}–{end} is not inside the text, which has {length:,} characters.")
    if end - begin > MAX_CHARACTERS:
        raise TooLargeError(
            f"{end - begin:,} characters are too many for one job; at most {MAX_CHARACTERS:,}. Ask for parts with start and end."
        )
    return begin, end
