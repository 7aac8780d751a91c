"""The recipes of docs/clients.md for programs: each uploads a document and has it read aloud."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from localstack.home import ROOT
from tests.support import node_packages
from tests.support.api_uploader import Uploader
from tests.support.local_stack import DeployedStack

CLIENTS = ROOT / "tests" / "clients"
STORY = "The harbour light turns slowly over the water. Naïve café owners count the gulls."
WORDS = len(STORY.split())


def recipe(name: str) -> str:
    match = re.search(rf"<!-- recipe: {name} -->\n```\w+\n(.*?)```", (ROOT / "docs/clients.md").read_text(), re.DOTALL)
    assert match, f"docs/clients.md has no recipe {name}"
    return match[1]


@pytest.fixture
def frank(stack: DeployedStack) -> Uploader:
    return Uploader(stack, "frank")


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "story.txt"
    path.write_text(STORY)
    return path


def run(*command: str | Path, folder: Path, user: Uploader, **environment: str) -> str:
    """Run a command with the API's address and a token, or another one in `environment`; return its output."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    completed = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": programs, "API": user.stack.api, "TOKEN": user.token} | environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr + completed.stdout
    return completed.stdout


def test_the_python_script_saves_a_recording_with_an_api_key(story: Path, frank: Uploader) -> None:
    key = run("bash", "-euo", "pipefail", "-c", f"{recipe('key')} echo $TOKEN", folder=story.parent, user=frank).strip()
    assert key.startswith("vm_")
    (story.parent / "read_aloud.py").write_text(recipe("python"))
    output = run(sys.executable, "read_aloud.py", story.name, folder=story.parent, user=frank, TOKEN=key)
    for listed in frank.call("GET", "/v1/api-keys")["items"]:
        frank.call("DELETE", f"/v1/api-keys/{listed['id']}", expect=204)
    assert output.endswith(f"{WORDS} words\n")
    assert story.with_suffix(".mp3").stat().st_size > 10_000


def test_the_python_script_ends_with_the_reason_of_a_rejection(tmp_path: Path, frank: Uploader) -> None:
    (tmp_path / "drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "read_aloud.py").write_text(recipe("python"))
    completed = subprocess.run(
        [sys.executable, "read_aloud.py", "drawing.svg"],
        cwd=tmp_path,
        env=os.environ | {"API": frank.stack.api, "TOKEN": frank.token},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert completed.returncode == 1
    assert "are not accepted" in completed.stderr
    assert "Traceback" not in completed.stderr


def test_a_generated_python_client_has_a_document_read_aloud(story: Path, frank: Uploader) -> None:
    run("bash", "-euo", "pipefail", "-c", recipe("generate-python"), folder=story.parent, user=frank)
    (story.parent / "read_aloud.py").write_text(recipe("generated-python"))
    assert frank.call("GET", "/openapi.json")["servers"] == [{"url": f"{frank.stack.home.endpoints()['web']}/api"}]
    output = run(sys.executable, "read_aloud.py", story.name, folder=story.parent, user=frank)
    assert output == f"done: {WORDS} words\n"


def test_a_typescript_client_compiles_strictly_and_has_a_document_read_aloud(story: Path, frank: Uploader) -> None:
    """With the default options of openapi-typescript."""
    try:
        node_packages.install(CLIENTS)
    except node_packages.MissingError as error:
        pytest.skip(str(error))
    folder = story.parent
    (folder / "node_modules").symlink_to(CLIENTS / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "client.ts").write_text(recipe("typescript"))
    for name in ("tsconfig.json", "read_aloud.mjs"):
        shutil.copy(CLIENTS / name, folder)
    programs = CLIENTS / "node_modules" / ".bin"
    run(programs / "openapi-typescript", f"{frank.stack.api}/openapi.json", "-o", "api.d.ts", folder=folder, user=frank)
    run(programs / "tsc", folder=folder, user=frank)
    output = run("node", "read_aloud.mjs", frank.stack.api, frank.token, story.name, folder=folder, user=frank)
    result = json.loads(output)
    assert (result["status"], result["words"]) == ("done", WORDS)
    assert {"ready", "done"} <= set(result["states"])
