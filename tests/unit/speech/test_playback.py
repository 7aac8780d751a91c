"""What can be heard already: in whatever order segments are settled, the beginning only grows, and in the end it is all."""

import re
from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.speech.audio import captions, marks, mp3, playlist
from chalicelib.speech.playback import hls_segments, playable
from chalicelib.speech.playback.store import PlaybackJob
from chalicelib.speech.segment_store import SegmentRow

SOME = UUID(int=7)
GAP_FRAMES = 21  # half a second


def reading(status: str = "speaking") -> PlaybackJob:
    return PlaybackJob(SOME, SOME, SOME, "en", status, 0, 10_000)


def row(index: int, status: str, frames: int, key: str = "") -> SegmentRow:
    done = status == "done"
    return SegmentRow(
        index=index,
        text_start=100 * index,
        text_end=100 * index + 99,
        pause_ms=0,
        status=status,
        voice="v",
        audio_key=f"k{index}{key}" if done else None,
        frame_count=frames if done else None,
        audio_bytes=192 * frames if done else None,
        duration_ms=24 * frames if done else None,
    )


def all_cut(rows: Sequence[SegmentRow]) -> dict[int, str]:
    return {segment.row.index: playable.segment_digest(segment) for segment in playable.leading_finished_segments(rows)}


def text_of(heard: playable.PlayableTimeline) -> str:
    parts = [
        (name, mp3.duration_ms(frames))
        for segment in heard.segments
        for name, frames in hls_segments.plan_hls_segments(segment, heard.job.characters)
    ]
    return playlist.render(parts, is_closed=heard.is_closed)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[list[SegmentRow]], list[int]]:
    """A job's segments, all on their way and then settled one after the other in any order; and how long each is in the end."""
    frames = draw(st.lists(st.integers(1, 4_000), min_size=1, max_size=12))
    ends = [draw(st.sampled_from(["done", "done", "done", "failed"])) for _ in frames]
    order = draw(st.permutations(range(len(frames))))
    steps = [
        [row(n, ends[n] if n in order[:step] else "queued", frames[n]) for n in range(len(frames))]
        for step in range(len(frames) + 1)
    ]
    return steps, [count if end == "done" else GAP_FRAMES for count, end in zip(frames, ends, strict=True)]


@given(histories(), st.data())
def test_every_later_playlist_begins_with_the_earlier_one(
    history: tuple[list[list[SegmentRow]], list[int]], data: st.DataObject
) -> None:
    steps, lengths = history
    digests: dict[int, str] = {}
    texts = []
    for rows in steps:
        for segment in playable.unbuilt_segments(rows, digests):  # cutting may lag behind
            if data.draw(st.booleans()):
                digests[segment.row.index] = playable.segment_digest(segment)
        texts.append(text_of(playable.build_timeline(reading(), rows, digests)))
    texts.append(text_of(playable.build_timeline(reading("finishing"), steps[-1], all_cut(steps[-1]))))
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert texts[-1].endswith("#EXT-X-ENDLIST\n")
    durations = [round(float(each) * 1_000) for each in re.findall(r"#EXTINF:([\d.]+),", texts[-1])]
    assert sum(durations) == 24 * sum(lengths)
    assert max(durations) <= playlist.MAX_HLS_SEGMENT_MS
    assert durations[0] <= playlist.INITIAL_HLS_SEGMENT_MS
    assert len(set(re.findall(r"\n(\d+-\w+-\d+\.mp3)", texts[-1]))) == len(durations)


@given(histories())
def test_what_is_ready_has_no_hole(history: tuple[list[list[SegmentRow]], list[int]]) -> None:
    steps, lengths = history
    for rows in steps:
        heard = playable.build_timeline(reading(), rows, all_cut(rows))
        assert [segment.row.index for segment in heard.segments] == list(range(len(heard.segments)))
        unsettled = [each.index for each in rows if each.status == "queued"]
        assert len(heard.segments) == (min(unsettled) if unsettled else len(rows))
        assert heard.duration_ms == 24 * sum(lengths[: len(heard.segments)])
        assert heard.is_complete == heard.is_closed == (not unsettled)


