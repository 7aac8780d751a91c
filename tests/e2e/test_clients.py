"""The recipes of docs/clients.md for programs, each of which has a document read aloud, and the receivers of docs/webhooks.md."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from localstack.home import ROOT
from tests.support import node_packages
from tests.support.api_uploader import Uploader
from tests.support.local_stack import DeployedStack, wait_until

CLIENTS = ROOT / "tests" / "clients"
STORY = "The harbour light turns slowly over the water. Naïve café owners count the gulls."
WORDS = len(STORY.split())


def recipe(name: str) -> str:
    pages = "".join((ROOT / page).read_text() for page in ("docs/clients.md", "docs/webhooks.md"))
    match = re.search(rf"<!-- recipe: {name} -->\n```\w+\n(.*?)```", pages, re.DOTALL)
    assert match, f"no page has a recipe {name}"
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


@pytest.mark.parametrize(
    ("name", "program"), [("receiver-python", sys.executable), ("receiver-node", "node")], ids=["python", "node"]
)
def test_a_receiver_of_webhooks_takes_a_signed_message_and_no_other(
    name: str, program: str, tmp_path: Path, frank: Uploader
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    create = recipe("webhook").replace("https://example.com/hooks/visionary", url)
    webhook = json.loads(run("bash", "-euo", "pipefail", "-c", create, folder=tmp_path, user=frank))
    (tmp_path / "receiver.mjs").write_text(recipe(name))
    environment = {"WEBHOOK_SECRET": webhook["secret"], "PORT": url.rpartition(":")[2]}
    with subprocess.Popen(
        [program, "receiver.mjs"], cwd=tmp_path, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    ) as receiver:
        try:
            forged = {"webhook-id": "msg_1", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,AAAA"}
            assert wait_until(lambda: status_of(url, forged), seconds=30, event="the receiver") == 400
            frank.call("POST", f"/v1/webhooks/{webhook['id']}/ping", expect=202)
            assert receiver.stdout is not None
            assert re.match(r"\S+ ping \{", receiver.stdout.readline())
        finally:
            receiver.kill()
            frank.call("DELETE", f"/v1/webhooks/{webhook['id']}", expect=204)


def status_of(url: str, headers: dict[str, str]) -> int | None:
    """Return the status of an empty message; None while nothing listens."""
    try:
        return requests.post(url, b"{}", headers=headers, timeout=10).status_code
    except requests.ConnectionError:
        return None
