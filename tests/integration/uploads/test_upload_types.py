"""What clients are told about accepted files, and whether it is true."""

import json
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.inspection import types
from tests.integration.conftest import User


def get_types(client: Client) -> dict[str, Any]:
    response = client.http.get("/v1/upload-types")
    assert response.status_code == 200, response.body
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    body: dict[str, Any] = response.json_body
    return body


def start(client: Client, user: User, filename: str, media_type: str, size_bytes: int = 100) -> Any:
    body = {"filename": filename, "media_type": media_type, "size_bytes": size_bytes}
    return client.http.post("/v1/uploads", headers=user.headers, body=json.dumps(body).encode())


def test_everyone_may_read_which_files_are_accepted(client: Client) -> None:
    upload_types = get_types(client)
    assert [item["media_type"] for item in upload_types["items"]] == list(types.ACCEPTED_TYPES)
    pdf = upload_types["items"][0]
    assert pdf == {
        "media_type": "application/pdf",
        "label": "a PDF",
        "extensions": [".pdf"],
        "aliases": ["application/x-pdf", "application/acrobat"],
        "has_text": True,
    }
    assert {".pdf", ".m4b", ".jfif", ".markdown", "audio/mpeg"} <= set(upload_types["accept"].split(","))


def test_every_ending_that_is_listed_is_accepted_without_a_type(client: Client, alice: User) -> None:
    endings = [ending for item in get_types(client)["items"] for ending in item["extensions"]]
    statuses = {ending: start(client, alice, f"a{ending}", "").status_code for ending in endings}
    assert set(statuses.values()) == {201}, statuses


def test_the_limits_that_are_listed_are_those_that_hold(client: Client, alice: User) -> None:
    limits = get_types(client)
    size, characters = limits["max_file_bytes"], limits["max_filename_characters"]
    assert start(client, alice, "a.pdf", "", size).status_code == 201
    assert start(client, alice, "a.pdf", "", size + 1).status_code == 413
    assert start(client, alice, "a" * (characters - 4) + ".pdf", "").status_code == 201
    assert start(client, alice, "a" * (characters - 3) + ".pdf", "").status_code == 422


@pytest.mark.parametrize(
    ("filename", "media_type"),
    [
        ("book.m4b", "audio/x-m4b"),
        ("book.m4b", ""),
        ("notes.markdown", ""),
        ("notes.md", "text/plain"),
        ("p.jfif", "image/jpeg"),
        ("p.jfif", ""),
        ("a.jpg", "image/jpg"),
        ("a.pdf", "application/octet-stream"),
        ("README", "text/plain"),
    ],
)
def test_a_type_that_browsers_send_is_accepted(client: Client, alice: User, filename: str, media_type: str) -> None:
    assert start(client, alice, filename, media_type).status_code == 201


def test_an_ending_that_is_not_accepted_is_named(client: Client, alice: User) -> None:
    for media_type in ("", "application/octet-stream", "chemical/x-xyz"):
        refused = start(client, alice, "unknown-type.xyz", media_type)
        assert (refused.status_code, refused.json_body["code"]) == (415, "type_not_allowed")
        assert (
            "with the ending “.xyz” are not accepted. Accepted are files with the endings"
            in refused.json_body["detail"]
        )
        assert "“”" not in refused.json_body["detail"]
