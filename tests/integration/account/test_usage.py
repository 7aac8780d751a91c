"""An account's usage and limits."""

from typing import Any

from chalice.test import Client

from tests.integration.conftest import Platform, User
from tests.integration.speech.test_speech import start as ask_for_speech
from tests.integration.uploads.test_uploads import TEXT, start, upload


def get_account(client: Client, user: User) -> dict[str, Any]:
    response: dict[str, Any] = client.http.get("/v1/account", headers=user.headers).json_body
    return response


def test_a_new_account_is_empty_and_has_limits(client: Client, alice: User) -> None:
    response = get_account(client, alice)
    usage = response["usage"]
    assert (response["id"], response["created_at"]) == (str(alice.id), None)
    assert (usage["stored_bytes"], usage["stored_items"], usage["collections"]) == (0, 0, 0)
    assert set(usage["media"].values()) == {0}
    limits = {"file_bytes": 104_857_600, "speech_requests_per_minute": 10, "page_rows": 100, "pdf_pages": 2_000,
                "speech_characters_per_job": 5_000_000, "upload_url_valid_s": 900, "trash_days": 30}  # fmt: skip
    assert response["limits"].items() >= limits.items()


def test_usage_counts_the_owners_content_only(platform: Platform, alice: User, bob: User) -> None:
    media = upload(platform, alice, TEXT)
    upload(platform, alice, b"\x00\x01" * 50)
    start(platform.client, alice, TEXT)
    upload(platform, bob, TEXT)
    platform.client.http.post("/v1/collections", headers=alice.headers, body=b'{"name":"Sea"}')
    ask_for_speech(platform.client, alice, media["id"], end=19)
    usage = get_account(platform.client, alice)["usage"]
    assert (usage["stored_bytes"], usage["stored_items"]) == (2 * len(TEXT), 2)
    assert {status: number for status, number in usage["media"].items() if number} == {
        "ready": 1, "rejected": 1, "pending": 1,
    }  # fmt: skip
    assert (usage["collections"], usage["speech_jobs"], usage["speech_jobs_unfinished"]) == (1, 1, 1)
    platform.run()
    usage = get_account(platform.client, alice)["usage"]
    assert (usage["speech_jobs_unfinished"], usage["spoken_characters"]) == (0, 19)
