"""Chapters of recordings, read in the sandbox."""

import shutil
import struct
import subprocess
from array import array
from pathlib import Path

import pytest

from chalicelib.metadata import recording_chapters
from chalicelib.metadata.recording_chapters import MAX_CHAPTERS, TimedChapter
from chalicelib.speech.audio import id3, mp4
from chalicelib.speech.audio.id3 import AudioChapter
from chalicelib.speech.audio.mp4 import AudioBook
from tests.support import media_files

CHAPTERS = [AudioChapter("The Sea", 0, 4_000), AudioChapter("Läuten 🔔", 4_000, 9_000), AudioChapter("", 9_000, 20_000)]
FOUND = [TimedChapter("The Sea", 0), TimedChapter("Läuten 🔔", 4_000), TimedChapter("", 9_000)]
FFMETADATA = ";FFMETADATA1\n" + "".join(
    f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={title}\n"
    for title, start, end in (("The Sea", 0, 4_000), ("Läuten", 4_000, 9_000))
)


def chapters_of(
    tmp_path: Path, content: bytes, media_type: str, duration_ms: int | None = 20_000
) -> list[TimedChapter]:
    file = tmp_path / "file"
    file.write_bytes(content)
    return recording_chapters.read_in_sandbox(file, media_type, duration_ms)


def audio_book(chapters: list[AudioChapter]) -> bytes:
    sizes = array("I", [100] * 800)
    book = AudioBook("Book", id3.Album("Book"), "en", chapters, 20_000, sizes)
    return mp4.head(book) + bytes(sum(sizes))


def vorbis_comments(*comments: str) -> bytes:
    encoded = [comment.encode() for comment in comments]
    content = struct.pack("<I", 0) + struct.pack("<I", len(encoded))
    content += b"".join(struct.pack("<I", len(comment)) + comment for comment in encoded)
    return b"fLaC" + b"\x84" + len(content).to_bytes(3, "big") + content


def test_chapters_of_an_mp3_are_in_its_tag(tmp_path: Path) -> None:
    mp3 = id3.tag("Book", CHAPTERS) + media_files.mp3(2)
    assert chapters_of(tmp_path, mp3, "audio/mpeg") == FOUND


def test_chapters_of_an_m4b_are_a_track_of_text(tmp_path: Path) -> None:
    assert chapters_of(tmp_path, audio_book(CHAPTERS), "audio/mp4") == FOUND


def test_without_such_a_track_the_list_of_nero_counts(tmp_path: Path) -> None:
    book = audio_book(CHAPTERS)
    assert book.count(b"chap") == book.count(b"chpl") == 1
    assert chapters_of(tmp_path, book.replace(b"chap", b"none"), "audio/mp4") == FOUND
    assert chapters_of(tmp_path, book.replace(b"chap", b"none").replace(b"chpl", b"none"), "audio/mp4") == []


def test_chapters_of_a_flac_are_comments(tmp_path: Path) -> None:
    flac = vorbis_comments(
        "CHAPTER001=00:00:04.000", "CHAPTER001NAME=Läuten", "chapter000=00:00:00.000", "CHAPTER000NAME=The Sea"
    )
    assert chapters_of(tmp_path, flac, "audio/flac") == [
        TimedChapter("The Sea", 0),
        TimedChapter("Läuten", 4_000),
    ]


def test_what_is_out_of_place_is_left_out(tmp_path: Path) -> None:
    beyond = vorbis_comments(
        "CHAPTER000=00:00:00",
        "CHAPTER000NAME=A\u202eb\nc",
        "CHAPTER001=00:00:20.000",
        "CHAPTER002=soon",
        "CHAPTER003=00:00:00",
    )
    assert chapters_of(tmp_path, beyond, "audio/flac") == [TimedChapter("Ab c", 0)]


def test_one_chapter_without_a_title_is_none(tmp_path: Path) -> None:
    assert chapters_of(tmp_path, id3.tag("Book", CHAPTERS[2:]) + media_files.mp3(2), "audio/mpeg") == []


@pytest.mark.parametrize("cut", [2, 3, 5])
def test_a_damaged_file_has_none_or_fewer_chapters(tmp_path: Path, cut: int) -> None:
    book = audio_book(CHAPTERS)
    assert len(chapters_of(tmp_path, book[: len(book) // cut], "audio/mp4")) <= len(CHAPTERS)


def test_a_list_that_claims_billions_ends_at_the_limit(tmp_path: Path) -> None:
    """Counts in the tables of an MP4 are numbers that anyone can write."""
    book = bytearray(audio_book(CHAPTERS))
    for table in (b"stts", b"stsz"):
        at = book.rindex(table) + (12 if table == b"stsz" else 8)
        book[at + 4 : at + 8] = b"\xff\xff\xff\xff"
    assert len(chapters_of(tmp_path, bytes(book), "audio/mp4")) <= MAX_CHAPTERS


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
@pytest.mark.parametrize(("suffix", "media_type"), [("mp3", "audio/mpeg"), ("m4a", "audio/mp4")])
def test_chapters_that_ffmpeg_writes_are_found(tmp_path: Path, suffix: str, media_type: str) -> None:
    (tmp_path / "chapters").write_text(FFMETADATA, encoding="utf-8")
    file = tmp_path / f"sound.{suffix}"
    sine = ["-f", "lavfi", "-i", "sine=duration=9:sample_rate=16000", "-i", str(tmp_path / "chapters")]
    subprocess.run(["ffmpeg", "-v", "error", *sine, "-map_metadata", "1", str(file)], check=True)
    found = recording_chapters.read_in_sandbox(file, media_type, 9_000)
    assert found == [TimedChapter("The Sea", 0), TimedChapter("Läuten", 4_000)]
