"""What listeners are answered while a reading is made and afterwards: its playlist, the marks of its words, its captions.

All three tell of the same beginning: what is settled without a gap. Later answers only ever add to earlier ones, until a retry
replaces silence by speech.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library import texts
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.speech import jobs
from chalicelib.speech.audio import captions, mp3, playlist
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.model import JobStatus
from chalicelib.speech.playback import hls_segments, playable, store
from chalicelib.speech.playback.playable import PlayableTimeline
from chalicelib.speech.playback.timeline import PositionedSegment
from chalicelib.speech.voices.model import TimingAccuracy

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
CAPTIONS_TYPE = "text/vtt; charset=utf-8"
MAX_INLINE_CHARACTERS = 500_000  # of text in one answer: ~3 MB of marks or captions; Lambda passes 6 MB
STORED_STATUSES = frozenset({JobStatus.DONE, JobStatus.PARTIAL})


class Marks(BaseModel):
    """When each word is spoken: `words` are [start_ms, end_ms, text_start, text_end], offsets in code points of the reading text.

    They are those of the first `duration_ms` of the recording, or of those from `from_ms` on when that was asked for. Unless
    `complete`, more will be found from there on. `timing` is `estimated` when a voice did not tell when it spoke some of them.
    """

    version: int = 1
    job_id: UUID
    media_id: UUID
    language: str
    duration_ms: int
    complete: bool
    timing: TimingAccuracy
    words: list[WordTiming]


def get_playlist(owner_id: UUID, job_id: UUID, *, token: str | None) -> str:
    """The playlist as it is now; `token` is carried on to the parts, for players that send no header.

    Raises NotFoundError, and ConflictError while there is nothing to play: `not_begun`, or `not_spoken` when nothing will be.
    """
    with database.transaction(owner_id) as connection:
        heard = playable.get_timeline(connection, job_id)
    if not heard.segments:
        raise _nothing(heard)
    suffix = f"?t={quote(token, safe='')}" if token else ""
    parts = [
        (f"parts/{name}{suffix}", mp3.duration_ms(frame_count))
        for segment in heard.segments
        for name, frame_count in hls_segments.plan_hls_segments(segment, heard.job.characters)
    ]
    return playlist.render(
        parts, is_closed=heard.is_closed, target_ms=playlist.target_duration_ms(heard.job.characters)
    )


def _nothing(heard: PlayableTimeline) -> ConflictError:
    job = f"the speech job {heard.job.id} ({heard.job.status})"
    if heard.job.status in playable.STOPPED_STATUSES:
        return ConflictError(f"Nothing of {job} was spoken; it can be retried.", code="not_spoken")
    return ConflictError(
        f"Nothing of {job} can be heard yet; ask again in a second.", code="not_begun", headers={"Retry-After": "1"}
    )


def sign_hls_segment_url(owner_id: UUID, job_id: UUID, name: str) -> str:
    """A URL for a part that a playlist names. Raises NotFoundError, also when a retry has replaced it."""
    index, _, rest = name.partition("-")
    digest, _, number = rest.removesuffix(".mp3").partition("-")
    with database.transaction(owner_id) as connection:
        characters = playable.get_job(connection, job_id).characters
        known = len(index) < 7 and index.isdecimal() and store.get_frame_count(connection, job_id, int(index), digest)
    numbers = playlist.split_frames(known, max_ms=playlist.max_hls_segment_ms(int(index), characters)) if known else ()
    if number not in {str(n) for n, _ in enumerate(numbers)} or not name.endswith(".mp3"):
        raise NotFoundError(f"There is no part {name[:80]!r}; the playlist of {job_id} names those there are.")
    return storage.presign_get(
        hls_segments.object_key(owner_id, job_id, f"{int(index)}-{digest}-{number}.mp3"),
        filename=name,
        media_type=hls_segments.HLS_SEGMENT_TYPE,
        inline=True,
        valid_s=jobs.URL_VALID_S,
    )


def get_marks(owner_id: UUID, job_id: UUID, *, from_ms: int | None) -> Marks | None:
    """The marks there are, or None when they are too many for one answer and `sign_marks_url` leads to them all."""
    with database.transaction(owner_id) as connection:
        heard = playable.get_timeline(connection, job_id)
        if _is_stored(heard, from_ms):
            return None
        some, reaches_end = _page(heard, from_ms or 0)
        words = [word for each in playable.word_timings(connection, job_id, some) for word in each]
        timing = playable.timing_accuracy(connection, job_id, some)
    return Marks(
        job_id=job_id,
        media_id=heard.job.media_id,
        language=heard.job.language,
        duration_ms=some[-1].end_ms if some else heard.duration_ms,
        complete=heard.is_complete and reaches_end,
        timing=timing,
        words=[word for word in words if word.start_ms >= (from_ms or 0)],
    )


def sign_marks_url(owner_id: UUID, job_id: UUID) -> str:
    """A URL for the marks of a finished reading."""
    audit.record_in_own_transaction(owner_id, Action.SPEECH_DOWNLOADED, job_id, what="marks")
    return _url(jobs.marks_key(owner_id, job_id), "marks.json", "application/json")


def get_captions(owner_id: UUID, job_id: UUID, *, from_ms: int | None) -> str | None:
    """The captions there are, or None when they are too long for one answer and `sign_captions_url` leads to them all."""
    with database.transaction(owner_id) as connection:
        heard = playable.get_timeline(connection, job_id)
        if _is_stored(heard, from_ms):
            return None
        some, _ = _page(heard, from_ms or 0)
        start = some[0].row.text_start if some else 0
        text = texts.get_slice(connection, heard.job.media_id, start, some[-1].row.text_end) if some else ""
        words = playable.word_timings(connection, job_id, some)
    return render_captions(text, start, some, words)


def sign_captions_url(owner_id: UUID, job_id: UUID) -> str:
    """A URL for the captions of a finished reading."""
    audit.record_in_own_transaction(owner_id, Action.SPEECH_DOWNLOADED, job_id, what="captions")
    return _url(jobs.captions_key(owner_id, job_id), "captions.vtt", CAPTIONS_TYPE)


def render_captions(
    text: str, start: int, segments: Sequence[PositionedSegment], words: Sequence[Sequence[WordTiming]]
) -> str:
    """The captions of these segments, whose text begins at `start`."""
    return captions.HEADER + "".join(
        _captions(text, start, segment, theirs) for segment, theirs in zip(segments, words, strict=True)
    )


def _captions(text: str, start: int, segment: PositionedSegment, words: Sequence[WordTiming]) -> str:
    here = segment.row.text_start
    own = text[here - start : segment.row.text_end - start]
    return captions.render(own, captions.split_cues(own, words, text_start=here), text_start=here)


def _is_stored(heard: PlayableTimeline, from_ms: int | None) -> bool:
    """Whether an answer is a redirect to the document that was stored in the end."""
    return from_ms is None and heard.job.characters > MAX_INLINE_CHARACTERS and heard.job.status in STORED_STATUSES


def _page(heard: PlayableTimeline, from_ms: int) -> tuple[Sequence[PositionedSegment], bool]:
    """The segments of one answer, and whether it reaches the end of what is ready."""
    rest = heard.segments[heard.segment_number_at(from_ms) :]
    if not rest:
        return rest, True
    most = rest[0].row.text_start + MAX_INLINE_CHARACTERS
    some = list(takewhile(lambda segment: segment.row.text_end <= most, rest))
    return some, len(some) == len(rest)


def _url(key: str, filename: str, media_type: str) -> str:
    return storage.presign_get(key, filename=filename, media_type=media_type, inline=True, valid_s=jobs.URL_VALID_S)
