"""API keys as texts: their form, and what is taken for one."""

from __future__ import annotations

import base64
import hashlib
import string
from uuid import UUID, uuid4

import pytest

from chalicelib.auth import api_keys
from chalicelib.auth.api_key_proof import ProvedKey
from chalicelib.auth.api_keys import InsufficientScopeError, InvalidKeyError, Scope

OWNER = UUID("0192a0b0-0000-7000-8000-000000000001")


def test_a_key_claims_its_owner_and_carries_a_secret_of_its_own() -> None:
    first, second = api_keys.generate(OWNER), api_keys.generate(OWNER)
    assert len(first) == len(second) == 63
    assert first.startswith("vm_")
    assert set(first) <= set(string.ascii_letters + string.digits + "-_")
    assert api_keys.parse(first).owner_id == api_keys.parse(second).owner_id == OWNER
    secret = base64.urlsafe_b64decode(first[3:])[16:41]
    assert api_keys.parse(first).secret_hash == hashlib.sha256(secret).digest()
    assert api_keys.parse(first).secret_hash != api_keys.parse(second).secret_hash


def test_a_typing_error_at_any_place_makes_a_key_malformed() -> None:
    key = api_keys.generate(OWNER)
    for place in range(len(key)):
        other = "A" if key[place] != "A" else "B"
        with pytest.raises(InvalidKeyError):
            api_keys.parse(key[:place] + other + key[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "vm_", "vm_é", "vm_" + "A" * 60, "vm_" + "=" * 60, "vm_" + "A" * 100_000, "eyJ.e.f"]
)
def test_other_texts_are_no_keys(text: str) -> None:
    with pytest.raises(InvalidKeyError):
        api_keys.parse(text)


def test_parts_and_surroundings_of_a_key_are_no_keys() -> None:
    key = api_keys.generate(OWNER)
    for text in (key[:-1], key[1:], key + "A", key + "=", key + "\n", f" {key}", key.removeprefix("vm_"), key.upper()):
        with pytest.raises(InvalidKeyError):
            api_keys.parse(text)


def test_a_scope_includes_no_other_and_none_is_for_no_key() -> None:
    for held in Scope:
        key = ProvedKey(uuid4(), OWNER, frozenset({held.value}))
        key.require(held)
        for scope in (*(set(Scope) - {held}), None):
            with pytest.raises(InsufficientScopeError) as refused:
                key.require(scope)
            assert refused.value.code == "insufficient_scope"
            assert scope is None or repr(scope.value) in refused.value.detail
