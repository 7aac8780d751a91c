"""Uploads of pictures, sound and books: what is stored, reported and delivered."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Cloud, Platform, User
from tests.integration.uploads.test_uploads import essay, keys, upload
from tests.support import heif_files, hostile_files, media_files
from tests.support.inspections import inspect


def url_of(platform: Platform, user: User, media_id: str, query: str = "") -> Any:
    return platform.client.http.get(f"/v1/media/{media_id}/url{query}", headers=user.headers)


def test_a_photo_is_shown_without_its_location_and_has_a_thumbnail(
    platform: Platform, alice: User, cloud: Cloud
) -> None:
    content = media_files.saved(media_files.drawn(), "JPEG", exif=media_files.exif_with_location())
    media = upload(platform, alice, content, filename="a.jpg", media_type="image/jpeg")
    assert media["status"] == "ready", media["rejection"]
    original, view, small = (
        f"media/{alice.id}/{media['id']}/{name}" for name in ("original", "view", "thumbnail.webp")
    )
    assert keys(cloud, "library") == {original, view, small}
    assert b"telephone" not in cloud.s3.get_object(Bucket="library", Key=view)["Body"].read()
    inline = url_of(platform, alice, media["id"]).json_body
    assert f"/{view}?" in inline["url"]
    assert inline["media_type"] == "image/jpeg"
    thumbnail = url_of(platform, alice, media["id"], "?variant=thumbnail").json_body
    assert f"/{small}?" in thumbnail["url"]
    assert thumbnail["media_type"] == "image/webp"
    stored = cloud.s3.get_object(Bucket="library", Key=small)
    assert thumbnail["size_bytes"] == stored["ContentLength"]
    assert stored["Body"].read()[8:12] == b"WEBP"


def test_a_heic_is_shown_as_a_jpeg_and_its_original_is_kept(platform: Platform, alice: User, cloud: Cloud) -> None:
    content = heif_files.phone_picture()
    media = upload(platform, alice, content, filename="sea.heic", media_type="image/heic")
    assert media["status"] == "ready", media["rejection"]
    inline = url_of(platform, alice, media["id"]).json_body
    assert inline["media_type"] == "image/jpeg"
    assert "sea.heic.jpg" in inline["url"]
    view = cloud.s3.get_object(Bucket="library", Key=f"media/{alice.id}/{media['id']}/view")
    assert view["ContentType"] == "image/jpeg"
    assert b"telephone" not in view["Body"].read()
    assert url_of(platform, alice, media["id"], "?variant=thumbnail").status_code == 200
    original = url_of(platform, alice, media["id"], "?disposition=attachment").json_body
    assert (original["media_type"], original["size_bytes"]) == ("image/heic", len(content))


def test_a_picture_with_bytes_behind_its_end_is_delivered_as_a_copy_only(
    platform: Platform, alice: User, cloud: Cloud
) -> None:
    content = media_files.saved(media_files.drawn(), "JPEG") + b"a film of one second" * 50
    media = upload(platform, alice, content, filename="a.jpg", media_type="image/jpeg")
    assert [note["code"] for note in media["notes"]] == ["extra_bytes_removed"]
    assert f"media/{alice.id}/{media['id']}/original" not in keys(cloud, "library")
    download = url_of(platform, alice, media["id"], "?disposition=attachment").json_body["url"]
    assert "/view?" in download
    assert url_of(platform, alice, media["id"], "?variant=original").json_body["code"] == "original_withheld"


def test_the_first_page_of_a_pdf_is_its_thumbnail_and_a_text_has_none(platform: Platform, alice: User) -> None:
    pdf = upload(platform, alice, essay(pages=2), filename="a.pdf", media_type="application/pdf")
    assert pdf["has_thumbnail"]
    assert url_of(platform, alice, pdf["id"], "?variant=thumbnail").status_code == 200
    text = upload(platform, alice, b"words\n", filename="a.txt")
    assert not text["has_thumbnail"]
    response = url_of(platform, alice, text["id"], "?variant=thumbnail")
    assert (response.status_code, response.json_body["code"]) == (404, "no_thumbnail")


def test_the_duration_of_a_recording_is_measured_and_an_alias_becomes_its_type(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, media_files.mp3(2), filename="a.mp3", media_type="audio/mp3")
    assert (media["status"], media["media_type"]) == ("ready", "audio/mpeg")
    assert 2_000 <= media["duration_ms"] <= 2_150


@pytest.mark.parametrize(
    "name",
    ["PNG with a ZIP behind it", "EPUB with a program in it", "MP4 of an unknown codec", "ZIP with a part of 300 MB"],
)
def test_a_hostile_file_of_any_type_never_reaches_the_library(
    name: str, platform: Platform, alice: User, cloud: Cloud
) -> None:
    case = hostile_files.CASES[name]
    media = upload(platform, alice, case.build(), filename=case.filename, media_type=case.media_type)
    assert (media["status"], media["rejection"]["code"]) == ("rejected", case.code)
    assert keys(cloud, "library") == keys(cloud, "incoming") == set()


@pytest.mark.parametrize("name", ["DOCX with macros", "DOCX with DDE", "EPUB with a script", "EPUB with a frame"])
def test_a_document_with_active_content_is_handed_out_as_a_copy_without_it(
    name: str, platform: Platform, alice: User, cloud: Cloud, tmp_path: Path
) -> None:
    case = hostile_files.CASES[name]
    media = upload(platform, alice, case.build(), filename=case.filename, media_type=case.media_type)
    assert media["status"] == "ready"
    assert media["notes"][0]["code"].endswith("_removed")
    assert url_of(platform, alice, media["id"], "?variant=original").json_body["code"] == "original_withheld"
    view = f"media/{alice.id}/{media['id']}/view"
    assert f"/{view}?" in url_of(platform, alice, media["id"], "?disposition=attachment").json_body["url"]
    copy = cloud.s3.get_object(Bucket="library", Key=view)["Body"].read()
    again = inspect(tmp_path, copy, case.media_type, case.filename, active_content="reject")
    assert again.rejection is None


PAGE = "<!doctype html><title>Café</title><p>“Café” costs 5 € – naïve.</p>"


@pytest.mark.parametrize(
    ("media_type", "filename", "text", "codec", "expected"),
    [
        ("text/plain", "a.txt", "Déjà vu, naïve café: it’s late.", "cp1252", ["encoding_guessed"]),
        ("text/plain; charset=koi8-r", "a.txt", "Широка река.", "koi8-r", []),
        ("text/markdown", "a.md", "# Вечер\n\nМоре было спокойным.", "utf-16-le", ["encoding_guessed"]),
        ("text/html", "a.html", PAGE, "cp1252", ["encoding_guessed"]),
    ],
)
def test_a_text_in_an_old_encoding_is_shown_and_read_in_utf_8_and_its_original_is_kept(
    platform: Platform,
    alice: User,
    cloud: Cloud,
    media_type: str,
    filename: str,
    text: str,
    codec: str,
    expected: list[str],
) -> None:
    content = text.encode(codec)
    media = upload(platform, alice, content, filename=filename, media_type=media_type)
    assert media["status"] == "ready", media["rejection"]
    assert media["media_type"] == media_type.partition(";")[0]
    assert [note["code"] for note in media["notes"]] == expected
    folder = f"media/{alice.id}/{media['id']}"
    stored = {key for key in keys(cloud, "library") if not key.startswith(f"{folder}/display/")}
    assert stored == {f"{folder}/original", f"{folder}/view"}
    inline = url_of(platform, alice, media["id"]).json_body
    assert f"/{folder}/view?" in inline["url"]
    assert inline["media_type"] == "text/plain; charset=utf-8"
    assert "response-content-type=text%2Fplain" in inline["url"]
    copy = cloud.s3.get_object(Bucket="library", Key=f"{folder}/view")["Body"].read()
    assert copy.decode("utf-8-sig") == text
    original = url_of(platform, alice, media["id"], "?disposition=attachment").json_body
    assert f"/{folder}/original?" in original["url"]
    assert (original["media_type"], original["size_bytes"]) == ("text/plain", len(content))
    extracted = platform.client.http.get(f"/v1/media/{media['id']}/text", headers=alice.headers).json_body["text"]
    assert re.search("café|Море|река", extracted, re.IGNORECASE)
