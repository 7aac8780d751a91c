"""Thumbnails: from the first page, the cover, or the picture itself."""

from pathlib import Path

import pytest
from PIL import Image

from chalicelib.inspection import types
from chalicelib.inspection.previews import thumbnail
from tests.support import book_files, media_files, sample_files

COVER = media_files.saved(media_files.drawn(), "PNG")


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("application/pdf", sample_files.one_page()),
        ("application/epub+zip", media_files.epub()),
        (book_files.CBZ, book_files.cbz()),
        (book_files.FB2, book_files.fb2()),
        (book_files.ODT, book_files.odt()),
        (book_files.FB2_ZIP, book_files.fb2_zip()),
        ("image/png", media_files.saved(media_files.drawn("RGBA", (1200, 700)), "PNG")),
        ("image/jpeg", media_files.saved(media_files.drawn("CMYK", (1200, 700)), "JPEG")),
        ("image/gif", media_files.animation("GIF")),
        (
            "audio/mpeg",
            media_files.id3(media_files.id3_frame(b"APIC", b"\0image/png\0\3a cover\0" + COVER)) + media_files.mp3(),
        ),
        (
            "audio/mpeg",
            media_files.id3(media_files.id3_frame(b"APIC", b"\1image/png\0\0\xff\xfea\0\0\0" + COVER))
            + media_files.mp3(),
        ),
        (
            "audio/mpeg",
            media_files.id3(media_files.id3_frame(b"APIC", b"\0image/png\0\3\0" + COVER, version=4), version=4)
            + media_files.mp3(),
        ),
        ("audio/flac", media_files.flac(more=media_files.flac_picture(COVER))),
        ("audio/mp4", media_files.mp4(media_files.SOUND, media_files.itunes_cover(COVER))),
    ],
)
def test_a_thumbnail_is_a_small_webp(media_type: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(content)
    assert thumbnail.make_thumbnail(tmp_path / "source", tmp_path / "small", types.ACCEPTED_TYPES[media_type])
    with Image.open(tmp_path / "small") as small:
        assert small.format == "WEBP"
        assert max(small.size) <= thumbnail.MAX_SIDE_PIXELS
        assert len(small.convert("RGB").getcolors(1_000_000) or []) > 1, "the picture is not blank"


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("audio/wav", media_files.wav()),
        ("audio/mpeg", b"anything"),
        ("audio/mpeg", media_files.id3(media_files.id3_frame(b"APIC", b"\0image/png\0\3a cover")) + media_files.mp3()),
        (
            "audio/mpeg",
            media_files.id3(media_files.id3_frame(b"APIC", b"\0image/png\0\3\0" + COVER[:80])) + media_files.mp3(),
        ),
        ("audio/mpeg", media_files.id3(media_files.id3_frame(b"TIT2", b"\0no cover")) + media_files.mp3()),
        ("audio/flac", media_files.flac(more=media_files.flac_picture(b"no picture"))),
        (
            "audio/flac",
            media_files.flac(more=media_files.flac_picture(media_files.saved(Image.new("1", (6_000, 3_000)), "PNG"))),
        ),
        ("audio/mp4", media_files.mp4(media_files.SOUND)),
        ("application/pdf", b"%PDF-1.7 broken"),
        ("application/epub+zip", media_files.epub({"OEBPS/cover.png": None})),
    ],
)
def test_a_file_without_a_picture_has_no_thumbnail(media_type: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(content)
    assert not thumbnail.make_thumbnail(tmp_path / "source", tmp_path / "small", types.ACCEPTED_TYPES[media_type])
    assert not (tmp_path / "small").exists()


@pytest.mark.parametrize(
    "picture",
    [
        media_files.saved(media_files.drawn("RGBA", (1200, 1900)), "PNG"),
        media_files.saved(media_files.drawn("CMYK", (1200, 1900)), "JPEG"),
        media_files.saved(media_files.drawn("P", (300, 200)), "GIF"),
    ],
)
def test_a_document_has_a_cover_that_every_player_can_show(picture: bytes, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(media_files.epub({"OEBPS/cover.png": picture}))
    kind = types.ACCEPTED_TYPES["application/epub+zip"]
    assert thumbnail.make_thumbnail(tmp_path / "source", tmp_path / "small", kind, cover=tmp_path / "cover")
    with Image.open(tmp_path / "cover") as cover, Image.open(tmp_path / "small") as small:
        assert (cover.format, cover.mode, small.format) == ("JPEG", "RGB", "WEBP")
        assert max(cover.size) <= thumbnail.COVER_SIDE_PIXELS
        assert cover.size >= small.size
        assert not cover.getexif()


def test_a_document_without_a_picture_has_no_cover(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(media_files.epub({"OEBPS/cover.png": b"no picture"}))
    kind = types.ACCEPTED_TYPES["application/epub+zip"]
    assert not thumbnail.make_thumbnail(tmp_path / "source", tmp_path / "small", kind, cover=tmp_path / "cover")
    assert not (tmp_path / "cover").exists()
    assert not (tmp_path / "small").exists()
