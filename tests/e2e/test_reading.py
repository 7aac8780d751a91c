"""Speech on the deployed stack: a document is uploaded, inspected and read aloud, and the recording downloaded.

test_killed_workers.py tests the effect of killed workers.
"""

from __future__ import annotations

import itertools
import random
import re

import psycopg
import pytest

from chalicelib.speech.audio import mp3
from chalicelib.speech.audio.marks import word_spans
from tests.support import pdf_books, sample_files, scans, structured_documents
from tests.support.api_listener import (
    download_recording,
    start_speech,
    upload,
    wait_until_finished,
    wait_until_inspected,
)
from tests.support.api_uploader import Uploader
from tests.support.local_stack import LIBRARY, DeployedStack, wait_until
from tests.support.media_files import DOCX, EPUB
from tests.support.scans import Scanner

TEXT = b"The lighthouse keeper counts the waves. There are always more of them.\n"


@pytest.fixture(scope="module")
def alice(stack: DeployedStack) -> Uploader:
    return Uploader(stack, "alice")


def test_a_scan_is_recognised_and_read_aloud(alice: Uploader) -> None:
    printed = "The harbour master counted the lanterns along the embankment, because the weather would not hold."
    scan = scans.scan(pdf_books.prose_page(printed), Scanner(150, 1.5))
    media = wait_until_inspected(alice, upload(alice, scan, "scan.pdf", "application/pdf"))
    assert media["status"] == "ready"

    def is_recognised() -> bool:
        status: str = alice.call("GET", f"/v1/media/{media['id']}")["text_status"]
        return status == "ready"

    assert wait_until(is_recognised, event="the recognised text", seconds=120)
    assert alice.call("GET", f"/v1/media/{media['id']}/text")["text"] == printed
    assert wait_until_finished(alice, start_speech(alice, media["id"]))["status"] == "done"


def test_a_book_becomes_a_recording_with_marks_at_their_words(alice: Uploader) -> None:
    media = wait_until_inspected(alice, upload(alice, pdf_books.make_book(5).pdf, "harbour.pdf", "application/pdf"))
    assert (media["status"], media["language"]) == ("ready", "en")
    assert media["page_count"] >= 5
    job = wait_until_finished(alice, start_speech(alice, media["id"]))
    assert (job["status"], job["gaps"]) == ("done", [])

    audio = mp3.parse(download_recording(alice, job["id"]))
    with psycopg.connect(alice.stack.postgres().url("postgres")) as connection:
        total = connection.execute(
            "SELECT sum(duration_ms) FROM speech_segments WHERE job_id = %s", [job["id"]]
        ).fetchone()
    assert total is not None
    assert audio.duration_ms == job["duration_ms"] == total[0]

    text = alice.call("GET", f"/v1/media/{media['id']}/text")["text"]
    marks = alice.call("GET", f"/v1/speech/{job['id']}/marks")
    assert marks["duration_ms"] == job["duration_ms"]
    words = marks["words"]
    assert len(words) > 1_000
    for start_ms, end_ms, start, end in random.sample(words, 20):
        assert re.fullmatch(r"\S*\w\S*", text[start:end]), text[start:end]
        assert 0 <= start_ms <= end_ms <= job["duration_ms"]
    assert all(a[0] <= b[0] and a[3] <= b[2] for a, b in itertools.pairwise(words))


DOCUMENT = structured_documents.make_document(1, 2)


@pytest.mark.parametrize(("media_type", "filename"), [(EPUB, "harbour.epub"), (DOCX, "harbour.docx")])
def test_structured_documents_are_read_aloud_as_their_text(media_type: str, filename: str, alice: Uploader) -> None:
    media = wait_until_inspected(alice, upload(alice, DOCUMENT.files[media_type], filename, media_type))
    assert (media["status"], media["language"], media["page_count"]) == ("ready", "en", None)
    extracted = alice.call("GET", f"/v1/media/{media['id']}/text")
    job = wait_until_finished(alice, start_speech(alice, media["id"]))
    assert (job["status"], job["gaps"]) == ("done", [])
    assert mp3.parse(download_recording(alice, job["id"])).duration_ms == job["duration_ms"]
    text, spoken = extracted["text"], [block for block in extracted["blocks"] if block["kind"] not in job["skip"]]
    assert [text[block["start"] : block["end"]] for block in spoken] == DOCUMENT.paragraphs
    words = alice.call("GET", f"/v1/speech/{job['id']}/marks")["words"]
    assert (
        [text[start:end].rstrip(".") for _, _, start, end in words]
        == [  # "Dr." is lit as a whole
            text[block["start"] + start : block["start"] + end]
            for block in spoken
            for start, end in word_spans(text[block["start"] : block["end"]])
        ]
    )


REJECTED_FILES = {
    "a PNG named .pdf": (b"\x89PNG\r\n\x1a\n" + bytes(200), "picture.pdf", "application/pdf", "type_mismatch"),
    "a truncated PDF": (sample_files.one_page()[:300], "half.pdf", "application/pdf", "malformed"),
    "an encrypted PDF": (
        sample_files.encrypted(sample_files.one_page(), user="x"),
        "secret.pdf",
        "application/pdf",
        "encrypted",
    ),
    "EICAR in a text": (b"hello\n" + sample_files.EICAR, "hello.txt", "text/plain", "pattern:eicar"),
}


@pytest.mark.parametrize(
    ("content", "filename", "media_type", "code"), REJECTED_FILES.values(), ids=REJECTED_FILES.keys()
)
def test_a_rejected_file_cannot_be_read(
    alice: Uploader, content: bytes, filename: str, media_type: str, code: str
) -> None:
    media = wait_until_inspected(alice, upload(alice, content, filename, media_type))
    assert (media["status"], media["rejection"]["code"]) == ("rejected", code)
    assert alice.call("GET", f"/v1/media/{media['id']}/url", expect=409)["code"] == "not_ready"
    listed = alice.stack.aws("s3").list_objects_v2(Bucket=LIBRARY, Prefix="media/")
    assert not [entry for entry in listed.get("Contents", ()) if media["id"] in entry["Key"]]


def test_another_user_sees_nothing(alice: Uploader, stack: DeployedStack) -> None:
    bob = Uploader(stack, "bob")
    media = wait_until_inspected(alice, upload(alice, TEXT, "rock.txt", "text/plain"))
    job_id = start_speech(alice, media["id"])
    for path in (
        f"/v1/media/{media['id']}",
        f"/v1/media/{media['id']}/url",
        f"/v1/speech/{job_id}",
        f"/v1/speech/{job_id}/audio",
    ):
        assert bob.call("GET", path, expect=404)["code"] == "not_found"
    wait_until_finished(alice, job_id)
