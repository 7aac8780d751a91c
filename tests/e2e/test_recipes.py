"""The shell recipes of docs/uploading.md and docs/playing.md, run as they stand there. (tests/browser runs the others.)"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import requests

from localstack.home import ROOT
from tests.support import sample_files
from tests.support.api_uploader import Uploader, scanned_pdf
from tests.support.local_stack import RunningStack, until

DOCUMENTS = "".join((ROOT / "docs" / f"{name}.md").read_text() for name in ("uploading", "playing"))
STORY = (
    b"The harbour light turns slowly over the water. The keeper writes the hour into his book and goes to sleep. " * 6
)
TOOLS = ("bash", "curl", "jq", "openssl", "base64")
# A line that breaks: the second PUT of a part fails. Every PUT is written down.
BREAKING_CURL = """#!/bin/bash
for argument in "$@"; do if [ "$argument" = part ]; then
  echo PUT >> "$PUTS"
  [ "$(wc -l < "$PUTS")" -ne 2 ] || exit 56
fi; done
exec {curl} "$@"
"""

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason=f"the recipes need {', '.join(TOOLS)}"
)


def recipe(name: str) -> str:
    found = re.search(rf"<!-- recipe: {name} -->\n```sh\n(.*?)```", DOCUMENTS, re.DOTALL)
    assert found, f"no page has a recipe {name}"
    return found[1]


@pytest.fixture
def carol(stack: RunningStack) -> Uploader:
    return Uploader(stack, "carol")


def run(name: str, folder: Path, user: Uploader, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", recipe(name)],
        cwd=folder,
        env=os.environ | {"API": user.stack.api, "TOKEN": user.token} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def newest(user: Uploader) -> str:
    return str(user.call("GET", "/v1/media?limit=1")["items"][0]["id"])


@pytest.mark.parametrize("name", ["curl-put", "curl-form"])
def test_one_request(name: str, tmp_path: Path, carol: Uploader) -> None:
    (tmp_path / "book.pdf").write_bytes(sample_files.one_page())
    done = run(name, tmp_path, carol)
    assert done.returncode == 0, done.stderr + done.stdout
    media = carol.settled(newest(carol))
    assert (media["status"], media["filename"]) == ("ready", "book.pdf"), media["rejection"]


def test_parts_go_on_after_a_line_that_broke(tmp_path: Path, carol: Uploader) -> None:
    (tmp_path / "book.pdf").write_bytes(scanned_pdf(12_000_000))
    (tmp_path / "bin").mkdir()
    broken, puts = tmp_path / "bin" / "curl", tmp_path / "puts"
    broken.write_text(BREAKING_CURL.format(curl=shutil.which("curl")))
    broken.chmod(0o755)
    environment = {"PATH": f"{broken.parent}:{os.environ['PATH']}", "PUTS": str(puts)}
    assert run("curl-parts", tmp_path, carol, **environment).returncode == 56
    media_id = (tmp_path / "upload.id").read_text().strip()
    parts = carol.call("GET", f"/v1/uploads/{media_id}")["upload"]["parts"]
    assert [part["etag"] is not None for part in parts] == [True, False, False]
    done = run("curl-parts", tmp_path, carol, **environment)
    assert done.returncode == 0, done.stderr + done.stdout
    assert puts.read_text().count("PUT") == 2 + 2  # one arrived and one broke, then the two that were missing
    assert carol.settled(media_id)["status"] == "ready"


@pytest.fixture
def job_id(carol: Uploader) -> str:
    """A reading that has just been asked for."""
    started = carol.begin(STORY, filename="story.txt", media_type="text/plain")
    requests.put(
        started["upload"]["url"], data=STORY, headers=started["upload"]["headers"], timeout=60
    ).raise_for_status()
    assert carol.settled(started["media"]["id"])["status"] == "ready"
    return str(carol.call("POST", f"/v1/media/{started['media']['id']}/speech", {}, expect=202)["id"])


def test_a_reading_can_be_looked_at_while_it_grows(tmp_path: Path, carol: Uploader, job_id: str) -> None:
    done = run("curl-growing", tmp_path, carol, JOB=job_id)
    assert done.returncode == 0, done.stderr + done.stdout
    assert (tmp_path / "playlist.m3u8").read_text().startswith("#EXTM3U\n")
    assert (tmp_path / "captions.vtt").read_text().startswith("WEBVTT\n")
    assert json.loads(done.stdout)["words"] > 0


def test_a_reading_can_be_taken_along_and_subscribed_to(tmp_path: Path, carol: Uploader, job_id: str) -> None:
    until(lambda: carol.call("GET", f"/v1/speech/{job_id}")["status"] == "done", seconds=60, what="the reading")
    done = run("curl-export", tmp_path, carol, JOB=job_id)
    assert done.returncode == 0, done.stderr + done.stdout
    assert zipfile.ZipFile(tmp_path / "book.epub").namelist()[0] == "mimetype"
    media_id = carol.call("GET", f"/v1/speech/{job_id}")["media_id"]
    shelf = carol.call("POST", "/v1/collections", {"name": f"podcast {job_id}"}, expect=201)["id"]
    carol.call("PUT", f"/v1/collections/{shelf}/media/{media_id}", {})
    done = run("curl-podcast", tmp_path, carol, COLLECTION=shelf)
    assert done.returncode == 0, done.stderr + done.stdout
    assert f"urn:uuid:{job_id}" in (tmp_path / "feed.xml").read_text()
