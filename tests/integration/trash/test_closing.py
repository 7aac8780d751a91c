"""Whatever ends a media or an account closes each way to its contents, and for all of them in the same way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from app import app
from tests.integration.account.test_erasure import erase_account, finish, message_body
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_speech import start
from tests.integration.uploads.test_uploads import TEXT, upload

OPEN = (200, 302)


class Door(NamedTuple):
    """A request that gives or takes contents, with the credential that it is made with."""

    credential: str
    method: str
    path: str


def with_head(*doors: Door) -> tuple[Door, ...]:
    """Return these doors, and those of HEAD that each GET has unless it starts an upload."""
    return (
        *doors,
        *(door._replace(method="HEAD") for door in doors if door.method == "GET" and "/params" not in door.path),
    )


MEDIA = with_head(
    Door("bearer", "GET", "/v1/media/{media}/url"),
    Door("bearer", "GET", "/v1/media/{media}/text"),
    Door("bearer", "GET", "/v1/media/stream/{media}"),
)
RECORDING = with_head(*(
    Door("bearer", "GET", f"/v1/speech/{{job}}/{name}")
    for name in ("audio", "playlist.m3u8", "parts/{part}", "marks", "captions.vtt", "position", "exports/{export}")
))  # fmt: skip
LINKS = {
    "media": tuple(Door("media", door.method, door.path) for door in MEDIA if "/stream/" in door.path),
    "recording": tuple(
        Door("recording", door.method, door.path)
        for door in RECORDING
        if not door.path.endswith(("position", "exports/{export}"))
    ),
}
FEED = with_head(Door("none", "GET", "/v1/podcasts/{podcast}/feed.xml"))
EPISODES = with_head(
    *(
        Door("none", "GET", f"/v1/podcasts/{{podcast}}/episodes/{{job}}{file}")
        for file in ("", "/audio.mp3", "/artwork.jpg")
    )
)
UPLOADS = with_head(
    Door("none", "GET", "/v1/u/{uploads}/s3/params?filename=rock.txt&type=text%2Fplain"),
    Door("none", "POST", "/v1/u/{uploads}/s3/multipart"),
    Door("none", "GET", "/v1/u/{uploads}/s3/multipart/{pending}?key={key}"),
    Door("none", "GET", "/v1/u/{uploads}/s3/multipart/{pending}/1?key={key}"),
    Door("none", "GET", "/v1/u/{uploads}/s3/multipart/{pending}/batch?key={key}&partNumbers=1"),
)
ALL = {*MEDIA, *RECORDING, *LINKS["media"], *LINKS["recording"], *FEED, *EPISODES, *UPLOADS}
ENDINGS = {  # of an upload: they give and take nothing
    ("POST", "/v1/u/{token}/s3/multipart/{upload_id}/complete"),
    ("DELETE", "/v1/u/{token}/s3/multipart/{upload_id}"),
}


class Placeholders(dict[str, str]):
    """Names of placeholders in the routes, by those of the doors."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"

    def __getitem__(self, name: str) -> str:
        return f"{{{super().__getitem__(name)}}}" if name in self else self.__missing__(name)


@dataclass
class Contents:
    """A recorded media with its links, and what each placeholder of a path stands for."""

    platform: Platform
    user: User
    names: dict[str, str]

    def knock(self, door: Door) -> tuple[int, str]:
        """Request a door; return the status and, unless it is open, the error's code."""
        headers = {"Host": "api.example", "Content-Type": "application/json"}
        if door.credential == "bearer":
            headers |= self.user.headers
        elif door.credential != "none":
            headers["Authorization"] = f"Capability {self.names[door.credential + '_link']}"
        body = json.dumps({"filename": "rock.txt", "type": "text/plain"}).encode() if door.method == "POST" else b""
        path = door.path.format(**self.names)
        response = self.platform.client.http.request(door.method, path, headers=headers, body=body)
        if door.method == "HEAD" and response.status_code not in OPEN:  # it has no body
            return response.status_code, self.knock(door._replace(method="GET"))[1]
        return response.status_code, "" if response.status_code in OPEN else problem(response)["code"]


@pytest.fixture
def contents(platform: Platform, alice: User) -> Contents:
    client = platform.client

    def call(method: str, path: str, body: Any = None) -> Any:
        encoded = b"" if body is None else json.dumps(body).encode()
        return client.http.request(method, path, headers=alice.headers, body=encoded).json_body

    media = upload(platform, alice, TEXT)["id"]
    job = start(client, alice, media).json_body["id"]
    platform.run()
    collection = call("POST", "/v1/collections", {"name": "Sea"})["id"]
    call("PUT", f"/v1/collections/{collection}/media/{media}", {})
    export = call("POST", f"/v1/speech/{job}/exports", {"format": "vtt"})["id"]
    platform.run()
    uploads = call("POST", "/v1/uploads/capability")["token"]
    pending = client.http.post(
        f"/v1/u/{uploads}/s3/multipart",
        headers={"Content-Type": "application/json"},
        body=json.dumps({"filename": "rock.txt", "type": "text/plain"}).encode(),
    ).json_body
    playlist = client.http.get(f"/v1/speech/{job}/playlist.m3u8", headers=alice.headers).body.decode()
    return Contents(platform, alice, {
        "media": media, "job": job, "collection": collection, "export": export, "uploads": uploads,
        "pending": pending["uploadId"], "key": pending["key"],
        "part": next(line for line in playlist.splitlines() if line.startswith("parts/")).removeprefix("parts/"),
        "media_link": call("POST", f"/v1/media/{media}/capability")["token"],
        "recording_link": call("POST", f"/v1/speech/{job}/capability")["token"],
        "podcast": call("POST", f"/v1/collections/{collection}/podcast", {})["token"],
    })  # fmt: skip