def test_a_cancelled_reading_ends_where_its_speech_does() -> None:
    rows = [row(0, "done", 100), row(1, "failed", 0), row(2, "queued", 0), row(3, "done", 100)]
    heard = playable.build_timeline(reading("cancelled"), rows, all_cut(rows))
    assert ([segment.row.index for segment in heard.segments], heard.is_closed, heard.is_complete) == (
        [0, 1],
        True,
        False,
    )
    lagging = playable.build_timeline(reading("cancelled"), rows, {0: all_cut(rows)[0]})
    assert not lagging.is_closed
    assert not playable.build_timeline(reading("speaking"), rows, all_cut(rows)).is_closed


def test_a_segment_that_was_spoken_in_the_end_is_cut_anew_with_all_that_follow() -> None:
    before = [row(0, "done", 100), row(1, "failed", 0), row(2, "done", 100)]
    digests = all_cut(before)
    after = [row(0, "done", 100), row(1, "done", 300), row(2, "done", 100)]
    assert [segment.row.index for segment in playable.unbuilt_segments(after, digests)] == [1, 2]
    assert len(playable.build_timeline(reading(), after, digests).segments) == 1
    assert playable.unbuilt_segments(after, all_cut(after)) == []


# ---- captions ----------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from("abcdefg ABC .,;!? \n«»\"'’-–…éß世界。、！ 😀👩‍🚀<&>"), min_size=0, max_size=300)


def words_of(text: str, *, start: int = 0, step_ms: int = 130) -> list[marks.WordTiming]:
    return [
        marks.WordTiming(n * step_ms, n * step_ms + 100, start + begin, start + end)
        for n, (begin, end) in enumerate(marks.word_spans(text))
    ]


@given(text=TEXTS, start=st.integers(0, 5_000))
def test_cues_hold_every_word_once_and_all_of_the_text(text: str, start: int) -> None:
    words = words_of(text, start=start)
    found = captions.split_cues(text, words, text_start=start)
    assert [word for cue in found for word in cue.words] == words
    if words:
        assert "".join(text[cue.text_start - start : cue.text_end - start] for cue in found) == text
    for cue in found:
        assert cue.text_start <= cue.words[0].text_start
        assert cue.words[-1].text_end <= cue.text_end
        assert len(cue.words) == 1 or cue.words[-1].end_ms - cue.words[0].start_ms <= captions.MAX_CUE_MS


@given(text=TEXTS)
def test_captions_can_be_read_back(text: str) -> None:
    words = words_of(text)
    rendered = captions.HEADER + captions.render(text, captions.split_cues(text, words))
    blocks = rendered.split("\n\n")
    assert (blocks[0], blocks[-1]) == ("WEBVTT", "")
    said = []
    latest = -1
    for block in blocks[1:-1]:
        times, line = block.split("\n")
        begin, end = (milliseconds(each) for each in times.split(" --> "))
        assert latest <= begin < end
        inside = [milliseconds(each) for each in re.findall(r"<([\d:.]+)>", line)]
        assert all(a < b for a, b in pairwise([begin, *inside, end]))
        said.append(re.sub(r"<[\d:.]+>", "", line).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        latest = begin
    assert re.sub(r"\s", "", "".join(said)) == (re.sub(r"\s", "", text) if words else "")


def milliseconds(time: str) -> int:
    hours, minutes, seconds = re.fullmatch(r"(\d{2,}):([0-5]\d):([0-5]\d\.\d{3})", time).groups()  # type: ignore[union-attr]
    return int(hours) * 3_600_000 + int(minutes) * 60_000 + round(float(seconds) * 1_000)


def test_a_cue_is_a_sentence_with_the_time_of_every_word() -> None:
    text = '"Light" needs no <language>. It burns and burns.'
    assert captions.render(text, captions.split_cues(text, words_of(text))) == (
        "00:00:00.000 --> 00:00:00.490\n"
        '"Light" <00:00:00.130>needs <00:00:00.260>no <00:00:00.390>&lt;language&gt;.\n\n'
        "00:00:00.520 --> 00:00:01.010\n"
        "It <00:00:00.650>burns <00:00:00.780>and <00:00:00.910>burns.\n\n"
    )
