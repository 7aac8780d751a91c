"""The activity of an account: what each event of the audit trail was about, and which collections have a feed."""

from typing import Any
from uuid import uuid4

from chalice.test import Client

from tests.integration.conftest import Cloud, User
from tests.support.media_rows import create_collection, insert_media, request


def activity(client: Client, user: User) -> list[tuple[str, str | None]]:
    items: list[dict[str, Any]] = request(client, user, "GET", "/v1/account/audit").json_body["items"]
    return [(item["action"], item["subject_name"]) for item in items]


def test_events_name_their_subjects_as_they_are_called_now(
    client: Client, cloud: Cloud, alice: User, bob: User
) -> None:
    media_id = insert_media(cloud, alice, title="First")
    request(client, alice, "PATCH", f"/v1/media/{media_id}", {"title": "The Waves"})
    create_collection(client, alice, "Shelf")
    request(client, alice, "DELETE", f"/v1/media/{media_id}")
    assert activity(client, alice) == [
        ("media.trashed", "The Waves"), ("collection.created", "Shelf"), ("media.changed", "The Waves")
    ]  # fmt: skip
    request(client, alice, "DELETE", f"/v1/media/{media_id}?permanent=true")
    assert [name for action, name in activity(client, alice) if action.startswith("media.")] == [None, None, None]
    assert activity(client, bob) == []


def test_a_recording_is_named_after_its_document(client: Client, cloud: Cloud, alice: User) -> None:
    media_id, job_id = insert_media(cloud, alice, title="The Waves"), uuid4()
    cloud.owner.execute(
        """INSERT INTO speech_jobs (id, owner_id, media_id, voice, language, text_start, text_end, status, finished_at)
           VALUES (%s, %s, %s, 'espeak:en', 'en', 0, 150, 'done', now())""",
        [job_id, alice.id, media_id],
    )
    assert request(client, alice, "DELETE", f"/v1/speech/{job_id}").status_code == 204
    (action, name), *_ = activity(client, alice)
    assert (action, name) == ("speech.deleted", None)


def test_a_webhook_is_named_after_its_server_without_the_rest_of_its_address(
    client: Client, alice: User, bob: User
) -> None:
    body = {"url": "https://example.com/a-secret-path?key=1", "events": ["media.ready"]}
    webhook = request(client, alice, "POST", "/v1/webhooks", body).json_body
    assert activity(client, alice) == [("webhook.created", "example.com")]
    assert request(client, alice, "DELETE", f"/v1/webhooks/{webhook['id']}").status_code == 204
    assert activity(client, alice) == [("webhook.deleted", None), ("webhook.created", None)]
    assert activity(client, bob) == []


def test_collections_with_a_feed_are_listed(client: Client, alice: User, bob: User) -> None:
    first, second, _ = (create_collection(client, alice, name) for name in ("First", "Second", "Third"))
    for shelf in (first, second):
        assert request(client, alice, "POST", f"/v1/collections/{shelf}/podcast").status_code == 201
    page = request(client, alice, "GET", "/v1/podcasts?limit=1").json_body
    rest = request(client, alice, "GET", f"/v1/podcasts?limit=1&cursor={page['next_cursor']}").json_body
    assert [item["collection_id"] for item in (*page["items"], *rest["items"])] == [second, first]
    assert rest["next_cursor"] is None
    assert request(client, bob, "GET", "/v1/podcasts").json_body["items"] == []
    request(client, alice, "DELETE", f"/v1/collections/{first}/podcast")
    left = request(client, alice, "GET", "/v1/podcasts").json_body["items"]
    assert [item["collection_id"] for item in left] == [second]