def request(contents: Contents, method: str, path: str) -> None:
    response = contents.platform.client.http.request(
        method, path.format(**contents.names), headers=contents.user.headers, body=b"{}" if method == "POST" else b""
    )
    assert response.status_code in {200, 204}, response.body


def trash(contents: Contents) -> None:
    request(contents, "DELETE", "/v1/media/{media}")


def restore(contents: Contents) -> None:
    trash(contents)
    request(contents, "POST", "/v1/media/{media}/restore")


def purge(contents: Contents) -> None:
    request(contents, "DELETE", "/v1/media/{media}?permanent=true")


def delete_recording(contents: Contents) -> None:
    request(contents, "DELETE", "/v1/speech/{job}")


def revoke_podcast(contents: Contents) -> None:
    request(contents, "DELETE", "/v1/collections/{collection}/podcast")


def revoke_capabilities(contents: Contents) -> None:
    request(contents, "DELETE", "/v1/account/capabilities")


def request_erasure(contents: Contents) -> None:
    erase_account(contents.platform.client, contents.user)


def delete_account_rows(contents: Contents) -> None:
    erasure = erase_account(contents.platform.client, contents.user)
    assert contents.platform.deliver("run_account_job", [message_body(contents.user, erasure)]) == []


def erase(contents: Contents) -> None:
    finish(contents.platform, contents.user, erase_account(contents.platform.client, contents.user))


def start_anew(contents: Contents) -> None:
    erase(contents)
    upload(contents.platform, contents.user, TEXT)


TRASHED, GONE, ERASING, ENDED = (409, "not_ready"), (404, "not_found"), (409, "account_erasing"), (401, "token_revoked")
AFTER_ERASURE = {
    MEDIA: GONE, RECORDING: GONE, LINKS["media"]: ENDED, LINKS["recording"]: ENDED, FEED: GONE, EPISODES: GONE, UPLOADS: ENDED,
}  # fmt: skip
# What each event closes, and how. All other doors stay open.
CLOSED: dict[Callable[[Contents], None], dict[tuple[Door, ...], tuple[int, str]]] = {
    trash: dict.fromkeys((MEDIA, RECORDING, LINKS["media"], LINKS["recording"]), TRASHED) | {EPISODES: GONE},
    restore: {},
    purge: dict.fromkeys((MEDIA, RECORDING, LINKS["media"], LINKS["recording"], EPISODES), GONE),
    delete_recording: dict.fromkeys((RECORDING, LINKS["recording"], EPISODES), GONE),
    revoke_podcast: dict.fromkeys((FEED, EPISODES), GONE),
    revoke_capabilities: dict.fromkeys((LINKS["media"], LINKS["recording"], UPLOADS), ENDED),
    request_erasure: AFTER_ERASURE | {MEDIA: ERASING, RECORDING: ERASING},
    delete_account_rows: AFTER_ERASURE,
    erase: AFTER_ERASURE,
    start_anew: AFTER_ERASURE,
}


def test_all_doors_are_open_at_first(contents: Contents) -> None:
    assert {door: contents.knock(door) for door in ALL if contents.knock(door)[0] not in OPEN} == {}


@pytest.mark.parametrize("event", CLOSED, ids=lambda event: event.__name__)
def test_an_event_closes_its_doors_and_no_others(contents: Contents, event: Callable[[Contents], None]) -> None:
    event(contents)
    expected = {door: answer for doors, answer in CLOSED[event].items() for door in doors}
    answers = {door: contents.knock(door) for door in ALL}
    assert {door: answer for door, answer in answers.items() if answer[0] not in OPEN} == expected


@pytest.mark.parametrize("event", [delete_account_rows, erase], ids=lambda event: event.__name__)
def test_no_door_creates_an_erased_account_anew(
    contents: Contents, cloud: Cloud, event: Callable[[Contents], None]
) -> None:
    event(contents)
    for door in ALL:
        contents.knock(door)
    assert cloud.owner.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
    assert cloud.owner.execute("SELECT count(*) FROM media").fetchone() == (0,)


def test_a_link_token_of_the_new_account_opens_its_doors(contents: Contents, cloud: Cloud) -> None:
    start_anew(contents)
    cloud.owner.execute(
        "UPDATE erasures SET requested_at = requested_at - interval '15 minutes'"
    )  # the least that it takes
    client = contents.platform.client
    token = client.http.post("/v1/uploads/capability", headers=contents.user.headers).json_body["token"]
    contents.names["uploads"] = token
    assert contents.knock(UPLOADS[0]) == (200, "")


def test_every_route_for_link_tokens_is_one_of_the_doors(contents: Contents) -> None:
    """A new route for players, or with a token in its path, belongs into the lists above."""
    routes = {
        (method, path)
        for path, methods in app.routes.items()
        for method, entry in methods.items()
        if method != "OPTIONS"
        and (
            path.startswith("/v1/u/{token}/")
            or "{podcast}" in path
            or (entry.authorizer is not None and entry.authorizer.name == "authorize_player")
        )
    }
    names = {"media": "media_id", "job": "job_id", "uploads": "token", "pending": "upload_id", "part": "part"}
    doors = {
        (door.method, door.path.partition("?")[0].replace("}/1", "}/{part_number}").format_map(Placeholders(names)))
        for door in ALL
    }
    assert routes - doors == ENDINGS
    assert contents
