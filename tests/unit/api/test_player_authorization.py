"""Authorization of players, which send no header: a link token in the address grants access."""

import time
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from chalice.local import LambdaContext

from chalicelib.api.authorizer import authorize_player_request
from chalicelib.auth import link_tokens
from chalicelib.auth.link_tokens import Purpose
from chalicelib.platform import config

SECRET = "an existing system's secret of enough bytes"
OWNER = UUID("0192a0b0-0000-7000-8000-000000000001")
SUBJECT = "0192a0b0-0000-7000-8000-000000000002"


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"STAGE": "test", "INCOMING_BUCKET": "i", "LIBRARY_BUCKET": "l", "SECRET_KEY": SECRET}
    for name, value in (values | {"SIGNING_SECRET": "s" * 32}).items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()


def authorize(path: str, *, query: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> Any:
    """Call the authorizer with API Gateway's event of type REQUEST; absent fields are null."""
    arn = f"arn:aws:execute-api:us-east-1:123456789012:api-id/api/GET{path}"
    event = {"type": "REQUEST", "methodArn": arn, "headers": headers, "queryStringParameters": query}
    return authorize_player_request(event, LambdaContext("authorize-player", 512))


def token(purpose: Purpose = Purpose.PLAY, subject: str = SUBJECT, valid_s: int = 60) -> str:
    return link_tokens.issue(purpose, OWNER, subject, valid_s)


@pytest.mark.parametrize("path", [f"/v1/media/stream/{SUBJECT}", f"/v1/speech/{SUBJECT}/audio"])
def test_a_link_token_grants_access_to_its_subject_as_its_owner(path: str) -> None:
    allowed = authorize(path, query={"t": token()})
    assert allowed["principalId"] == str(OWNER)
    assert allowed["policyDocument"]["Statement"][0]["Effect"] == "Allow"


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_a_bearer_token_grants_access_as_well(name: str) -> None:
    bearer = jwt.encode({"id": str(OWNER), "exp": int(time.time()) + 600}, SECRET, algorithm="HS256")
    assert authorize(f"/v1/media/stream/{SUBJECT}", headers={name: f"Bearer {bearer}"})["principalId"] == str(OWNER)


@pytest.mark.parametrize(
    "make_query",
    [
        lambda: None,
        lambda: {"t": ""},
        lambda: {"t": "nonsense"},
        lambda: {"t": token() + "x"},
        lambda: {"t": token(valid_s=0)},
        lambda: {"t": token(purpose=Purpose.UPLOADS)},
        lambda: {"t": token(subject=str(uuid4()))},
        lambda: {"t": token(subject="")},
        lambda: {"t": jwt.encode({"id": str(OWNER), "exp": int(time.time()) + 600}, SECRET, algorithm="HS256")},
    ],
    ids=[
        "nothing",
        "empty",
        "nonsense",
        "altered",
        "expired",
        "for uploads",
        "for another",
        "for everything",
        "a bearer token",
    ],
)
def test_anything_else_is_a_401(make_query: Any) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(f"/v1/media/stream/{SUBJECT}", query=make_query())
