"""Link tokens of an account: those issued before their revocation end, those issued after it work."""

from __future__ import annotations

from datetime import UTC, datetime

from chalice.test import Client

from chalicelib.auth import link_tokens
from chalicelib.auth.link_tokens import Purpose
from tests.integration.account.test_erasure import erase_account
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, User

SIZE = "metadata%5Bsize%5D=5"


def issue(client: Client, user: User) -> str:
    """Return the path of a new upload capability."""
    response = client.http.post("/v1/uploads/capability", headers=user.headers)
    assert response.status_code == 200, response.body
    return str(response.json_body["path"])


def revoke(client: Client, user: User) -> None:
    response = client.http.delete("/v1/account/capabilities", headers=user.headers)
    assert (response.status_code, response.body) == (204, b"")


def knock(client: Client, path: str) -> tuple[int, str]:
    response = client.http.get(f"{path}/s3/params?filename=a.txt&type=text%2Fplain&{SIZE}")
    return response.status_code, "" if response.status_code == 200 else problem(response)["code"]


OPEN, ENDED = (200, ""), (401, "token_revoked")


def test_revocation_separates_tokens_of_the_same_second(client: Client, alice: User) -> None:
    for _ in range(5):
        before = issue(client, alice)
        assert knock(client, before) == OPEN
        revoke(client, alice)
        after = issue(client, alice)
        assert (knock(client, before), knock(client, after)) == (ENDED, OPEN)


def test_revocation_is_idempotent_and_needs_no_account(client: Client, cloud: Cloud, alice: User) -> None:
    before = issue(client, alice)  # without anything stored, the account has no row
    assert cloud.owner.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
    revoke(client, alice)
    revoke(client, alice)
    assert knock(client, before) == ENDED


def test_revocation_leaves_tokens_of_others_alone(client: Client, alice: User, bob: User) -> None:
    of_bob = issue(client, bob)
    revoke(client, alice)
    assert knock(client, of_bob) == OPEN


def test_revocation_is_in_the_audit_trail(client: Client, alice: User) -> None:
    revoke(client, alice)
    events = client.http.get("/v1/account/audit", headers=alice.headers).json_body["items"]
    assert [(event["action"], event["actor"], event["subject_id"]) for event in events] == [
        ("token.revoked", "owner", None)
    ]


def test_an_account_being_erased_has_no_tokens_to_revoke(client: Client, cloud: Cloud, alice: User) -> None:
    """The page signs out after it has erased the account."""
    before = issue(client, alice)
    erase_account(client, alice)
    revoke(client, alice)
    assert knock(client, before) == ENDED
    assert cloud.owner.execute("SELECT count(*) FROM accounts").fetchone() == (0,)


def test_tokens_of_the_version_before_end_as_well(client: Client, alice: User) -> None:
    """They know the second of their issue only, and count as issued at its start."""
    token = link_tokens.issue(Purpose.UPLOADS, alice.id, "", issued_at=datetime.now(UTC).replace(microsecond=0))
    assert knock(client, f"/v1/u/{token}") == OPEN
    revoke(client, alice)
    assert knock(client, f"/v1/u/{token}") == ENDED
