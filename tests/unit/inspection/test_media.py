"""Pictures, sound, video and books: what is accepted, its properties and its warnings."""

from pathlib import Path

import pytest

from chalicelib.inspection import types
from tests.support import media_files, valid_files
from tests.support.inspections import inspect

VALID = valid_files.files()
SOUND_ALONE = {"WebM of a voice recorder", "MP4 with sound alone"}


@pytest.mark.parametrize("name", VALID)
def test_a_valid_file_is_accepted_without_warnings(name: str, tmp_path: Path) -> None:
    media_type, filename, build = VALID[name]
    report = inspect(tmp_path, build(), media_type, filename)
    assert report.rejection is None
    assert not report.withhold_original
    assert not report.warnings
    row = types.get_by_media_type(media_type)
    assert row is not None
    assert report.media_type == row.media_type
    assert (report.duration_ms is not None) == report.media_type.startswith(("audio/", "video/"))
    has_picture = report.media_type.startswith(("image/", "video/")) and name not in SOUND_ALONE
    assert (report.width is not None) == has_picture


def test_every_accepted_type_is_among_the_valid_files() -> None:
    file_types = {types.get_by_media_type(media_type) for media_type, _, _ in VALID.values()}
    assert {row.media_type for row in file_types if row} | {"application/pdf", "text/plain"} == set(
        types.ACCEPTED_TYPES
    )


@pytest.mark.parametrize(
    ("name", "duration_ms"),
    [
        ("MP3", 1_000),
        ("MP3 of 44.1 kHz", 1_000),
        ("WAV", 1_000),
        ("WAV recorded into a pipe", 1_000),
        ("FLAC", 2_048),
        ("AAC", 464),
        ("OGG Vorbis", 1_000),
        ("OGG Opus", 1_000),
        ("OGG FLAC", 1_000),
        ("OGG with two songs", 2_000),
        ("M4A", 3_000),
        ("MP4", 3_000),
        ("WebM", 2_500),
        ("WebM recorded live", 1_400),
    ],
)
def test_the_duration_of_a_recording_is_measured(name: str, duration_ms: int, tmp_path: Path) -> None:
    media_type, filename, build = VALID[name]
    measured_ms = inspect(tmp_path, build(), media_type, filename).duration_ms
    assert measured_ms is not None
    assert abs(measured_ms - duration_ms) <= (110 if name.startswith("MP3") else 1), (
        "an MP3 encoder adds up to three frames"
    )


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("PNG RGB", (64, 48)),
        ("HEIC", (64, 48)),
        ("HEIC of tiles", (182, 122)),
        ("MP4", (320, 240)),
        ("WebM", (320, 240)),
    ],
)
def test_the_size_of_a_picture_is_read(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    media_type, filename, build = VALID[name]
    report = inspect(tmp_path, build(), media_type, filename)
    assert (report.width, report.height) == size


# ---- warnings ----


@pytest.mark.parametrize(
    ("media_type", "filename", "content", "warning"),
    [
        (
            "text/html",
            "a.html",
            media_files.PAGE.replace("<p>", "<script>alert(1)</script><p>").encode(),
            "scripts_ignored",
        ),
        ("text/html", "a.html", media_files.PAGE.replace("<p>", "<p onclick=x()>").encode(), "scripts_ignored"),
        (
            "text/html",
            "a.html",
            media_files.PAGE.replace("<p>", '<img src="https://example.org/x.png"><p>').encode(),
            "remote_resources",
        ),
        (
            media_files.EPUB,
            "a.epub",
            media_files.epub(
                {"OEBPS/one.xhtml": media_files.CHAPTER.replace("<p>", '<img src="https://example.org/a.png"/><p>')}
            ),
            "remote_resources",
        ),
        (
            media_files.DOCX,
            "a.docx",
            media_files.docx(
                {"word/_rels/document.xml.rels": media_files.relations(("image", "https://example.org/a.png", True))}
            ),
            "remote_resources",
        ),
    ],
)
def test_content_that_is_ignored_or_not_fetched_is_reported(
    media_type: str, filename: str, content: bytes, warning: str, tmp_path: Path
) -> None:
    report = inspect(tmp_path, content, media_type, filename)
    assert report.rejection is None
    assert [item.code for item in report.warnings] == [warning]
