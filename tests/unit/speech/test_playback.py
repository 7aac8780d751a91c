"""Playable timeline and captions: the timeline only grows, in whatever order segments finish."""

import re
from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.speech.audio import captions, marks, mp3, playlist
from chalicelib.speech.playback import hls_segments, playable
from chalicelib.speech.playback.store import PlaybackJob
from chalicelib.speech.segment_store import SegmentRow

ID = UUID(int=7)
GAP_FRAMES = 21  # half a second


def job_in_status(status: str = "speaking") -> PlaybackJob:
    return PlaybackJob(ID, ID, ID, "en", status, 0, 10_000, 1, True)


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


def all_built(rows: Sequence[SegmentRow]) -> dict[int, str]:
    return {segment.row.index: playable.segment_digest(segment) for segment in playable.leading_finished_segments(rows)}


def text_of(timeline: playable.PlayableTimeline) -> str:
    parts = [
        (name, mp3.duration_ms(frames))
        for segment in timeline.segments
        for name, frames in hls_segments.plan_hls_segments(segment, timeline.job.characters)
    ]
    return playlist.render(parts, is_closed=timeline.is_closed)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[list[SegmentRow]], list[int]]:
    """Draw the states of a job's segments until all are finished, and their frame counts."""
    frames = draw(st.lists(st.integers(1, 4_000), min_size=1, max_size=12))
    final_statuses = [draw(st.sampled_from(["done", "done", "done", "failed"])) for _ in frames]
    order = draw(st.permutations(range(len(frames))))
    steps = [
        [row(n, final_statuses[n] if n in order[:step] else "queued", frames[n]) for n in range(len(frames))]
        for step in range(len(frames) + 1)
    ]
    return steps, [
        count if status == "done" else GAP_FRAMES for count, status in zip(frames, final_statuses, strict=True)
    ]


@given(histories(), st.data())
def test_every_playlist_extends_the_earlier_ones(
    history: tuple[list[list[SegmentRow]], list[int]], data: st.DataObject
) -> None:
    steps, lengths = history
    digests: dict[int, str] = {}
    texts = []
    for rows in steps:
        for segment in playable.unbuilt_segments(rows, digests):  # building may lag behind
            if data.draw(st.booleans()):
                digests[segment.row.index] = playable.segment_digest(segment)
        texts.append(text_of(playable.build_timeline(job_in_status(), rows, digests)))
    texts.append(text_of(playable.build_timeline(job_in_status("finishing"), steps[-1], all_built(steps[-1]))))
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert texts[-1].endswith("#EXT-X-ENDLIST\n")
    durations = [round(float(seconds) * 1_000) for seconds in re.findall(r"#EXTINF:([\d.]+),", texts[-1])]
    assert sum(durations) == 24 * sum(lengths)
    assert max(durations) <= playlist.MAX_HLS_SEGMENT_MS
    assert durations[0] <= playlist.INITIAL_HLS_SEGMENT_MS
    assert len(set(re.findall(r"\n(\d+-\w+-\d+\.mp3)", texts[-1]))) == len(durations)


@given(histories())
def test_the_playable_timeline_has_no_hole(history: tuple[list[list[SegmentRow]], list[int]]) -> None:
    steps, lengths = history
    for rows in steps:
        timeline = playable.build_timeline(job_in_status(), rows, all_built(rows))
        assert [segment.row.index for segment in timeline.segments] == list(range(len(timeline.segments)))
        unfinished = [row.index for row in rows if row.status == "queued"]
        assert len(timeline.segments) == (min(unfinished) if unfinished else len(rows))
        assert timeline.duration_ms == 24 * sum(lengths[: len(timeline.segments)])
        assert timeline.is_complete == timeline.is_closed == (not unfinished)


def test_a_cancelled_recording_ends_with_its_last_playable_segment() -> None:
    rows = [row(0, "done", 100), row(1, "failed", 0), row(2, "queued", 0), row(3, "done", 100)]
    timeline = playable.build_timeline(job_in_status("cancelled"), rows, all_built(rows))
    assert ([segment.row.index for segment in timeline.segments], timeline.is_closed, timeline.is_complete) == (
        [0, 1],
        True,
        False,
    )
    lagging = playable.build_timeline(job_in_status("cancelled"), rows, {0: all_built(rows)[0]})
    assert not lagging.is_closed
    assert not playable.build_timeline(job_in_status("speaking"), rows, all_built(rows)).is_closed


def test_a_gap_that_is_spoken_later_is_rebuilt_with_all_segments_after_it() -> None:
    before = [row(0, "done", 100), row(1, "failed", 0), row(2, "done", 100)]
    digests = all_built(before)
    after = [row(0, "done", 100), row(1, "done", 300), row(2, "done", 100)]
    assert [segment.row.index for segment in playable.unbuilt_segments(after, digests)] == [1, 2]
    assert len(playable.build_timeline(job_in_status(), after, digests).segments) == 1
    assert playable.unbuilt_segments(after, all_built(after)) == []


# ---- captions ----------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from("abcdefg ABC .,;!? \n«»\"'’-–…éß世界。、！ 😀👩‍🚀<&>"), min_size=0, max_size=300)


def words_of(text: str, *, start: int = 0, step_ms: int = 130) -> list[marks.WordTiming]:
    return [
        marks.WordTiming(n * step_ms, n * step_ms + 100, start + word_start, start + word_end)
        for n, (word_start, word_end) in enumerate(marks.word_spans(text))
    ]


