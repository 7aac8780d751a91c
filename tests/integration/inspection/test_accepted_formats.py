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
from tests.support import book_files, media_files, sample_files, structured_documents

DOCUMENT = structured_documents.make_document()
NAMES = {
    media_files.EPUB: "a.epub",
    media_files.DOCX: "a.docx",
    book_files.FB2: "a.fb2",
    book_files.ODT: "a.odt",
    book_files.RTF: "a.rtf",
    "text/html": "a.html",
    "text/markdown": "a.md",
}


def get(client: Client, user: User, path: str) -> Any:
    return client.http.get(path, headers=user.headers)


@pytest.mark.parametrize("media_type", NAMES)
def test_the_text_of_a_document_is_extracted_found_and_spoken(media_type: str, platform: Platform, alice: User) -> None:
    media = upload(platform, alice, DOCUMENT.files[media_type], filename=NAMES[media_type], media_type=media_type)
    assert (media["status"], media["language"], media["page_count"]) == ("ready", "en", None)
    assert media["notes"] == []
    text = get(platform.client, alice, f"/v1/media/{media['id']}/text").json_body
    read = [block for block in text["blocks"] if block["kind"] not in {"footnote", "toc"}]
    assert [text["text"][block["start"] : block["end"]] for block in read] == DOCUMENT.paragraphs
    assert [chapter["title"] for chapter in text["chapters"]] == DOCUMENT.chapters
    assert (text["pages"], text["start"], text["end"]) == (0, 0, len(text["text"]))
    assert media["word_count"] > 1_000
    no_page = get(platform.client, alice, f"/v1/media/{media['id']}/text?page=1")
    assert (no_page.status_code, problem(no_page)["code"]) == (404, "not_found")

    (hit,) = get(platform.client, alice, '/v1/search?q="table with 9 rows"').json_body["items"]
    assert (hit["media_id"], hit["page"]) == (media["id"], None)
    assert text["text"][hit["text_start"] : hit["text_end"]] == "Table with 9 rows"

    job = start(platform.client, alice, media["id"], start=hit["text_start"], end=hit["text_end"] + 200)
    assert (job.status_code, job.json_body["status"]) == (202, "queued")
    platform.run()
    speech = get(platform.client, alice, job.headers["Location"]).json_body
    assert (speech["status"], speech["gaps"]) == ("done", [])
    words = get(platform.client, alice, f"/v1/speech/{speech['id']}/marks").json_body["words"]
    assert [text["text"][start_offset:end_offset] for _, _, start_offset, end_offset in words[:4]] == [
        "Table",
        "with",
        "9",
        "rows",
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


def test_a_comic_book_is_shown_as_a_copy_with_its_pages(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, book_files.cbz(), filename="a.cbz", media_type=book_files.CBZ)
    assert (media["status"], media["page_count"], media["word_count"]) == ("ready", 4, None)
    assert media["has_thumbnail"]
    signed = get(platform.client, alice, f"/v1/media/{media['id']}/url?variant=view").json_body
    assert signed["media_type"] == book_files.CBZ


def test_xml_is_served_as_bytes_because_browsers_show_it(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, book_files.fb2(), filename="a.fb2", media_type=book_files.FB2)
    signed = get(platform.client, alice, f"/v1/media/{media['id']}/url").json_body
    assert signed["media_type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("filename", "media_type", "content"),
    [
        ("a.rtf", book_files.RTF, book_files.rtf(r"\pard Words.\par{\object{\*\objdata 0105}}")),
        ("a.odt", book_files.ODT, book_files.odt({"Basic/Standard/Module1.xml": "<m/>"})),
        ("a.fb2.zip", book_files.FB2_ZIP, book_files.fb2_zip(book_files.fb2(more='<binary id="a">d29yZHM=</binary>'))),
        ("a.cbz", book_files.CBZ, book_files.cbz({"setup.exe": b"MZ\0"})),
    ],
)
def test_an_original_with_active_content_is_withheld(
    filename: str, media_type: str, content: bytes, platform: Platform, alice: User
) -> None:
    media = upload(platform, alice, content, filename=filename, media_type=media_type)
    assert media["status"] == "ready"
    assert [note["code"].endswith("_removed") for note in media["notes"]] == [True]
    original = get(platform.client, alice, f"/v1/media/{media['id']}/url?variant=original")
    assert (original.status_code, problem(original)["code"]) == (409, "original_withheld")
    copy = get(platform.client, alice, f"/v1/media/{media['id']}/url?disposition=attachment")
    assert copy.status_code == 200
