"""Join MP3 segments in the same way as a recording: one header, then their frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.speech.audio import mp3


def join_segments(segments: Iterable[bytes], *, title: str = "", chapters: Sequence[mp3.AudioChapter] = ()) -> bytes:
    """Join MP3 files into one."""
    audios = [mp3.parse(segment) for segment in segments]
    head = mp3.header(
        frame_count=sum(audio.frame_count for audio in audios),
        audio_bytes=sum(len(audio.frames) for audio in audios),
        title=title,
        chapters=chapters,
        parts=[audio.part for audio in audios],
    )
    return head + b"".join(audio.frames for audio in audios)
