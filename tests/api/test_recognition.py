"""Text recognition of scans: started by itself, cancelled, started again."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.api.client import Api

Json = Any

PAGES = 3  # enough that it is still running when it is cancelled


@pytest.fixture(scope="module")
def scan(alice: Api) -> Json:
    """A ready scan, whose recognition has started by itself."""
    page = Image.new("L", (1240, 1754), 255)
    ImageDraw.Draw(page).text((120, 160), "The lamp is lit, and the keeper stays ashore.", fill=0, font_size=40)
    content = io.BytesIO()
    page.save(content, "PDF", resolution=150, save_all=True, append_images=[page] * (PAGES - 1))
    return alice.upload(content.getvalue(), filename="scan.pdf", media_type="application/pdf")


def test_a_recognition_is_cancelled_and_started_again(alice: Api, scan: Json) -> None:
    path = f"/v1/media/{scan['id']}"
    assert scan["text_status"] == "recognizing"
    alice.expect_problem("POST", f"{path}/recognition", 409, {})
    alice.call("DELETE", f"{path}/recognition", expect=204)
    alice.expect_problem("DELETE", f"{path}/recognition", 404)
    started = alice.call("POST", f"{path}/recognition", {"languages": ["en"]}, expect=202).json()
    assert (started["text_status"], started["recognition"]["pages_total"]) == ("recognizing", PAGES)
    alice.call("DELETE", f"{path}/recognition", expect=204)


def test_only_scans_are_recognized_and_only_in_known_languages(alice: Api, scan: Json, book: Json) -> None:
    alice.expect_problem("POST", f"/v1/media/{book['id']}/recognition", 409, {})
    problem = alice.expect_problem("POST", f"/v1/media/{scan['id']}/recognition", 422, {"languages": ["tlh"]})
    assert "tlh" in problem["detail"]
