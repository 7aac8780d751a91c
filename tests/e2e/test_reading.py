"""The main job on the deployed stack: a document goes in, is checked, is read aloud, and the recording comes back.

And what happens when workers are killed in the middle of it: the work ends correctly, and nobody had to help.
"""

from __future__ import annotations

import itertools
import random
import re
import time
from typing import Any

import psutil
import pytest
import requests

from chalicelib.speech import mp3
from tests import books, files, written
from tests.e2e.running import LIBRARY, RunningStack, until
from tests.e2e.uploading import Uploader
from tests.media import DOCX, EPUB

SETTLED = {"ready", "rejected", "expired"}
ENDED = {"done", "partial", "failed", "cancelled"}
TEXT = b"The lighthouse keeper counts the waves. There are always more of them.\n"
REDELIVERED_S = 150  # ingest's message comes back after 105 s


@pytest.fixture(scope="module")
def alice(stack: RunningStack) -> Uploader:
    return Uploader(stack, "alice")


def send(user: Uploader, content: bytes, filename: str, media_type: str) -> str:
    """Upload through the presigned URL; answers the id of the media."""
    started = user.begin(content, filename=filename, media_type=media_type)
    target = started["upload"]
    requests.put(target["url"], data=content, headers=target["headers"], timeout=60).raise_for_status()
    return str(started["media"]["id"])


def status(user: Uploader, media_id: str) -> str:
    return str(user.call("GET", f"/v1/media/{media_id}")["status"])


def inspected(user: Uploader, media_id: str, *, seconds: float = 60) -> Any:
    until(lambda: status(user, media_id) in SETTLED, seconds=seconds, what=f"the verdict on {media_id}")
    return user.call("GET", f"/v1/media/{media_id}")


def read_aloud(user: Uploader, media_id: str) -> str:
    return str(user.call("POST", f"/v1/media/{media_id}/speech", {}, expect=202)["id"])


def ended(user: Uploader, job_id: str, *, seconds: float = 120) -> Any:
    def job() -> Any:
        state = user.call("GET", f"/v1/speech/{job_id}")
        return state if state["status"] in ENDED else None

    return until(job, seconds=seconds, what=f"the end of {job_id}")


def recording(user: Uploader, job_id: str) -> bytes:
    path = f"{user.stack.api}/v1/speech/{job_id}/audio"
    pointed = requests.get(path, headers={"Authorization": f"Bearer {user.token}"}, allow_redirects=False, timeout=30)
    assert pointed.status_code == 302
    answer = requests.get(pointed.headers["Location"], timeout=60)
    assert answer.headers["Content-Type"] == "audio/mpeg"
    return answer.content


def test_a_book_comes_back_as_a_recording_whose_marks_stand_at_their_words(alice: Uploader) -> None:
    media = inspected(alice, send(alice, books.book(24).pdf, "harbour.pdf", "application/pdf"))
    assert (media["status"], media["language"]) == ("ready", "en")
    assert media["page_count"] >= 24
    job = ended(alice, read_aloud(alice, media["id"]))
    assert (job["status"], job["gaps"]) == ("done", [])

    audio = mp3.parse(recording(alice, job["id"]))
    segments = alice.stack.postgres().url("postgres")
    import psycopg

    with psycopg.connect(segments) as connection:
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


WRITTEN = written.document(1, 2)


@pytest.mark.parametrize(("media_type", "filename"), [(EPUB, "harbour.epub"), (DOCX, "harbour.docx")])
def test_books_and_letters_are_read_aloud_as_they_are_shown(media_type: str, filename: str, alice: Uploader) -> None:
    found = inspected(alice, send(alice, WRITTEN.files[media_type], filename, media_type))
    assert (found["status"], found["language"], found["page_count"]) == ("ready", "en", None)
    shown = alice.call("GET", f"/v1/media/{found['id']}/text")
    assert shown["text"] == "\n\n".join(WRITTEN.paragraphs)
    job = ended(alice, read_aloud(alice, found["id"]))
    assert (job["status"], job["gaps"]) == ("done", [])
    assert mp3.parse(recording(alice, job["id"])).duration_ms == job["duration_ms"]
    words = alice.call("GET", f"/v1/speech/{job['id']}/marks")["words"]
    assert [shown["text"][start:end] for _, _, start, end in words] == re.findall(
        r"[^\W_]+(?:[-'’,][^\W_]+)*", shown["text"]
    )


