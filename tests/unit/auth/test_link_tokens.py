"""Link tokens under attack."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chalicelib.auth import link_tokens
from chalicelib.auth.link_tokens import Purpose
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
    """Return the token with other claims and the old signature."""
    claims_text, mac = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(claims_text + "=" * (-len(claims_text) % 4)))
    claims = [
        changes.get(name, claim) for name, claim in zip(("purpose", "owner", "subject", "exp"), claims, strict=True)
    ]
    return f"{base64.urlsafe_b64encode(json.dumps(claims, separators=(',', ':')).encode()).decode().rstrip('=')}.{mac}"


def test_a_token_has_a_purpose_an_owner_a_subject_and_an_expiry() -> None:
    token = link_tokens.issue(Purpose.PLAY, OWNER, "a job", 60)
    verified = link_tokens.verify(token, Purpose.PLAY)
    assert (verified.purpose, verified.owner_id, verified.subject) == ("play", OWNER, "a job")
    assert 55 < (verified.expires_at - datetime.now(UTC)).total_seconds() <= 60


@pytest.mark.parametrize("microsecond", [0, 1, 123_456, 999_999])
def test_a_token_keeps_the_microsecond_of_its_issue(microsecond: int) -> None:
    issued_at = datetime.now(UTC).replace(microsecond=microsecond)
    token = link_tokens.issue(Purpose.PLAY, OWNER, "", issued_at=issued_at)
    assert link_tokens.verify(token, Purpose.PLAY).issued_at == issued_at


def test_a_token_of_the_version_before_is_still_accepted() -> None:
    """Tokens in feeds and players' addresses outlive a deployment: layout, prefix and key derivation must not change."""
    claims = f'["play","{OWNER}","a job",{int(time.time()) + 60}]'.encode()
    mac = hmac.new(b"s" * 32, b"capability " + claims, hashlib.sha256).digest()
    token = ".".join(base64.urlsafe_b64encode(content).decode().rstrip("=") for content in (claims, mac))
    verified = link_tokens.verify(token, Purpose.PLAY)
    assert (verified.purpose, verified.owner_id, verified.subject) == ("play", OWNER, "a job")


def test_a_token_needs_no_escaping_in_a_path() -> None:
    token = link_tokens.issue(Purpose.PLAY, OWNER, "ä/ö?ü", 60)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert link_tokens.verify(token, Purpose.PLAY).subject == "ä/ö?ü"


def test_a_token_is_for_one_purpose() -> None:
    with pytest.raises(UnauthorizedError, match="is for play, not for uploads"):
        link_tokens.verify(link_tokens.issue(Purpose.PLAY, OWNER, "", 60), Purpose.UPLOADS)


def test_a_token_expires() -> None:
    token = link_tokens.issue(Purpose.PLAY, OWNER, "", 0)
    with pytest.raises(UnauthorizedError) as rejected:
        link_tokens.verify(token, Purpose.PLAY)
    assert (rejected.value.code, rejected.value.status) == ("token_expired", 401)


@pytest.mark.parametrize(
    "changes",
    [{"owner": str(UUID(int=1))}, {"subject": "another"}, {"exp": 10**10}, {"purpose": "uploads"}],
)
def test_no_claim_can_be_changed(changes: dict[str, object]) -> None:
    token = link_tokens.issue(Purpose.PLAY, OWNER, "mine", 60)
    with pytest.raises(UnauthorizedError, match="is invalid"):
        link_tokens.verify(forged(token, **changes), Purpose(str(changes.get("purpose", Purpose.PLAY))))
    assert link_tokens.verify(forged(token), Purpose.PLAY).subject == "mine"  # `forged` changes nothing else


def test_a_token_signed_with_another_secret_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    token = link_tokens.issue(Purpose.PLAY, OWNER, "", 60)
    monkeypatch.setenv("SIGNING_SECRET", "t" * 32)
    config.settings.cache_clear()
    with pytest.raises(UnauthorizedError, match="is invalid"):
        link_tokens.verify(token, Purpose.PLAY)


@pytest.mark.parametrize("text", ["", ".", "a.b", "....", "é.é", "A" * 10_000, "bnVsbA.bnVsbA", "%00.%00"])
def test_a_text_that_is_not_a_token_is_unauthorized(text: str) -> None:
    with pytest.raises(UnauthorizedError):
        link_tokens.verify(text, Purpose.PLAY)
