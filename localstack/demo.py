"""The main job, as a client does it: upload a document, have it read aloud, take the audio. With a live time line.

It knows the API over HTTP and a bearer token, nothing else.
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
TIMEOUT_S = 150
HTTP_TIMEOUT_S = 30
SPOKEN = {"done", "partial"}
STOPPED = {"failed", "cancelled"}


class DemoError(Exception):
    """The main job did not end well."""


class Client:
    """One user of one deployment."""

    def __init__(self, api: str, bearer: str) -> None:
        self._api = api
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {bearer}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON. Raises DemoError with the problem's sentence."""
        answer = self._session.request(method, self._api + path, json=body, timeout=HTTP_TIMEOUT_S)
        if not answer.ok:
            raise DemoError(f"{method} {path} was answered with {answer.status_code}: {answer.text[:500]}")
        return answer.json()

    def upload(self, document: Path) -> str:
        """Send a PDF in; answers the id of the media."""
        content = document.read_bytes()
        declared = {"filename": document.name, "media_type": "application/pdf", "size_bytes": len(content)}
        started = self.call("POST", "/v1/uploads", declared)
        target = started["upload"]
        # Not with the session: the bearer token is for the API only.
        sent = requests.put(target["url"], data=content, headers=target["headers"], timeout=HTTP_TIMEOUT_S)
        if not sent.ok:
            raise DemoError(f"Storage refused the upload with {sent.status_code}: {sent.text[:500]}")
        return str(started["media"]["id"])

    def wait(self, path: str, ready: Any, seconds: float = TIMEOUT_S) -> Any:
        """Ask until `ready` says so. Raises DemoError when it takes too long."""
        deadline = time.monotonic() + seconds
        while True:
            state = self.call("GET", path)
            if ready(state):
                return state
            if time.monotonic() > deadline:
                raise DemoError(f"{path} is still {state['status']} after {seconds:.0f} s: {state}")
            time.sleep(POLL_S)

    def download(self, path: str, target: Path) -> None:
        """Follow a redirect to storage and keep the bytes."""
        pointed = self._session.get(self._api + path, allow_redirects=False, timeout=HTTP_TIMEOUT_S)
        if pointed.status_code != 302:
            raise DemoError(f"GET {path} was answered with {pointed.status_code}: {pointed.text[:500]}")
        answer = requests.get(pointed.headers["Location"], timeout=HTTP_TIMEOUT_S)
        answer.raise_for_status()
        target.write_bytes(answer.content)


def main_job(client: Client, document: Path, audio: Path) -> None:
    """Upload, wait, speech, download; prints when each thing was there."""
    started = time.monotonic()

    def there(what: str, detail: str) -> None:
        print(f"  {time.monotonic() - started:6.1f} s  {what:12} {detail}", flush=True)

    media_id = client.upload(document)
    there("uploaded", f"{document.name}, {document.stat().st_size:,} bytes")
    media = client.wait(f"/v1/media/{media_id}", lambda m: m["status"] not in {"pending", "inspecting"})
    if media["status"] != "ready":
        raise DemoError(f"The document is {media['status']}: {media['rejection']}")
    there("ready", f"{media['page_count']} pages, {media['word_count']:,} words, checked")
    job = client.call("POST", f"/v1/media/{media_id}/speech", {})
    path = f"/v1/speech/{job['id']}"
    job = client.wait(path, lambda j: j["progress"]["done"] > 0 or j["status"] in SPOKEN | STOPPED)
    there("first audio", f"{job['progress']['done']} of {job['progress']['total']} segments")
    job = client.wait(path, lambda j: j["status"] in SPOKEN | STOPPED)
    if job["status"] not in SPOKEN:
        raise DemoError(f"The reading {job['status']}: {job['error']}")
    there("done", f"{job['duration_ms'] / 60_000:.1f} minutes, voice {job['voice']}")
    client.download(f"{path}/audio", audio)
    there("saved", f"{_shown(audio)}, {audio.stat().st_size:,} bytes")


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def main() -> None:
    home = Home.chosen()
    endpoints = home.endpoints()
    print(f"\nThe main job, with {_shown(sample.TARGET)}:")
    try:
        main_job(Client(endpoints["api"], token(home, USER)), sample.TARGET, home.folder / "sample.mp3")
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
