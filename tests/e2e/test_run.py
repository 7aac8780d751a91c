"""`make run`: its demo, its output, and the addresses that it prints."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest
import requests

from chalicelib.speech.audio import mp3
from localstack.home import ROOT
from localstack.token import token
from tests.support.local_stack import DeployedStack


@pytest.fixture(scope="module")
def output(stack: DeployedStack) -> str:
    """Return the output of `make run`: the demo on the running stack."""
    completed = stack.command("run")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


def test_the_demo_prints_its_steps_in_order(output: str) -> None:
    line = re.compile(r"^ +(\d+\.\d) s +(uploaded|ready|first audio|done|saved)  ", re.MULTILINE)
    steps = line.findall(output)
    assert [name for _, name in steps] == ["uploaded", "ready", "first audio", "done", "saved"]
    times = [float(seconds) for seconds, _ in steps]
    assert times == sorted(times)


def test_the_audio_is_saved_with_the_printed_duration(stack: DeployedStack, output: str) -> None:
    parsed = mp3.parse((stack.home.folder / "sample.mp3").read_bytes())
    (minutes,) = re.findall(r"done +(\d+\.\d) minutes", output)
    assert parsed.duration_ms / 60_000 == pytest.approx(float(minutes), abs=0.06)


def test_the_printed_example_works_as_printed(stack: DeployedStack, output: str) -> None:
    if shutil.which("curl") is None or shutil.which("make") is None:
        pytest.skip("curl and make are not installed here")
    example = "\n".join(line.strip() for line in output.splitlines() if re.match(r"  (TOKEN=|curl )", line))
    run = subprocess.run(
        ["bash", "-ec", example.replace("curl ", "curl --silent --fail ")],
        cwd=ROOT,
        env=os.environ | {"LOCAL_STACK": str(stack.home.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert any(media["filename"] == "sample.pdf" for media in json.loads(run.stdout)["items"])


def test_every_printed_address_responds(output: str) -> None:
    addresses = re.findall(r"^  (?:health|storage) +(\S+)$", output, re.MULTILINE)
    assert len(addresses) == 2
    for address in addresses:
        assert requests.get(address, timeout=30).status_code < 500


def test_the_endpoints_file_has_its_documented_fields(stack: DeployedStack) -> None:
    endpoints = json.loads((stack.home.folder / "endpoints.json").read_text())
    assert set(endpoints) == {"api", "web", "s3", "auth"}
    assert set(endpoints["auth"]) == {"issuer", "client_id"}
    assert requests.get(f"{endpoints['api']}/health/live", timeout=30).status_code == 200


def test_a_token_is_issued_for_the_named_user(stack: DeployedStack) -> None:
    first = subprocess.run(
        ["bash", "-ec", f"{ROOT / '.venv/bin/python'} -m localstack.token carol"],
        cwd=ROOT,
        env=os.environ | {"LOCAL_STACK": str(stack.home.folder)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert len(first) == 1
    for bearer in (first[0], token(stack.home, "carol")):
        assert stack.call("GET", "/v1/media", headers={"Authorization": f"Bearer {bearer}"}).status_code == 200


def test_a_page_in_a_browser_cannot_reset_the_stack(stack: DeployedStack) -> None:
    assert requests.post(f"{stack.url}/_ministack/reset", timeout=30).status_code == 403
    assert stack.call("GET", "/health").status_code == 200
