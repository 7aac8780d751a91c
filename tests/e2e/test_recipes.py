"""The shell recipes of README and four pages of docs, unchanged. tests/browser and test_clients.py run the other recipes."""

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
from tests.support.local_stack import DeployedStack, wait_until

PAGES = ("README.md", "docs/api.md", "docs/e-readers.md", "docs/uploading.md", "docs/playing.md")
DOCUMENTS = "".join((ROOT / name).read_text() for name in PAGES)
STORY = (
    b"The harbour light turns slowly over the water. The keeper writes the hour into his book and goes to sleep. " * 6
)
TOOLS = ("bash", "curl", "jq", "openssl", "base64")
# A broken connection: the second PUT of a part fails. Every PUT is recorded.
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
    match = re.search(rf"<!-- recipe: {name} -->\n```sh\n(.*?)```", DOCUMENTS, re.DOTALL)
    assert match, f"no page has a recipe {name}"
    return match[1]


@pytest.fixture
def carol(stack: DeployedStack) -> Uploader:
    return Uploader(stack, "carol")


def run(names: str | list[str], folder: Path, user: Uploader, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run recipes in one shell, one after another."""
    code = "\n".join(recipe(name) for name in ([names] if isinstance(names, str) else names))
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
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
def test_a_file_is_uploaded_in_one_request(name: str, tmp_path: Path, carol: Uploader) -> None:
    (tmp_path / "book.pdf").write_bytes(sample_files.one_page())
    completed = run(name, tmp_path, carol)
    assert completed.returncode == 0, completed.stderr + completed.stdout
    media = carol.wait_until_inspected(newest(carol))
    assert (media["status"], media["filename"]) == ("ready", "book.pdf"), media["rejection"]
    waited = run("curl-wait", tmp_path, carol)
    assert json.loads(waited.stdout)["status"] == "ready", waited.stderr


def test_the_blocks_of_the_readme_work_when_pasted_one_after_another(stack: DeployedStack, tmp_path: Path) -> None:
    completed = subprocess.run(
        ["bash", "-euo", "pipefail"],
        input="\n".join(recipe(name) for name in ("readme", "first-calls", "readme-account", "readme-erasure")),
        cwd=ROOT,
        env=os.environ | {"LOCAL_STACK": str(stack.home.folder), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr + completed.stdout
    (folder,) = tmp_path.iterdir()
    assert (folder / "recording.mp3").stat().st_size > 1_000_000
    assert json.loads((folder / "marks.json").read_text())["complete"]
    assert '"status":404,"code":"not_found"' in completed.stdout
    assert ".zip?" in completed.stdout
    assert '"path":"/v1/erasures/' in completed.stdout


def test_parts_resume_after_a_broken_connection(tmp_path: Path, carol: Uploader) -> None:
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
    completed = run("curl-parts", tmp_path, carol, **environment)
    assert completed.returncode == 0, completed.stderr + completed.stdout
    assert puts.read_text().count("PUT") == 2 + 2  # one arrived and one broke, then the two that were missing
    assert carol.wait_until_inspected(media_id)["status"] == "ready"


def test_a_key_is_created_and_reads_the_library_and_its_catalogue(tmp_path: Path, carol: Uploader) -> None:
    content = sample_files.one_page()
    started = carol.start_upload(content, filename="book.pdf", media_type="application/pdf")
    requests.put(
        started["upload"]["url"], data=content, headers=started["upload"]["headers"], timeout=60
    ).raise_for_status()
    assert carol.wait_until_inspected(started["media"]["id"])["status"] == "ready"
    environment = {"PAGE": carol.stack.home.endpoints()["web"], "ID": started["media"]["id"]}
    try:
        completed = run(["api-key", "e-reader"], tmp_path, carol, **environment)
    finally:  # a user can have 20 keys
        for key in carol.call("GET", "/v1/api-keys")["items"]:
            carol.call("DELETE", f"/v1/api-keys/{key['id']}", expect=204)
    assert completed.returncode == 0, completed.stderr + completed.stdout
    assert started["media"]["id"] in completed.stdout
    assert "<feed" in completed.stdout
    (book,) = tmp_path.iterdir()
    assert book.read_bytes().startswith(b"%PDF")


@pytest.fixture
def job_id(tmp_path: Path, carol: Uploader) -> str:
    """Create a speech job; return its id."""
    started = carol.start_upload(STORY, filename="story.txt", media_type="text/plain")
    requests.put(
        started["upload"]["url"], data=STORY, headers=started["upload"]["headers"], timeout=60
    ).raise_for_status()
    assert carol.wait_until_inspected(started["media"]["id"])["status"] == "ready"
    completed = run("curl-speech", tmp_path, carol, MEDIA=started["media"]["id"])
    assert completed.returncode == 0, completed.stderr + completed.stdout
    return completed.stdout.strip()


def test_a_growing_recording_can_be_fetched(tmp_path: Path, carol: Uploader, job_id: str) -> None:
    completed = run("curl-growing", tmp_path, carol, JOB=job_id)
    assert completed.returncode == 0, completed.stderr + completed.stdout
    assert (tmp_path / "playlist.m3u8").read_text().startswith("#EXTM3U\n")
    assert (tmp_path / "captions.vtt").read_text().startswith("WEBVTT\n")
    assert json.loads(completed.stdout)["words"] > 0


def test_a_recording_can_be_exported_and_subscribed_to(tmp_path: Path, carol: Uploader, job_id: str) -> None:
    wait_until(lambda: carol.call("GET", f"/v1/speech/{job_id}")["status"] == "done", seconds=60, event="the recording")
    completed = run("curl-export", tmp_path, carol, JOB=job_id)
    assert completed.returncode == 0, completed.stderr + completed.stdout
    assert zipfile.ZipFile(tmp_path / "book.epub").namelist()[0] == "mimetype"
    completed = run("curl-podcast", tmp_path, carol, JOB=job_id)
    assert completed.returncode == 0, completed.stderr + completed.stdout
    assert f"urn:uuid:{job_id}" in (tmp_path / "feed.xml").read_text()
