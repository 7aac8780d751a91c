"""API keys: programs act as their owner with them, within scopes, until they expire or are deleted."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from chalice.local import LambdaContext
from chalice.test import Client, HTTPResponse

from app import app
from chalicelib.api import api_key_authentication
from chalicelib.api.authorizer import authorize_player_request, authorize_request
from chalicelib.api.openapi.route import Route, routes_of
from chalicelib.audit import failed_logins
from chalicelib.auth import api_key_proof, api_keys
from chalicelib.auth.api_keys import MAX_KEYS, Scope
from chalicelib.platform import caller, config
from chalicelib.platform.errors import UnauthorizedError
from tests.integration.account.test_erasure import erase_account, finish
from tests.integration.account.test_link_tokens import ENDED, OPEN, issue, knock
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.exports.test_account_exports import open_archive, request_export, rows, verified_files
from tests.support.media_rows import insert_media, request

ALL = [scope.value for scope in Scope]
READ = [Scope.MEDIA_READ.value]
NO_ID = "0192a0b0-0000-7000-8000-00000000dead"


@dataclass(frozen=True)
class Key:
    id: str
    text: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}", "Content-Type": "application/json"}


def create(client: Client, user: User, scopes: list[str] = ALL, name: str = "Program", **values: Any) -> Key:
    response = request(client, user, "POST", "/v1/api-keys", {"name": name, "scopes": scopes, **values})
    assert response.status_code == 201, response.body
    return Key(response.json_body["id"], response.json_body["key"])


def call(client: Client, key: Key, method: str, path: str, body: Any = None) -> HTTPResponse:
    content = b"" if body is None else json.dumps(body).encode()
    return client.http.request(method, path, headers=key.headers, body=content)


def status(client: Client, key: Key) -> int:
    return int(call(client, key, "GET", "/v1/media").status_code)


def test_a_key_acts_as_its_owner_and_is_shown_once(client: Client, cloud: Cloud, alice: User, bob: User) -> None:
    of_alice, of_bob = insert_media(cloud, alice), insert_media(cloud, bob)
    response = request(client, alice, "POST", "/v1/api-keys", {"name": " Shelf  sync ", "scopes": ["media:read"] * 2})
    created = response.json_body
    assert response.headers["Location"] == f"/v1/api-keys/{created['id']}"
    key = Key(created["id"], created.pop("key"))
    assert created | {"id": 0, "created_at": 0} == {
        "id": 0, "created_at": 0, "name": "Shelf sync", "scopes": READ, "last_four": key.text[-4:], "expires_at": None,
        "last_used_at": None,
    }  # fmt: skip
    assert [item["id"] for item in call(client, key, "GET", "/v1/media").json_body["items"]] == [of_alice]
    assert call(client, key, "GET", f"/v1/media/{of_bob}").status_code == 404

    assert request(client, bob, "GET", f"/v1/api-keys/{key.id}").status_code == 404
    assert request(client, bob, "DELETE", f"/v1/api-keys/{key.id}").status_code == 404
    assert request(client, bob, "GET", "/v1/api-keys").json_body["items"] == []
    (listed,) = request(client, alice, "GET", "/v1/api-keys").json_body["items"]
    assert listed == request(client, alice, "GET", f"/v1/api-keys/{key.id}").json_body
    assert "key" not in listed
    assert listed["last_used_at"] is not None
    stored = cloud.owner.execute("SELECT api_keys::text FROM api_keys").fetchone()
    assert stored is not None
    secret = base64.urlsafe_b64decode(key.text[3:])[16:41]
    assert key.text not in stored[0]
    assert secret.hex() not in stored[0]


def test_a_deleted_key_opens_nothing_from_then_on_though_the_gateway_still_lets_it_through(
    client: Client, alice: User, bob: User
) -> None:
    first, second, of_bob = (
        create(client, alice, READ), create(client, alice, READ), create(client, bob, READ)
    )  # fmt: skip
    assert [status(client, key) for key in (first, second, of_bob)] == [200, 200, 200]
    assert request(client, alice, "DELETE", f"/v1/api-keys/{first.id}").status_code == 204
    assert [status(client, key) for key in (first, second, of_bob)] == [401, 200, 200]
    refused = call(client, first, "GET", "/v1/media")
    assert problem(refused)["code"] == "unauthorized"
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_the_authorizer_passes_on_a_well_formed_key_and_proves_nothing(cloud: Cloud, alice: User) -> None:
    """The principal is no UUID: a route that forgets the proof fails instead of trusting the claim."""
    assert cloud
    for entry in (authorize_request, authorize_player_request):
        text = api_keys.generate(alice.id)
        event = {"methodArn": "arn:aws:execute-api:eu-west-1:1:api/api/GET/v1/media"}
        allowed = entry(event | {"headers": {"Authorization": f"Bearer {text}"}}, LambdaContext("authorize", 512))
        assert (allowed["principalId"], allowed["context"]["actor"]) == (f"api-key:{alice.id}", "api_key")
        with pytest.raises(ValueError, match="badly formed"):
            UUID(allowed["principalId"])
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            entry(event | {"headers": {"Authorization": f"Bearer {text[:-1]}A"}}, LambdaContext("authorize", 512))


def test_unknown_and_malformed_keys_are_failed_sign_ins(client: Client, cloud: Cloud, alice: User) -> None:
    create(client, alice)
    unknown = Key("", api_keys.generate(alice.id))
    assert status(client, unknown) == 401
    (message,) = cloud.messages("account")
    assert "API key" in json.loads(message["Body"])["reason"]
    failed_logins._limiter.cache_clear()
    with pytest.raises(Exception, match=r"^Unauthorized$"):  # of which the gateway makes a 401
        status(client, Key("", unknown.text[:-1]))
    (message,) = cloud.messages("account")
    assert "API key" in json.loads(message["Body"])["reason"]


def test_unknown_keys_do_not_use_up_the_requests_of_the_owner_whom_they_claim(
    client: Client, cloud: Cloud, alice: User
) -> None:
    for _ in range(3):
        assert status(client, Key("", api_keys.generate(alice.id))) == 401
    assert cloud.owner.execute("SELECT count(*) FROM rate_limits").fetchone() == (0,)


def test_a_key_ends_when_it_expires_and_leaves_the_list_later(
    client: Client, cloud: Cloud, alice: User, bob: User, sweeping: Sweeping
) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    key, lasting = create(client, alice, READ, expires_at=soon), create(client, bob, READ)
    assert status(client, key) == 200
    cloud.owner.execute("UPDATE api_keys SET expires_at = now() - interval '29 days' WHERE id = %s", [key.id])
    assert status(client, key) == 401
    with sweeping():
        assert api_key_proof.delete_old(limit=100) == 0
    assert [item["id"] for item in request(client, alice, "GET", "/v1/api-keys").json_body["items"]] == [key.id]
    cloud.owner.execute("UPDATE api_keys SET expires_at = now() - interval '31 days' WHERE id = %s", [key.id])
    with sweeping():
        assert api_key_proof.delete_old(limit=100) == 1
    assert request(client, alice, "GET", "/v1/api-keys").json_body["items"] == []
    assert status(client, lasting) == 200


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00"}, "expires_at"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["media:delete"]}, "scopes"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"key": "vm_mine"}, "key"),
    ],
)
def test_invalid_keys_are_refused_with_the_field(client: Client, alice: User, values: Any, field: str) -> None:
    body = {"name": "Program", "scopes": READ, **values}
    refused = request(client, alice, "POST", "/v1/api-keys", body)
    assert refused.status_code == 422
    assert field in problem(refused)["errors"][0]["field"]


def test_an_owner_has_at_most_twenty_keys(client: Client, alice: User, bob: User) -> None:
    assert request(client, alice, "GET", "/v1/account").json_body["limits"]["api_keys"] == MAX_KEYS == 20
    keys = [create(client, alice) for _ in range(MAX_KEYS)]
    beyond = request(client, alice, "POST", "/v1/api-keys", {"name": "x", "scopes": READ})
    assert (beyond.status_code, problem(beyond)["code"]) == (409, "limit_reached")
    create(client, bob)
    assert request(client, alice, "DELETE", f"/v1/api-keys/{keys[0].id}").status_code == 204
    create(client, alice)
    first = request(client, alice, "GET", "/v1/api-keys?limit=15").json_body
    second = request(client, alice, "GET", f"/v1/api-keys?limit=15&cursor={first['next_cursor']}").json_body
    assert len({item["id"] for item in (*first["items"], *second["items"])}) == MAX_KEYS


def test_the_last_use_is_written_once_a_minute(client: Client, cloud: Cloud, alice: User) -> None:
    key = create(client, alice, READ)

    def last_use() -> datetime:
        last: str = request(client, alice, "GET", f"/v1/api-keys/{key.id}").json_body["last_used_at"]
        return datetime.fromisoformat(last)

    assert status(client, key) == 200
    first = last_use()
    assert status(client, key) == 200
    assert last_use() == first
    cloud.owner.execute("UPDATE api_keys SET last_used_at = last_used_at - interval '1 minute'")
    assert status(client, key) == 200
    assert last_use() > first


def test_each_key_has_a_limit_of_its_own(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_RATE_LIMIT", "1")
    config.settings.cache_clear()
    greedy = create(client, alice, READ)
    answers = [call(client, greedy, "GET", "/v1/media") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert '"API key";q=5;w=10' in answers[0].headers["RateLimit-Policy"]
    assert int(answers[5].headers["Retry-After"]) >= 1
    assert request(client, alice, "GET", "/v1/media").status_code == 200


def test_what_a_key_does_is_in_the_trail_under_its_name(client: Client, alice: User) -> None:
    key = create(client, alice, ["media:write"], name="Importer")
    assert call(client, key, "POST", "/v1/collections", {"name": "Sea"}).status_code == 201
    newest, created = request(client, alice, "GET", "/v1/account/audit").json_body["items"]
    assert (newest["action"], newest["actor"], newest["actor_name"]) == ("collection.created", "api_key", "Importer")
    assert newest["detail"]["api_key"] == key.id
    assert (created["action"], created["actor"], created["actor_name"]) == ("api_key.created", "owner", None)
    assert (created["subject_name"], created["detail"]) == ("Importer", {"scopes": "media:write"})
    assert request(client, alice, "DELETE", f"/v1/api-keys/{key.id}").status_code == 204
    events = request(client, alice, "GET", "/v1/account/audit").json_body["items"]
    assert [(event["action"], event["actor_name"]) for event in events] == [
        ("api_key.deleted", None), ("collection.created", None), ("api_key.created", None)
    ]  # fmt: skip


def test_link_tokens_end_with_a_key_that_may_have_requested_them(client: Client, alice: User) -> None:
    used, unused = create(client, alice, ["media:write"]), create(client, alice)
    path = str(call(client, used, "POST", "/v1/uploads/capability").json_body["path"])
    assert knock(client, path) == OPEN
    assert request(client, alice, "DELETE", f"/v1/api-keys/{unused.id}").status_code == 204
    assert knock(client, path) == OPEN
    assert request(client, alice, "DELETE", f"/v1/api-keys/{used.id}").status_code == 204
    assert knock(client, path) == ENDED
    assert knock(client, issue(client, alice)) == OPEN


def test_keys_end_with_the_account_and_do_not_open_the_next_one(platform: Platform, alice: User) -> None:
    client, cloud = platform.client, platform.cloud
    key = create(client, alice)
    erasure = erase_account(client, alice)
    assert status(client, key) == 401
    finish(platform, alice, erasure)
    assert cloud.owner.execute("SELECT count(*) FROM api_keys").fetchone() == (0,)
    insert_media(cloud, alice)
    assert status(client, key) == 401
    assert status(client, create(client, alice)) == 200


def test_an_export_contains_keys_without_their_hashes(platform: Platform, alice: User) -> None:
    key = create(platform.client, alice, name="Importer")
    export_id = request_export(platform.client, alice).json_body["id"]
    platform.run()
    (row,) = rows(verified_files(open_archive(platform.cloud, alice, export_id)), "api_keys")
    assert (row["id"], row["name"], row["last_four"]) == (key.id, "Importer", key.text[-4:])
    assert "secret_hash" not in row


# ---- scopes -------------------------------------------------------------------------------------------------------------


def list_routes() -> Iterator[tuple[Route, str]]:
    """Yield each route that a signed-in user may call, with an address of nothing that exists."""
    for route in routes_of(app.routes):
        if route.entry.authorizer is not None:
            path = route.path
            for name in route.entry.view_args:
                path = path.replace(f"{{{name}}}", NO_ID if route.is_id(name) else "1")
            yield route, path


def test_each_route_takes_a_key_with_its_scope_and_no_other(client: Client, alice: User) -> None:
    only = {scope: create(client, alice, [scope.value]) for scope in Scope}
    others = {scope: create(client, alice, [held for held in ALL if held != scope.value]) for scope in Scope}
    every, count = create(client, alice), 0
    for route, path in list_routes():
        scope = route.operation.scope
        refused = call(client, others[scope] if scope else every, route.method, path, {})
        assert refused.status_code == 403, (route.method, path, refused.body)
        if route.method != "HEAD":
            assert problem(refused)["code"] == "insufficient_scope", (route.method, path)
            assert (repr(scope.value) if scope else "No API key") in problem(refused)["detail"], (route.method, path)
        if scope:
            taken = call(client, only[scope], route.method, path, {})
            assert taken.status_code not in {401, 403, 500}, (route.method, path, taken.body)
        count += 1
    assert count > 80


# ---- Basic authentication -----------------------------------------------------------------------------------------------


def test_basic_authentication_takes_a_key_as_password(client: Client, alice: User) -> None:
    key = create(client, alice, READ)

    def prove(credentials: str) -> UUID | None:
        with caller.acting_as(caller.PLATFORM):
            proved = api_key_authentication.authenticate(
                _Request({"authorization": credentials}),  # type: ignore[arg-type]
                basic=True,
            )
        return proved.owner_id if proved else None

    def basic(user: str, password: str) -> str:
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    assert prove(basic("alice", key.text)) == prove(basic("", key.text)) == prove(f"Bearer {key.text}") == alice.id
    wrong = ("", "Basic", "Basic é", basic(key.text, ""), basic("alice", key.text[:-1]), alice.headers["Authorization"])
    for credentials in (*wrong, basic("alice", api_keys.generate(uuid4()))):
        with pytest.raises(UnauthorizedError) as refused:
            prove(credentials)
        assert refused.value.headers["WWW-Authenticate"] == 'Basic realm="Visionary Media", charset="UTF-8"'


@dataclass(frozen=True)
class _Request:
    headers: dict[str, str]
    context: dict[str, Any] | None = None
