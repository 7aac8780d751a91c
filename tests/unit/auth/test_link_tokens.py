"""Capabilities under attack."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chalicelib.auth import link_tokens
from chalicelib.platform import config
from chalicelib.platform.errors import UnauthorizedError

OWNER = uuid4()


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "STAGE": "test",
        "INCOMING_BUCKET": "i",
        "LIBRARY_BUCKET": "l",
        "SIGNING_SECRET": "s" * 32,
    }.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


def forged(token: str, **changes: object) -> str:
    """The same token with other claims and the old signature."""
    claims_text, mac = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(claims_text + "=" * (-len(claims_text) % 4)))
    claims = [
        changes.get(name, claim) for name, claim in zip(("purpose", "owner", "subject", "exp"), claims, strict=True)
    ]
    return f"{base64.urlsafe_b64encode(json.dumps(claims, separators=(',', ':')).encode()).decode().rstrip('=')}.{mac}"


def test_a_capability_says_who_may_do_what_about_what_until_when() -> None:
    token = link_tokens.issue("play", OWNER, "a job", 60)
    found = link_tokens.verify(token, "play")
    assert (found.purpose, found.owner_id, found.subject) == ("play", OWNER, "a job")
    assert 55 < (found.expires_at - datetime.now(UTC)).total_seconds() <= 60


def test_it_can_stand_in_a_path_as_it_is() -> None:
    token = link_tokens.issue("play", OWNER, "ä/ö?ü", 60)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert link_tokens.verify(token, "play").subject == "ä/ö?ü"


def test_it_is_for_one_purpose() -> None:
    with pytest.raises(UnauthorizedError, match="is for play, not for uploads"):
        link_tokens.verify(link_tokens.issue("play", OWNER, "", 60), "uploads")


def test_it_runs_out() -> None:
    token = link_tokens.issue("play", OWNER, "", 0)
    with pytest.raises(UnauthorizedError) as refused:
        link_tokens.verify(token, "play")
    assert (refused.value.code, refused.value.status) == ("token_expired", 401)


@pytest.mark.parametrize(
    "changes",
    [{"owner": str(UUID(int=1))}, {"subject": "another"}, {"exp": 10**10}, {"purpose": "uploads"}],
)
def test_nothing_in_it_can_be_changed(changes: dict[str, object]) -> None:
    token = link_tokens.issue("play", OWNER, "mine", 60)
    with pytest.raises(UnauthorizedError, match="none of ours"):
        link_tokens.verify(forged(token, **changes), str(changes.get("purpose", "play")))
    assert link_tokens.verify(forged(token), "play").subject == "mine"  # the forger itself changes nothing else


def test_another_secret_makes_others(monkeypatch: pytest.MonkeyPatch) -> None:
    token = link_tokens.issue("play", OWNER, "", 60)
    monkeypatch.setenv("SIGNING_SECRET", "t" * 32)
    config.settings.cache_clear()
    with pytest.raises(UnauthorizedError, match="none of ours"):
        link_tokens.verify(token, "play")


@pytest.mark.parametrize("text", ["", ".", "a.b", "....", "é.é", "A" * 10_000, "bnVsbA.bnVsbA", "%00.%00"])
def test_what_was_never_a_token_is_refused_politely(text: str) -> None:
    with pytest.raises(UnauthorizedError):
        link_tokens.verify(text, "play")
