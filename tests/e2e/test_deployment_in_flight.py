"""A deployment of changed code while uploads arrive and recordings are spoken: nothing is lost, and nothing is paid for twice.

Every function starts anew in it, which takes minutes beside other tests: `make test-survival`.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chalicelib.speech.audio import mp3
from tests.conftest import start_stack
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.support import pdf_books
from tests.support.api_listener import (
    download_recording,
    start_speech,
    upload,
    wait_until_finished,
    wait_until_inspected,
)
from tests.support.api_uploader import Uploader
from tests.support.deployer import Deployer, copy_project
from tests.support.local_stack import DeployedStack, wait_until

READERS = ("anna", "bela", "cleo")
CHARACTERS = 20_000  # about 20 segments a reader
SLOTS = 2  # so that recordings last longer than the deployment
TIMEOUT_S = 240

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeSpeechify]:
    with FakeSpeechify(first_byte_s=1.0) as fake:
        yield fake


@pytest.fixture(scope="module")
def stack(provider: FakeSpeechify) -> Iterator[DeployedStack]:
    yield from start_stack(
        SPEECHIFY_API_URL=provider.url,
        SPEECHIFY_API_KEY=speechify.API_KEY,
        TTS_PROVIDERS="speechify",
        TTS_FALLBACK_ENABLED="false",
        SPEECH_CHECKS="false",  # the fakes send tones
        TTS_CONCURRENCY=f"speechify={SLOTS}",
    )


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Return a copy of the project whose code differs in every function."""
    project = copy_project(tmp_path / "release")
    module = project / "chalicelib/platform/config.py"
    module.write_text(module.read_text() + "\nRELEASE = 2\n")
    return project


def prose(reader: str, characters: int) -> bytes:
    """Return a text in which every sentence names the reader, so that no two readers share a segment."""
    source, sentences = random.Random(reader), list[str]()  # noqa: S311 - prose
    while sum(map(len, sentences)) < characters:
        sentences.append(f"{reader}: {pdf_books.prose(1, source)}")
    return " ".join(sentences).encode()


def paid(provider: FakeSpeechify) -> Counter[str]:
    """Count the paid calls of each text."""
    return Counter(call.body["input"] for call in provider.calls if call.billed_characters)


def test_a_deployment_in_the_middle_of_uploads_and_recordings_loses_nothing(
    stack: DeployedStack, provider: FakeSpeechify, release: Path
) -> None:
    users = [Uploader(stack, reader) for reader in READERS]
    media = [
        upload(user, prose(user_name, CHARACTERS), "book.txt", "text/plain")
        for user, user_name in zip(users, READERS, strict=True)
    ]
    for user, media_id in zip(users, media, strict=True):
        assert wait_until_inspected(user, media_id)["status"] == "ready"
    jobs = [start_speech(user, media_id) for user, media_id in zip(users, media, strict=True)]
    wait_until(lambda: len(paid(provider)) > SLOTS, event="the first segments")

    deployer, is_deployed = Deployer(stack), threading.Event()
    before = deployer.version()
    uploaded: list[str] = []

    def keep_uploading() -> None:
        while not is_deployed.wait(0.5):  # a reader's pace, within the limits of requests
            uploaded.append(upload(users[0], prose(f"note {len(uploaded)}", 2_000), "note.txt", "text/plain"))

    with ThreadPoolExecutor(1) as uploads:
        uploading = uploads.submit(keep_uploading)
        try:
            assert deployer.steps(project=release)["functions"] == "updated"
        finally:
            is_deployed.set()
        uploading.result()
    paid_at_the_end_of_the_deployment = paid(provider).total()
    assert deployer.version() != before

    finished = [wait_until_finished(user, job, seconds=TIMEOUT_S) for user, job in zip(users, jobs, strict=True)]
    assert [(job["status"], job["gaps"]) for job in finished] == [("done", [])] * len(READERS)
    assert paid_at_the_end_of_the_deployment < paid(provider).total(), "the deployment came too late"
    for user, job in zip(users, finished, strict=True):
        assert mp3.parse(download_recording(user, job["id"])).duration_ms == job["duration_ms"]
    assert set(paid(provider).values()) == {1}, "a segment was paid for twice"
    assert uploaded
    assert {wait_until_inspected(users[0], media_id)["status"] for media_id in uploaded} == {"ready"}
    assert stack.message_count("dead") == 0