@given(text=TEXTS, start=st.integers(0, 5_000))
def test_cues_contain_every_word_once_and_all_of_the_text(text: str, start: int) -> None:
    words = words_of(text, start=start)
    cues = captions.split_cues(text, words, text_start=start)
    assert [word for cue in cues for word in cue.words] == words
    if words:
        assert "".join(text[cue.text_start - start : cue.text_end - start] for cue in cues) == text
    for cue in cues:
        assert cue.text_start <= cue.words[0].text_start
        assert cue.words[-1].text_end <= cue.text_end
        assert len(cue.words) == 1 or cue.words[-1].end_ms - cue.words[0].start_ms <= captions.MAX_CUE_MS


@given(text=TEXTS)
def test_rendered_captions_parse_back_to_the_text(text: str) -> None:
    words = words_of(text)
    rendered = captions.HEADER + captions.render(text, captions.split_cues(text, words))
    blocks = rendered.split("\n\n")
    assert (blocks[0], blocks[-1]) == ("WEBVTT", "")
    lines = []
    latest = -1
    for block in blocks[1:-1]:
        times, _, line = block.partition("\n")
        start_ms, end_ms = (milliseconds(time) for time in times.split(" --> "))
        assert latest <= start_ms < end_ms
        inside = [milliseconds(time) for time in re.findall(r"<([\d:.]+)>", line)]
        assert all(a < b for a, b in pairwise([start_ms, *inside, end_ms]))
        lines.append(re.sub(r"<[\d:.]+>", "", line).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        latest = start_ms
    assert re.sub(r"\s", "", "".join(lines)) == (re.sub(r"\s", "", text) if words else "")


def milliseconds(time: str) -> int:
    hours, minutes, seconds = re.fullmatch(r"(\d{2,}):([0-5]\d):([0-5]\d\.\d{3})", time).groups()  # type: ignore[union-attr]
    return int(hours) * 3_600_000 + int(minutes) * 60_000 + round(float(seconds) * 1_000)


def test_a_cue_is_a_sentence_with_the_time_of_every_word() -> None:
    text = '"Light" needs no <language>. It burns and burns.'
    assert captions.render(text, captions.split_cues(text, words_of(text, step_ms=300))) == (
        "00:00:00.000 --> 00:00:01.200\n"
        '"Light" <00:00:00.300>needs <00:00:00.600>no <00:00:00.900>&lt;language&gt;.\n\n'
        "00:00:01.200 --> 00:00:02.200\n"
        "It <00:00:01.500>burns <00:00:01.800>and <00:00:02.100>burns.\n\n"
    )


def lines_of(text: str, words: list[marks.WordTiming]) -> list[tuple[str, ...]]:
    """Return the lines of each cue."""
    subrip = captions.to_subrip(captions.HEADER + captions.render(text, captions.split_cues(text, words)))
    return [tuple(block.split("\n")[2:]) for block in subrip.removesuffix("\n\n").split("\n\n")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Smith came home & slept.", [("Mr. Smith came home & slept.",)]),
        ('He said: "No." She left the room without a word.', [('He said: "No." She left', "the room without a word.")]),
        (
            "The keeper of the lamp wrote the hour into his book, went up the stairs, lit the lamp, and looked out over "
            "the water until the morning came.",
            [
                ("The keeper of the lamp wrote the hour", "into his book, went up the stairs,"),
                ("lit the lamp, and looked out over", "the water until the morning came."),
            ],
        ),
    ],
)
def test_cues_are_balanced_and_no_word_stands_alone(text: str, expected: list[tuple[str, ...]]) -> None:
    assert lines_of(text, words_of(text, step_ms=350)) == expected


@given(
    sentences=st.lists(
        st.lists(
            st.sampled_from(["a", "be", "sea", "dark", "light", "harbour", "lighthouse"]), min_size=1, max_size=30
        ),
        min_size=2,
        max_size=12,
    ),
    step_ms=st.integers(150, 600),
)
def test_cues_keep_the_guidelines(sentences: list[list[str]], step_ms: int) -> None:
    text = " ".join(" ".join(words) + "." for words in sentences)
    words = words_of(text, step_ms=step_ms)
    cues = captions.split_cues(text, words)
    for cue, lines in zip(cues, lines_of(text, words), strict=True):
        assert len(cue.words) > 1 or len(words) == 1
        assert len(lines) <= 2
        assert all(len(line) <= captions.MAX_LINE_CHARACTERS + 1 for line in lines)
        assert len(" ".join(lines)) <= captions.MAX_CUE_CHARACTERS + 1
        assert cue.words[-1].end_ms - cue.words[0].start_ms <= captions.MAX_CUE_MS


def test_nothing_is_shown_while_nothing_is_said() -> None:
    text = "The harbour was dark. Then the light came back."
    words = words_of(text, step_ms=300)
    late = [word._replace(start_ms=word.start_ms + 20_000, end_ms=word.end_ms + 20_000) for word in words[4:]]
    rendered = captions.render(text, captions.split_cues(text, [*words[:4], *late]))
    assert re.findall(r"(\S+) --> (\S+)", rendered) == [
        ("00:00:00.000", "00:00:01.000"),
        ("00:00:21.200", "00:00:22.500"),
    ]
