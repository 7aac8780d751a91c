"""Comic books (CBZ): pages are examined as pictures, and what is shown is a copy with the pages alone."""

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from chalicelib.inspection import types
from chalicelib.inspection.model import Report
from chalicelib.inspection.previews import view_copy
from tests.support import hostile_files, media_files
from tests.support.book_files import CBZ, COMIC_INFO, cbz, comic_page
from tests.support.inspections import inspect


def copied(folder: Path, content: bytes) -> tuple[Report, dict[str, bytes]]:
    """Inspect a comic book; return the report and the files of its copy."""
    report = inspect(folder, content, CBZ, "a.cbz")
    assert report.rejection is None
    target = folder / "copy"
    assert view_copy.make_view_copy(folder / "object", target, types.ACCEPTED_TYPES[CBZ]) is None
    with zipfile.ZipFile(target) as archive:
        assert {entry.compress_type for entry in archive.infolist() if "xml" not in entry.filename} == {
            zipfile.ZIP_STORED
        }
        return report, {name: archive.read(name) for name in archive.namelist()}


def pixels(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as picture:
        return picture.convert("RGB").tobytes()


def test_pages_are_numbered_in_the_order_that_people_read_them_and_look_the_same(tmp_path: Path) -> None:
    report, files = copied(tmp_path, cbz())
    assert (report.page_count, report.withhold_original) == (4, False)
    assert list(files) == ["00001.jpg", "00002.webp", "00003.png", "00004.gif"]
    assert [pixels(content) for content in files.values()] == [
        pixels(comic_page(kind, shade)) for kind, shade in (("JPEG", 20), ("WEBP", 150), ("PNG", 200), ("GIF", 250))
    ]


def test_a_copy_has_no_place_and_no_camera_but_stays_upright(tmp_path: Path) -> None:
    photo = comic_page("JPEG", exif=media_files.exif_with_location(), comment=b"made by hand")
    tagged = media_files.png_with((b"tEXt", b"Author\0a person"), (b"eXIf", b"MM\0*"))
    webp = comic_page("WEBP", exif=media_files.exif_with_location())
    gif = comic_page("GIF", comment=b"made by hand")
    _, files = copied(tmp_path, cbz({"1.jpg": photo, "2.png": tagged, "3.webp": webp, "4.gif": gif}))
    for content in files.values():
        assert b"telephone" not in content
        assert b"made by hand" not in content
        assert b"a person" not in content
    with Image.open(io.BytesIO(files["00001.jpg"])) as upright:
        assert dict(upright.getexif()) == {0x0112: 6}
    with Image.open(io.BytesIO(files["00003.webp"])) as picture:
        assert not picture.getexif()


def test_an_animated_page_still_moves(tmp_path: Path) -> None:
    _, files = copied(tmp_path, cbz({"1.gif": media_files.animation("GIF"), "2.webp": media_files.animation("WEBP")}))
    for name in ("00001.gif", "00002.webp"):
        with Image.open(io.BytesIO(files[name])) as picture:
            assert (picture.n_frames, picture.info["loop"]) == (3, 0)  # type: ignore[attr-defined]


def test_what_programs_know_about_a_comic_stays(tmp_path: Path) -> None:
    report, files = copied(tmp_path, cbz({"ComicInfo.xml": COMIC_INFO}))
    assert files["ComicInfo.xml"].decode() == COMIC_INFO
    assert not report.warnings


@pytest.mark.parametrize("content", ["<ComicInfo", '<!DOCTYPE x [<!ENTITY a "b">]><ComicInfo/>'])
def test_damaged_knowledge_about_a_comic_is_left_out(content: str, tmp_path: Path) -> None:
    _, files = copied(tmp_path, cbz({"ComicInfo.xml": content}))
    assert "ComicInfo.xml" not in files


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Thumbs.db", hostile_files.OLE),
        ("setup.exe", hostile_files.PROGRAM),
        ("more.zip", hostile_files.ZIP),
        ("read me.html", b"<script>x()</script>"),
        ("notes.txt", b"text\0binary"),
    ],
)
def test_files_that_are_no_pictures_are_removed_and_the_original_is_withheld(
    name: str, content: bytes, tmp_path: Path
) -> None:
    report, files = copied(tmp_path, cbz({name: content}))
    assert report.withhold_original
    assert [warning.code for warning in report.warnings] == ["other_files_removed"]
    assert len(files) == 4


@pytest.mark.parametrize("name", ["read me.txt", "scan.nfo", "Comic/.DS_Store.txt", "checks.sfv"])
def test_a_text_beside_the_pages_is_no_reason_to_withhold_the_original(name: str, tmp_path: Path) -> None:
    report, files = copied(tmp_path, cbz({name: b"Scanned in October."}))
    assert (report.withhold_original, report.warnings, len(files)) == (False, (), 4)


def test_pages_that_are_damaged_or_in_other_formats_are_left_out_by_name(tmp_path: Path) -> None:
    report, files = copied(tmp_path, cbz({"3.jpg": comic_page()[:900], "4.bmp": comic_page("BMP"), "5.png": b"words"}))
    (warning,) = report.warnings
    assert warning.code == "pages_left_out"
    assert all(f"“{name}”" in warning.detail for name in ("3.jpg", "4.bmp", "5.png"))
    assert (report.page_count, len(files)) == (4, 4)


def test_a_page_is_what_its_bytes_are_whatever_it_is_named(tmp_path: Path) -> None:
    _, files = copied(tmp_path, cbz({"0.jpg": comic_page("PNG")}))
    assert next(iter(files)) == "00001.png"


def test_bytes_behind_a_page_are_removed_and_the_original_is_withheld(tmp_path: Path) -> None:
    report, files = copied(tmp_path, cbz({"0.jpg": comic_page() + b"a film" * 99}))
    assert report.withhold_original
    assert [warning.code for warning in report.warnings] == ["extra_bytes_removed"]
    assert b"a film" not in files["00001.jpg"]


def test_a_comic_of_many_large_pages_is_accepted(tmp_path: Path) -> None:
    page = media_files.saved(Image.effect_noise((1600, 2400), 40).convert("RGB"), "JPEG", quality=30)
    flat = media_files.saved(Image.new("RGB", (1600, 2400), "white"), "PNG")
    book = cbz({f"{number}.jpg": page for number in range(30)} | {f"{number}.png": flat for number in range(60, 110)})
    assert inspect(tmp_path, book, CBZ, "a.cbz").page_count == 84


@pytest.mark.parametrize("filename", ["a.cbr", "a.cb7", "a.CBT", "letter.doc", "book.kfx", "book.acsm", "book.lcpl"])
def test_a_refused_ending_names_the_way_out(filename: str) -> None:
    rejection = types.check_declaration("application/octet-stream", filename)
    assert rejection is not None
    assert rejection.code == "type_not_allowed"
    assert "upload" in rejection.detail
    assert "Accepted are" not in rejection.detail
