"""Stored and public forms of audio are those of release 0.1."""

import hashlib
from uuid import UUID

from chalicelib.speech.audio import mp3, playlist
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.playback import hls_segments, playable
from chalicelib.speech.playback.service import Marks
from chalicelib.speech.playback.store import PlaybackJob
from chalicelib.speech.podcast import token as tokens
from chalicelib.speech.segment_store import SegmentRow
from chalicelib.speech.voices.model import CallOutcome
from chalicelib.speech.word_index import IndexedWord

OWNER = UUID("0192a0b0-0000-7000-8000-000000000001")
ID = UUID(int=7)

PLAYLIST = """\
#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:15
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-START:TIME-OFFSET=0,PRECISE=YES
#EXTINF:3.984,
parts/0-6c5615018b9f-0.mp3
#EXTINF:4.008,
parts/0-6c5615018b9f-1.mp3
#EXTINF:4.008,
parts/0-6c5615018b9f-2.mp3
#EXTINF:0.504,
parts/1-f1ee49a6cc78-0.mp3
#EXTINF:10.392,
parts/2-ea1c98bab840-0.mp3
#EXTINF:10.392,
parts/2-ea1c98bab840-1.mp3
#EXTINF:10.416,
parts/2-ea1c98bab840-2.mp3
#EXT-X-ENDLIST
"""


def row(index: int, key: str | None, frame_count: int = 0) -> SegmentRow:
    return SegmentRow(
        index=index,
        text_start=100 * index,
        text_end=100 * index + 99,
        pause_ms=0,
        status="done" if key else "failed",
        voice="v",
        audio_key=key,
        frame_count=frame_count if key else None,
        audio_bytes=192 * frame_count if key else None,
        duration_ms=24 * frame_count if key else None,
    )


def test_podcast_tokens_in_feeds_keep_their_owner_and_hash() -> None:
    token = tokens.parse("AZKgsAAAcACAAAAAAAAAAQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f")
    assert token is not None
    assert token.owner_id == OWNER
    assert token.hash.hex() == "7035b25e26c5ab444b4e3d9f4fe6821f20d63e4b7a5efa732c514db82204c385"


def test_playlists_and_the_names_of_hls_segments_are_unchanged() -> None:
    rows = [row(0, "speech/o/segments/a", 500), row(1, None), row(2, "speech/o/segments/b", 1_300)]
    job = PlaybackJob(ID, ID, ID, "en", "finishing", 0, 300, 1, True)
    digests = {
        segment.row.index: playable.segment_digest(segment) for segment in playable.leading_finished_segments(rows)
    }
    timeline = playable.build_timeline(job, rows, digests)
    segments = [
        (f"parts/{name}", mp3.duration_ms(frame_count))
        for segment in timeline.segments
        for name, frame_count in hls_segments.plan_hls_segments(segment, job.characters)
    ]
    assert playlist.render(segments, is_closed=timeline.is_closed) == PLAYLIST
    key = hls_segments.object_key(OWNER, ID, "0-6c5615018b9f-0.mp3")
    assert key == f"speech/{OWNER}/{ID}/parts/0-6c5615018b9f-0.mp3"


def test_speech_marks_keep_their_json() -> None:
    document = Marks(
        job_id=OWNER,
        media_id=ID,
        language="en",
        duration_ms=504,
        complete=True,
        timing="exact",
        words=[WordTiming(46, 300, 0, 5)],
    )
    json = (
        '{"version":1,"job_id":"0192a0b0-0000-7000-8000-000000000001",'
        '"media_id":"00000000-0000-0000-0000-000000000007","language":"en","duration_ms":504,"complete":true,'
        '"timing":"exact","words":[[46,300,0,5]],"skippable":[]}'
    )
    assert document.model_dump_json() == json
    for stored in (json, json.replace(',"skippable":[]', "")):  # a recording of an earlier version has no ranges
        assert Marks.model_validate_json(stored) == document


def test_search_hits_keep_the_json_of_their_words() -> None:
    assert IndexedWord(job_id=OWNER, start_ms=5).model_dump_json() == f'{{"job_id":"{OWNER}","start_ms":5}}'


def test_outcomes_keep_their_values_in_messages_and_rows() -> None:
    of_0_1 = [outcome.value for outcome in CallOutcome if outcome is not CallOutcome.NOT_CONFIGURED]
    assert of_0_1 == ["spoken", "busy", "down", "closed", "no_voice", "refused"]


def test_headers_and_silence_of_recordings_are_unchanged_to_the_byte() -> None:
    constant = mp3.header(
        frame_count=10,
        audio_bytes=1_920,
        title="A title",
        chapters=[mp3.AudioChapter("One", 0, 120), mp3.AudioChapter("Two", 120, 240)],
        language="en",
        parts=[mp3.Mp3Part(5, 960), mp3.Mp3Part(5, 960)],
    )
    variable = mp3.header(
        frame_count=10, audio_bytes=2_320, title="A title", parts=[mp3.Mp3Part(5, 960), mp3.Mp3Part(5, 1_360)]
    )
    assert [hashlib.sha256(content).hexdigest()[:16] for content in (constant, variable, mp3.silence(500).frames)] == [
        "1d5b4afcd303e169",
        "89edd8519572eff1",
        "17fe3bb30b0c54a9",
    ]
