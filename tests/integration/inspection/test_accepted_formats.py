"""Every format with text: uploaded, extracted, found by search, and spoken."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from chalice.test import Client
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Platform, User
from tests.integration.speech.test_speech import start
from tests.integration.uploads.test_uploads import upload
from tests.support import media_files, sample_files, structured_documents

DOCUMENT = structured_documents.make_document()
NAMES = {media_files.EPUB: "a.epub", media_files.DOCX: "a.docx", "text/html": "a.html", "text/markdown": "a.md"}


def get(client: Client, user: User, path: str) -> Any:
    return client.http.get(path, headers=user.headers)


@pytest.mark.parametrize("media_type", NAMES)
def test_the_text_of_a_document_is_extracted_found_and_spoken(media_type: str, platform: Platform, alice: User) -> None:
    media = upload(platform, alice, DOCUMENT.files[media_type], filename=NAMES[media_type], media_type=media_type)
    assert (media["status"], media["language"], media["page_count"]) == ("ready", "en", None)
    assert media["notes"] == []
    text = get(platform.client, alice, f"/v1/media/{media['id']}/text").json_body
    assert text["text"] == "\n\n".join(DOCUMENT.paragraphs)
    assert [chapter["title"] for chapter in text["chapters"]] == DOCUMENT.chapters
    assert (text["pages"], text["start"], text["end"]) == (0, 0, len(text["text"]))
    assert media["word_count"] > 1_000
    no_page = get(platform.client, alice, f"/v1/media/{media['id']}/text?page=1")
    assert (no_page.status_code, problem(no_page)["code"]) == (404, "not_found")

    (hit,) = get(platform.client, alice, '/v1/search?q="table omitted"').json_body["items"]
    assert (hit["media_id"], hit["page"]) == (media["id"], None)
    assert text["text"][hit["text_start"] : hit["text_end"]] == "Table omitted"

    job = start(platform.client, alice, media["id"], start=hit["text_start"], end=hit["text_end"] + 200)
    assert (job.status_code, job.json_body["status"]) == (202, "queued")
    platform.run()
    speech = get(platform.client, alice, job.headers["Location"]).json_body
    assert (speech["status"], speech["gaps"]) == ("done", [])
    words = get(platform.client, alice, f"/v1/speech/{speech['id']}/marks").json_body["words"]
    assert [text["text"][start_offset:end_offset] for _, _, start_offset, end_offset in words[:4]] == [
        "Table",
        "omitted",
        "Chapter",
        "1",
    ]


def scan() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for _ in range(2):
        canvas.drawImage(ImageReader(io.BytesIO(sample_files.PNG)), 0, 0, 420, 595)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def book_without_text() -> bytes:
    return media_files.epub({"OEBPS/one.xhtml": structured_documents.xhtml("<svg/>")})


@pytest.mark.parametrize(
    ("build", "filename", "media_type", "code"),
    [
        (scan, "scan.pdf", "application/pdf", "no_text"),
        (book_without_text, "pictures.epub", media_files.EPUB, "no_text"),
    ],
)
def test_a_document_without_text_has_a_warning_and_cannot_be_spoken(
    build: Callable[[], bytes], filename: str, media_type: str, code: str, platform: Platform, alice: User
) -> None:
    media = upload(platform, alice, build(), filename=filename, media_type=media_type)
    assert (media["status"], media["word_count"]) == ("ready", 0)
    platform.run()
    media = get(platform.client, alice, f"/v1/media/{media['id']}").json_body
    assert [note["code"] for note in media["notes"]] == ["empty"]
    for response in (
        get(platform.client, alice, f"/v1/media/{media['id']}/text"),
        start(platform.client, alice, media["id"]),
    ):
        assert (response.status_code, problem(response)["code"]) == (409, code)
