"""Exports of a recording."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
import requests

from tests.api.client import Api

Json = Any


@pytest.mark.parametrize("kind", ["mp3", "zip", "epub", "vtt"])
def test_a_recording_can_be_exported(alice: Api, recording: Json, kind: str) -> None:
    path = f"/v1/speech/{recording['id']}/exports"
    started = alice.call("POST", path, {"format": kind}, expect=202)
    export = alice.wait_for(started.headers["Location"], lambda export: export["status"] in {"done", "failed"})
    assert (export["status"], export["error"]) == ("done", None)
    content = requests.get(export["url"], timeout=60).content
    assert len(content) == export["size_bytes"]
    if kind in {"zip", "epub"}:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            assert opened.testzip() is None
            assert len(opened.namelist()) == (2 if kind == "zip" else 9)
    assert export["id"] in [item["id"] for item in alice.get(path, limit=100)["items"]]
    alice.call("DELETE", started.headers["Location"], expect=204)
    alice.expect_problem("GET", started.headers["Location"], 404)


def test_an_unknown_format_is_rejected(alice: Api, recording: Json) -> None:
    alice.expect_problem("POST", f"/v1/speech/{recording['id']}/exports", 422, {"format": "wav"})
