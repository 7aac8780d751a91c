"""A demo client: upload a document, have it read aloud, download the audio. Prints a live timeline.

It uses the API over HTTP with a bearer token, nothing else.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import requests

from localstack import sample
from localstack.home import ROOT, Home
from localstack.token import token

USER = "alice"
POLL_S = 0.1
STALLED_S = 150  # without any change of a media or a job: a slow machine is not an error
HTTP_TIMEOUT_S = 30
COMPLETED = {"done", "partial"}
STOPPED = {"failed", "cancelled"}


class DemoError(Exception):
    """A failed step of the demo."""


class Client:
    """One user of one deployment."""

    def __init__(self, api: str, bearer: str) -> None:
        self._api = api
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {bearer}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API; return the response's JSON. Raises DemoError with the problem's sentence."""
        response = self._session.request(method, self._api + path, json=body, timeout=HTTP_TIMEOUT_S)
        if not response.ok:
            raise DemoError(f"{method} {path} returned {response.status_code}: {response.text[:500]}")
        return response.json()

    def upload(self, document: Path) -> str:
        """Upload a PDF; return the id of the media."""
        content = document.read_bytes()
        declaration = {"filename": document.name, "media_type": "application/pdf", "size_bytes": len(content)}
        upload = self.call("POST", "/v1/uploads", declaration)
        target = upload["upload"]
        # Without the session, as the bearer token is for the API only.
        response = requests.put(target["url"], data=content, headers=target["headers"], timeout=HTTP_TIMEOUT_S)
        if not response.ok:
            raise DemoError(f"Storage rejected the upload with {response.status_code}: {response.text[:500]}")
        return str(upload["media"]["id"])

    def wait(self, path: str, is_ready: Any) -> Any:
        """Poll until `is_ready` returns true. Raises DemoError when nothing has changed for STALLED_S."""
        previous, changed_at = None, time.monotonic()
        while True:
            state = self.call("GET", path)
            if is_ready(state):
                return state
            if state != previous:
                previous, changed_at = state, time.monotonic()
            if time.monotonic() > changed_at + STALLED_S:
                raise DemoError(f"{path} is still {state['status']}, unchanged for {STALLED_S:.0f} s: {state}")
            time.sleep(POLL_S)

    def download(self, path: str, target: Path) -> None:
        """Follow a redirect to storage, and save the content."""
        redirect = self._session.get(self._api + path, allow_redirects=False, timeout=HTTP_TIMEOUT_S)
        if redirect.status_code != 302:
            raise DemoError(f"GET {path} returned {redirect.status_code}: {redirect.text[:500]}")
        response = requests.get(redirect.headers["Location"], timeout=HTTP_TIMEOUT_S)
        response.raise_for_status()
        target.write_bytes(response.content)


def run_demo(client: Client, document: Path, audio: Path) -> None:
    """Upload, inspect, synthesize and download; print the time of each step."""
    started = time.monotonic()

    def print_step(name: str, detail: str) -> None:
        print(f"  {time.monotonic() - started:6.1f} s  {name:12} {detail}", flush=True)

    media_id = client.upload(document)
    print_step("uploaded", f"{document.name}, {document.stat().st_size:,} bytes")
    media = client.wait(f"/v1/media/{media_id}", lambda m: m["status"] not in {"pending", "inspecting"})
    if media["status"] != "ready":
        raise DemoError(f"The document is {media['status']}: {media['rejection']}")
    print_step("ready", f"{media['page_count']} pages, {media['word_count']:,} words, inspected")
    job = client.call("POST", f"/v1/media/{media_id}/speech", {})
    path = f"/v1/speech/{job['id']}"
    job = client.wait(path, lambda j: j["progress"]["done"] > 0 or j["status"] in COMPLETED | STOPPED)
    print_step("first audio", f"{job['progress']['done']} of {job['progress']['total']} segments")
    job = client.wait(path, lambda j: j["status"] in COMPLETED | STOPPED)
    if job["status"] not in COMPLETED:
        raise DemoError(f"The speech job {job['status']}: {job['error']}")
    print_step("done", f"{job['duration_ms'] / 60_000:.1f} minutes, voice {job['voice']}")
    client.download(f"{path}/audio", audio)
    print_step("saved", f"{_relative(audio)}, {audio.stat().st_size:,} bytes")


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def main() -> None:
    home = Home.chosen()
    endpoints = home.endpoints()
    print(f"\nDemo with {_relative(sample.TARGET)}:")
    try:
        run_demo(Client(endpoints["api"], token(home, USER)), sample.TARGET, home.folder / "sample.mp3")
    except (DemoError, requests.RequestException) as error:
        raise SystemExit(f"\n{error}") from None
    print(
        f"""
  API      {endpoints["api"]}
  health   {endpoints["api"]}/health
  storage  {endpoints["s3"]}

In another terminal, in this folder:

  TOKEN=$(make -s token USER={USER})
  curl -H "Authorization: Bearer $TOKEN" {endpoints["api"]}/v1/media
"""
    )


if __name__ == "__main__":
    main()
