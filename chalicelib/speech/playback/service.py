"""Playback while a recording is made and afterwards: its playlist, its speech marks, its captions.

All three cover the same timeline: the finished segments from the beginning. Later responses only ever extend earlier ones, until
a retry replaces silence with speech.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from urllib.parse import quote
from uuid import UUID

from pydantic import Field

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library import access, texts
from chalicelib.library.passages import PassageMarks
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech import jobs
from chalicelib.speech.audio import captions, mp3, playlist
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.model import JobStatus
from chalicelib.speech.normalization.known_parts import is_citation
from chalicelib.speech.playback import hls_segments, playable, skippable, store
from chalicelib.speech.playback.playable import PlayableTimeline
from chalicelib.speech.playback.skippable import SkippableRange
from chalicelib.speech.playback.timeline import PositionedSegment
from chalicelib.speech.skipping import SkippableKind
from chalicelib.speech.voices.model import TimingAccuracy

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
CAPTIONS_TYPE = "text/vtt; charset=utf-8"
MAX_INLINE_CHARACTERS = 500_000  # of text in one response: ~3 MB of marks or captions; Lambda passes 6 MB
STORED_STATUSES = frozenset({JobStatus.DONE, JobStatus.PARTIAL})


class Marks(LazyModel):
    """Times of the words: `words` are [start_ms, end_ms, text_start, text_end].

    Offsets count code points of the media's text. The words cover the first `duration_ms` of the recording, from `from_ms` on if
    that was requested. Unless `complete`, more words will follow. `timing` is `estimated` when a voice did not report some of
    the times. `skippable` are the parts in which notes, tables, citations and other things beside the running text are spoken:
    a player can jump over them. A recording that was finished by an earlier version may have none.
    """

    version: int = 1
    job_id: UUID
    media_id: UUID
    language: str
    duration_ms: int
    complete: bool
    timing: TimingAccuracy
    words: list[WordTiming]
    skippable: list[SkippableRange] = Field(default_factory=list)


def get_playlist(owner_id: UUID, job_id: UUID, *, token: str | None) -> str:
    """Return the current playlist; its URIs carry `token`, for players that send no header.

    Raises NotFoundError, and ConflictError while there is nothing to play: `not_started`, or `no_audio` when nothing will follow.
    """
    with database.transaction(owner_id) as connection:
        timeline = playable.get_open_timeline(connection, job_id)
    if not timeline.segments:
        raise _nothing_to_play(timeline)
    suffix = f"?t={quote(token, safe='')}" if token else ""
    segments = [
        (f"parts/{name}{suffix}", mp3.duration_ms(frame_count))
        for segment in timeline.segments
        for name, frame_count in hls_segments.plan_hls_segments(segment, timeline.job.characters)
    ]
    target_ms = playlist.target_duration_ms(timeline.job.characters)
    return playlist.render(segments, is_closed=timeline.is_closed, target_ms=target_ms)


def _nothing_to_play(timeline: PlayableTimeline) -> ConflictError:
    job = f"the speech job {timeline.job.id} ({timeline.job.status})"
    if timeline.job.status in playable.STOPPED_STATUSES:
        return ConflictError(f"There is no audio of {job}. Retry the job to generate it.", code="no_audio")
    return ConflictError(
        f"There is no audio of {job} yet. Try again in a second.", code="not_started", headers={"Retry-After": "1"}
    )


def sign_hls_segment_url(owner_id: UUID, job_id: UUID, name: str) -> str:
    """Return a URL for an HLS segment of the playlist.

    Raises NotFoundError, also when a retry has replaced it.
    """
    index, _, remainder = name.partition("-")
    digest, _, number = remainder.removesuffix(".mp3").partition("-")
    frame_count = None
    with database.transaction(owner_id) as connection:
        job = playable.get_job(connection, job_id)
        access.require_open(connection, job.media_id)
        characters = job.characters
        if len(index) < 7 and index.isdecimal():
            frame_count = store.get_frame_count(connection, job_id, int(index), digest)
    count = 0
    if frame_count is not None:
        max_ms = playlist.max_hls_segment_ms(int(index), characters)
        count = len(playlist.split_frames(frame_count, max_ms=max_ms))
    if number not in map(str, range(count)) or not name.endswith(".mp3"):
        raise NotFoundError(f"There is no part {name[:80]!r}. The playlist of the speech job {job_id} lists the parts.")
    return _presign(
        hls_segments.object_key(owner_id, job_id, f"{int(index)}-{digest}-{number}.mp3"),
        name,
        hls_segments.HLS_SEGMENT_TYPE,
    )


def get_marks(owner_id: UUID, job_id: UUID, *, from_ms: int | None) -> Marks | None:
    """Return the speech marks so far; None when only `sign_marks_url` can deliver so many."""
    with database.transaction(owner_id) as connection:
        timeline = playable.get_open_timeline(connection, job_id)
        if _is_stored(timeline, from_ms):
            return None
        segments, reaches_end = _page(timeline, from_ms or 0)
        words = [word for words in playable.word_timings(connection, job_id, segments) for word in words]
        timing = playable.timing_accuracy(connection, job_id, segments)
        ranges = list_skippable(connection, timeline.job.media_id, timeline.job.text_version, segments, words)
    return Marks(
        job_id=job_id,
        media_id=timeline.job.media_id,
        language=timeline.job.language,
        duration_ms=segments[-1].end_ms if segments else timeline.duration_ms,
        complete=timeline.is_complete and reaches_end,
        timing=timing,
        words=[word for word in words if word.start_ms >= (from_ms or 0)],
        skippable=[found for found in ranges if found.end_ms > (from_ms or 0)],
    )


def list_skippable(
    connection: Connection,
    media_id: UUID,
    text_version: int,
    segments: Sequence[PositionedSegment],
    words: Sequence[WordTiming],
) -> list[SkippableRange]:
    """Return the skippable parts of consecutive segments, which speak these words."""
    if not words:
        return []
    start, end = segments[0].row.text_start, segments[-1].row.text_end
    marks = texts.list_marks(connection, media_id, start, end, version=text_version)
    text = texts.get_slice(connection, media_id, start, end, version=text_version)
    certain = [
        span
        for span in marks.spans
        if span.kind != SkippableKind.CITATION or is_citation(text[max(0, span.start - start) : span.end - start])
    ]
    marks = PassageMarks(marks.blocks, certain)
    return skippable.find_ranges(marks, words, start_ms=segments[0].start_ms, end_ms=segments[-1].end_ms)


def sign_marks_url(owner_id: UUID, job_id: UUID) -> str:
    """Return a URL for the speech marks of a finished recording."""
    audit.record_in_own_transaction(owner_id, Action.SPEECH_DOWNLOADED, job_id, what="marks")
    return _presign(jobs.marks_key(owner_id, job_id), "marks.json", "application/json")


def get_captions(owner_id: UUID, job_id: UUID, *, from_ms: int | None) -> str | None:
    """Return the captions so far; None when only `sign_captions_url` can deliver so many."""
    with database.transaction(owner_id) as connection:
        timeline = playable.get_open_timeline(connection, job_id)
        if _is_stored(timeline, from_ms):
            return None
        segments, _ = _page(timeline, from_ms or 0)
        start = segments[0].row.text_start if segments else 0
        end = segments[-1].row.text_end if segments else 0
        version = timeline.job.text_version
        text = texts.get_slice(connection, timeline.job.media_id, start, end, version=version) if segments else ""
        words = playable.word_timings(connection, job_id, segments)
    return render_captions(text, start, segments, words)


def sign_captions_url(owner_id: UUID, job_id: UUID) -> str:
    """Return a URL for the captions of a finished recording."""
    audit.record_in_own_transaction(owner_id, Action.SPEECH_DOWNLOADED, job_id, what="captions")
    return _presign(jobs.captions_key(owner_id, job_id), "captions.vtt", CAPTIONS_TYPE)


def render_captions(
    text: str, text_start: int, segments: Sequence[PositionedSegment], words: Sequence[Sequence[WordTiming]]
) -> str:
    """Render the captions of these segments; `text` begins at `text_start` of the whole."""
    return captions.HEADER + "".join(
        _segment_captions(text, text_start, segment, segment_words)
        for segment, segment_words in zip(segments, words, strict=True)
    )


def _segment_captions(text: str, text_start: int, segment: PositionedSegment, words: Sequence[WordTiming]) -> str:
    start = segment.row.text_start
    segment_text = text[start - text_start : segment.row.text_end - text_start]
    cues = captions.split_cues(segment_text, words, text_start=start)
    return captions.render(segment_text, cues, text_start=start)


def _is_stored(timeline: PlayableTimeline, from_ms: int | None) -> bool:
    """True if the response is a redirect to the document that was stored at the end."""
    is_long = timeline.job.characters > MAX_INLINE_CHARACTERS
    return from_ms is None and is_long and timeline.job.status in STORED_STATUSES


def _page(timeline: PlayableTimeline, from_ms: int) -> tuple[Sequence[PositionedSegment], bool]:
    """Return the segments of one response, and whether they reach the end of the timeline."""
    remaining = timeline.segments[timeline.segment_number_at(from_ms) :]
    if not remaining:
        return remaining, True
    limit = remaining[0].row.text_start + MAX_INLINE_CHARACTERS
    page = list(takewhile(lambda segment: segment.row.text_end <= limit, remaining))
    return page, len(page) == len(remaining)


def _presign(key: str, filename: str, media_type: str) -> str:
    return storage.presign_get(key, filename=filename, media_type=media_type, inline=True, valid_s=jobs.URL_VALID_S)
