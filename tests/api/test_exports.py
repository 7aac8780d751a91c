"""Taking a reading along."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
import requests

from tests.api.client import Api

Json = Any


@pytest.mark.parametrize("kind", ["mp3", "zip", "epub", "vtt"])
def test_a_reading_can_be_taken_along(alice: Api, reading: Json, kind: str) -> None:
    path = f"/v1/speech/{reading['id']}/exports"
    begun = alice.call("POST", path, {"format": kind}, expect=202)
    export = alice.until(begun.headers["Location"], lambda export: export["status"] in {"done", "failed"})
    assert (export["status"], export["error"]) == ("done", None)
    content = requests.get(export["url"], timeout=60).content
    assert len(content) == export["size_bytes"]
    if kind in {"zip", "epub"}:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            assert opened.testzip() is None
            assert len(opened.namelist()) == (1 if kind == "zip" else 8)
    assert export["id"] in [each["id"] for each in alice.get(path, limit=100)["items"]]
    alice.call("DELETE", begun.headers["Location"], expect=204)
    alice.refused("GET", begun.headers["Location"], 404)


def test_a_format_that_is_not_known_is_refused(alice: Api, reading: Json) -> None:
    alice.refused("POST", f"/v1/speech/{reading['id']}/exports", 422, {"format": "wav"})
