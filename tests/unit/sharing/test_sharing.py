"""Tokens, passwords and expiry of shares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chalicelib.auth import link_tokens
from chalicelib.auth.link_tokens import LinkTokenExpiredError, Purpose
from chalicelib.platform import config
from chalicelib.platform.errors import UnprocessableContentError
from chalicelib.sharing import password, shares
from chalicelib.sharing import token as tokens

OWNER, SHARE = uuid4(), uuid4()
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"STAGE": "test", "INCOMING_BUCKET": "i", "LIBRARY_BUCKET": "l", "SIGNING_SECRET": "s" * 32}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()


def test_a_token_names_its_share_and_is_always_the_same() -> None:
    token = tokens.issue(OWNER, SHARE)
    assert len(token) == 64
    assert token == tokens.issue(OWNER, SHARE) != tokens.issue(OWNER, uuid4())
    assert tokens.parse(token) == (OWNER, SHARE, True, False)


def test_a_token_with_any_other_character_is_not_genuine() -> None:
    token = tokens.issue(OWNER, SHARE)
    for index, character in enumerate(token):
        changed = token[:index] + ("A" if character != "A" else "B") + token[index + 1 :]
        assert not tokens.parse(changed).is_genuine, index


@pytest.mark.parametrize("text", ["", "x", "é" * 64, "A" * 64, "A" * 63, "A" * 65, "=" * 64, "a.b", ".", "A" * 10_000])
def test_a_text_that_was_never_issued_is_not_genuine(text: str) -> None:
    assert not tokens.parse(text).is_genuine


def test_only_the_link_token_of_a_share_counts_as_unlocked() -> None:
    assert tokens.parse(link_tokens.issue(Purpose.SHARE, OWNER, str(SHARE))) == (OWNER, SHARE, True, True)
    for purpose in set(Purpose) - {Purpose.SHARE}:
        assert not tokens.parse(link_tokens.issue(purpose, OWNER, str(SHARE))).is_genuine
    with pytest.raises(LinkTokenExpiredError):
        tokens.parse(link_tokens.issue(Purpose.SHARE, OWNER, str(SHARE), valid_s=-1))


def test_a_password_is_recognized_by_its_hash_and_no_other_is() -> None:
    hashed, again = (password.hash_password("salt and stars") for _ in range(2))
    assert hashed != again
    assert "salt and stars" not in hashed
    assert password.verify("salt and stars", hashed)
    assert password.verify("salt and stars", again)
    assert not password.verify("salt and star", hashed)


@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(days=3_650), None])
def test_a_time_in_the_next_ten_years_is_an_expiry(after: timedelta | None) -> None:
    shares.check_expiry(None if after is None else NOW + after, now=NOW)


@pytest.mark.parametrize("after", [timedelta(0), timedelta(seconds=-1), timedelta(days=3_651)])
def test_another_time_is_rejected_with_its_value(after: timedelta) -> None:
    with pytest.raises(UnprocessableContentError) as raised:
        shares.check_expiry(NOW + after, now=NOW)
    assert (NOW + after).isoformat() in raised.value.detail
    assert raised.value.errors[0].field == "expires_at"
