"""Failed sign-ins: they are in the platform's own trail, within limits."""

from collections.abc import Callable
from typing import Any

import pytest
from chalice.test import Client

from chalicelib import audit
from chalicelib.api.authorizer import authorize_player_request, authorize_request
from chalicelib.audit import failed_logins
from chalicelib.audit.messages import FailedSignInMessage
from chalicelib.events import account as account_events
from tests.integration.audit.test_audit import PLATFORM_OWNER, send_invalid_token, trail
from tests.integration.conftest import SECRET, Cloud, Platform, User


def failures(cloud: Cloud) -> list[tuple[str, str]]:
    rows = cloud.owner.execute(
        "SELECT host(address), detail->>'reason' FROM audit_events WHERE owner_id = %s ORDER BY number",
        [PLATFORM_OWNER],
    )
    return rows.fetchall()


@pytest.mark.parametrize("authorizer", [authorize_request, authorize_player_request])
def test_a_failed_sign_in_is_in_the_platforms_own_trail(
    platform: Platform, cloud: Cloud, authorizer: Callable[..., Any]
) -> None:
    send_invalid_token("nonsense", authorizer=authorizer)
    platform.run()
    row = cloud.owner.execute(
        "SELECT owner_id, actor, action, host(address), agent, request_id, detail FROM audit_events"
    ).fetchone()
    assert row is not None
    assert row[:6] == (PLATFORM_OWNER, "unknown", "sign_in.failed", "198.51.100.7", "curl/8", "r-1")
    assert row[6] == {"reason": "DecodeError"}
    assert audit.check(PLATFORM_OWNER).intact


def test_an_invalid_link_token_in_a_path_is_a_failed_sign_in(platform: Platform, cloud: Cloud) -> None:
    rejected = platform.client.http.get("/v1/u/made.up/s3/params?filename=a.txt&type=text/plain")
    assert rejected.status_code == 401
    platform.run()
    ((address, reason),) = failures(cloud)
    assert (address, reason.startswith("The token in this address")) == ("127.0.0.1", True)


def test_an_expired_session_is_not_a_failed_sign_in(cloud: Cloud, alice: User) -> None:
    import jwt

    send_invalid_token(jwt.encode({"id": str(alice.id), "exp": 1_000_000_000}, SECRET, algorithm="HS256"))
    assert cloud.messages("account") == []


def test_a_thousand_invalid_tokens_do_not_fill_the_queue(cloud: Cloud) -> None:
    for number in range(1_000):
        send_invalid_token("nonsense", address=f"2001:db8:0:1::{number:x}")
    assert len(cloud.messages("account")) == 1
    for number in range(1_000):
        send_invalid_token("nonsense", address=f"2001:db8:0:{number:x}::1")
    assert len(cloud.messages("account")) == 9  # with the one from above ten in this minute


def test_a_hundred_invalid_tokens_make_one_message_of_each_copy_of_the_authorizer(cloud: Cloud) -> None:
    for number in range(100):
        if number % 25 == 0:
            failed_logins._limiter.cache_clear()  # a copy that has just started
        send_invalid_token("nonsense")
    assert len(cloud.messages("account")) == 4


def test_invalid_tokens_at_many_functions_do_not_fill_the_trail(platform: Platform, cloud: Cloud) -> None:
    failed = [
        FailedSignInMessage(
            reason="DecodeError", address=f"2001:db8:0:{number % 2}::{number:x}", agent=None, request_id=None
        )
        for number in range(60)
    ]
    bodies = [message.model_dump_json() for message in failed]
    assert platform.deliver("run_account_job", bodies) == []
    recorded = failures(cloud)
    assert len(recorded) == 20
    assert {address.split("::")[0] for address, _ in recorded} == {"2001:db8:0:1", "2001:db8"}
    assert audit.check(PLATFORM_OWNER).intact


def test_no_user_sees_the_trail_of_the_platform(client: Client, platform: Platform, alice: User) -> None:
    send_invalid_token("nonsense")
    platform.run()
    assert trail(client, alice) == []


def test_an_invalid_message_is_returned_to_the_queue(platform: Platform) -> None:
    bodies = ["not json", '{"kind":"surprise"}', '{"kind":"export","owner_id":"x","export_id":"y"}']
    assert platform.deliver("run_account_job", bodies) == bodies
    assert isinstance(
        account_events.parse_message(
            FailedSignInMessage(reason="r", address=None, agent=None, request_id=None).model_dump_json()
        ),
        FailedSignInMessage,
    )
