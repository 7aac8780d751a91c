"""Chapters of uploaded recordings."""

from chalicelib.speech.audio import id3
from chalicelib.speech.audio.id3 import AudioChapter
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.uploads.test_uploads import essay, upload
from tests.support import media_files
from tests.support.media_rows import insert_media, request

CHAPTERS = [AudioChapter("The Sea", 0, 1_000), AudioChapter("Waves", 1_000, 2_000)]


def test_an_uploaded_recording_has_the_chapters_of_its_tag(platform: Platform, alice: User, bob: User) -> None:
    mp3 = id3.tag("Book", CHAPTERS) + media_files.mp3(2)
    media = upload(platform, alice, mp3, filename="a.mp3", media_type="audio/mpeg")
    path = f"/v1/media/{media['id']}/chapters"
    assert request(platform.client, alice, "GET", path).json_body["items"] == [
        {"title": "The Sea", "start_ms": 0},
        {"title": "Waves", "start_ms": 1_000},
    ]
    assert request(platform.client, bob, "GET", path).status_code == 404


def test_the_chapters_of_a_document_are_none_of_a_recording(platform: Platform, alice: User, cloud: Cloud) -> None:
    pdf = upload(platform, alice, essay(pages=2), filename="a.pdf", media_type="application/pdf")
    assert request(platform.client, alice, "GET", f"/v1/media/{pdf['id']}/chapters").json_body["items"] == []
    pending = insert_media(cloud, alice, status="pending", media_type="audio/mpeg")
    assert request(platform.client, alice, "GET", f"/v1/media/{pending}/chapters").status_code == 409
