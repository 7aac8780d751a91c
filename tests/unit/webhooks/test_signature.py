"""Signatures of webhooks, verified by the reference library of Standard Webhooks."""

import base64
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from chalicelib.webhooks import signature

BODY = '{"type":"media.ready","data":{"title":"Größe"}}'.encode()


def headers(secrets: list[str], *, at: int | None = None, identifier: str = "0198") -> dict[str, str]:
    at = int(time.time()) if at is None else at
    signed = signature.sign(secrets, identifier, at, BODY)
    return {"webhook-id": identifier, "webhook-timestamp": str(at), "webhook-signature": signed}


def test_a_secret_has_256_random_bits_and_its_prefix() -> None:
    secret = signature.generate_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != signature.generate_secret()


def test_the_reference_library_verifies_a_message() -> None:
    secret = signature.generate_secret()
    Webhook(secret).verify(BODY, headers([secret]))


def test_after_a_rotation_the_old_and_the_new_secret_verify_it() -> None:
    old, new = signature.generate_secret(), signature.generate_secret()
    for secret in (old, new):
        Webhook(secret).verify(BODY, headers([new, old]))


@pytest.mark.parametrize("change", ["body", "id", "time", "secret"])
def test_another_body_id_time_or_secret_is_not_verified(change: str) -> None:
    secret = signature.generate_secret()
    sent = headers([secret])
    if change == "id":
        sent["webhook-id"] = "0199"
    if change == "time":
        sent["webhook-timestamp"] = str(int(sent["webhook-timestamp"]) - 1)
    verifier = Webhook(signature.generate_secret() if change == "secret" else secret)
    with pytest.raises(WebhookVerificationError):
        verifier.verify(BODY + b" " if change == "body" else BODY, sent)


def test_a_message_that_is_sent_late_is_signed_anew() -> None:
    secret = signature.generate_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers([secret], at=int(time.time()) - 3_600))
