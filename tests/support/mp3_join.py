"""Segments put together as a reading is in the end: one header, then their frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.speech.audio import mp3


def joined(segments: Iterable[bytes], *, title: str = "", chapters: Sequence[mp3.AudioChapter] = ()) -> bytes:
    """The file of these MP3 files."""
    audios = [mp3.parse(segment) for segment in segments]
    head = mp3.header(
        frame_count=sum(audio.frame_count for audio in audios),
        audio_bytes=sum(len(audio.frames) for audio in audios),
        title=title,
        chapters=chapters,
        parts=[audio.part for audio in audios],
    )
    return head + b"".join(audio.frames for audio in audios)
