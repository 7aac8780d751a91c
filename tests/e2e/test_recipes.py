"""The shell recipes of docs/uploading.md, run as they stand there. (Those for browsers run in tests/browser.)"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from localstack.home import ROOT
from tests import files
from tests.e2e.running import RunningStack
from tests.e2e.uploading import Uploader, scanned_pdf

DOCUMENT = (ROOT / "docs" / "uploading.md").read_text()
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
    found = re.search(rf"<!-- recipe: {name} -->\n```sh\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found, f"docs/uploading.md has no recipe {name}"
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
    (tmp_path / "book.pdf").write_bytes(files.one_page())
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