BAD = {
    "a PNG named .pdf": (b"\x89PNG\r\n\x1a\n" + bytes(200), "picture.pdf", "application/pdf", "type_mismatch"),
    "a truncated PDF": (files.one_page()[:300], "half.pdf", "application/pdf", "malformed"),
    "an encrypted PDF": (files.encrypted(files.one_page(), user="x"), "secret.pdf", "application/pdf", "encrypted"),
    "EICAR in a text": (b"hello\n" + files.EICAR, "hello.txt", "text/plain", "pattern:eicar"),
}


@pytest.mark.parametrize(("content", "filename", "media_type", "code"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_ends_rejected_and_nothing_of_it_can_be_read(
    alice: Uploader, content: bytes, filename: str, media_type: str, code: str
) -> None:
    media = inspected(alice, send(alice, content, filename, media_type))
    assert (media["status"], media["rejection"]["code"]) == ("rejected", code)
    assert alice.call("GET", f"/v1/media/{media['id']}/url", expect=409)["code"] == "not_ready"
    listed = alice.stack.aws("s3").list_objects_v2(Bucket=LIBRARY, Prefix="media/")
    assert not [entry for entry in listed.get("Contents", ()) if media["id"] in entry["Key"]]


def test_somebody_else_sees_nothing(alice: Uploader, stack: RunningStack) -> None:
    bob = Uploader(stack, "bob")
    media = inspected(alice, send(alice, TEXT, "rock.txt", "text/plain"))
    job_id = read_aloud(alice, media["id"])
    for path in (
        f"/v1/media/{media['id']}",
        f"/v1/media/{media['id']}/url",
        f"/v1/speech/{job_id}",
        f"/v1/speech/{job_id}/audio",
    ):
        assert bob.call("GET", f"/v1/{path}", expect=404)["code"] == "not_found"
    ended(alice, job_id)


def workers(stack: RunningStack, function: str) -> list[psutil.Process]:
    """The processes that the emulator runs a function in."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except psutil.Error:
            continue
        mine = environment.get("TMPDIR", "").startswith(str(stack.home.folder))
        if mine and environment.get("AWS_LAMBDA_FUNCTION_NAME") == f"visionary-local-{function}":
            found.append(process)
    return found


def kill_while(stack: RunningStack, function: str, busy: Any) -> int:
    """`kill -9` every worker of a function as soon as it is busy; answers how many."""
    until(busy, seconds=60, what=f"work for {function}")
    killed = 0
    for process in workers(stack, function):
        for child in process.children(recursive=True):
            child.kill()
        process.kill()
        killed += 1
    return killed


def test_workers_that_are_killed_in_the_middle_are_replaced_and_the_work_ends(
    alice: Uploader, stack: RunningStack
) -> None:
    spoken = inspected(alice, send(alice, TEXT * 60, "waves.txt", "text/plain"))
    book = books.book(700)
    big = send(alice, book.pdf, "long.pdf", "application/pdf")
    assert kill_while(stack, "ingest", lambda: status(alice, big) == "inspecting") >= 1
    assert status(alice, big) == "inspecting"
    assert alice.call("GET", f"/v1/media/{big}/url", expect=409)["code"] == "not_ready"

    job_id = read_aloud(alice, spoken["id"])
    assert kill_while(stack, "synthesize", lambda: workers(stack, "synthesize")) >= 1
    started = time.monotonic()
    job = ended(alice, job_id, seconds=REDELIVERED_S)
    assert job["status"] == "done"
    assert mp3.parse(recording(alice, job_id)).duration_ms == job["duration_ms"]

    media = inspected(alice, big, seconds=REDELIVERED_S + 60 - (time.monotonic() - started))
    assert (media["status"], media["page_count"]) == ("ready", book.pages)
    incoming = stack.aws("s3").list_object_versions(Bucket=LIBRARY.replace("library", "incoming"), Prefix="uploads/")
    assert not [entry for entry in incoming.get("Versions", ()) if big in entry["Key"]]
