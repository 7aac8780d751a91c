"""Presigned URLs: signed with SigV4 for the host that receives them, over everything that must not change."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from chalicelib.platform import config
from chalicelib.platform.aws import multipart, s3, storage

KEY = "uploads/owner/media"
URLS: dict[str, Callable[[], str]] = {
    "put": lambda: storage.presign_put(KEY, media_type="a/b", size_bytes=5, sha256="x" * 44, valid_s=900).url,
    "get": lambda: storage.presign_get(KEY, filename="a", media_type="a/b", inline=True, valid_s=900),
    "part": lambda: multipart.presign_part(KEY, "id", 1, size_bytes=5, valid_s=900),
    "create": lambda: multipart.presign_create(KEY, media_type="a/b", valid_s=900),
    "list": lambda: multipart.presign_list(KEY, "id", valid_s=900),
    "complete": lambda: multipart.presign_complete(KEY, "id", size_bytes=5, valid_s=900)[0],
    "abort": lambda: multipart.presign_abort(KEY, "id", valid_s=900),
}
COVERED = {
    "put": {"host", "content-type", "content-length", "if-none-match", "x-amz-checksum-sha256"},
    "get": {"host"},
    "part": {"host", "content-length"},
    "create": {"host", "content-type"},
    "list": {"host"},
    "complete": {"host", "if-none-match", "x-amz-mp-object-size"},
    "abort": {"host"},
}


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Act as a function of a deployment with these settings."""

    def deploy(**values: str) -> None:
        required = {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library"}
        credentials = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "of a role"}
        for name, value in {**required, **credentials, **values}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials that it found first
        config.settings.cache_clear()
        s3.client.cache_clear()

    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    yield deploy
    config.settings.cache_clear()
    s3.client.cache_clear()


@pytest.mark.parametrize("region", ["eu-west-1", "ap-southeast-2", "us-west-2", "eu-north-1"])
@pytest.mark.parametrize("name", URLS)
def test_in_the_cloud_the_host_is_the_buckets_in_its_region(
    deployed: Callable[..., None], name: str, region: str
) -> None:
    deployed(AWS_DEFAULT_REGION=region)
    url = urlsplit(URLS[name]())
    bucket = "library" if name == "get" else "incoming"
    assert (url.scheme, url.netloc, url.path) == ("https", f"{bucket}.s3.{region}.amazonaws.com", f"/{KEY}")


@pytest.mark.parametrize("name", URLS)
def test_on_a_laptop_the_host_is_the_public_endpoint(deployed: Callable[..., None], name: str) -> None:
    deployed(
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ENDPOINT_URL="http://emulator:1234",
        S3_PUBLIC_ENDPOINT_URL="http://localhost:4566",
        S3_ADDRESSING_STYLE="path",
    )
    url = urlsplit(URLS[name]())
    bucket = "library" if name == "get" else "incoming"
    assert (url.scheme, url.netloc, url.path) == ("http", "localhost:4566", f"/{bucket}/{KEY}")


@pytest.mark.parametrize("name", URLS)
def test_the_signature_covers_what_must_not_change(deployed: Callable[..., None], name: str) -> None:
    deployed(AWS_DEFAULT_REGION="eu-west-1")
    query = parse_qs(urlsplit(URLS[name]()).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["900"]
    assert query["X-Amz-Security-Token"] == ["of a role"]
    assert set(query["X-Amz-SignedHeaders"][0].split(";")) == COVERED[name]


def test_the_client_gets_every_signed_header(deployed: Callable[..., None]) -> None:
    deployed(AWS_DEFAULT_REGION="eu-west-1")
    put = storage.presign_put(KEY, media_type="a/b", size_bytes=5, sha256="x" * 44, valid_s=900)
    automatic = {"host", "content-length"}  # sent by every client
    assert {name.lower() for name in put.headers} == COVERED["put"] - automatic
    _, headers = multipart.presign_complete(KEY, "id", size_bytes=5, valid_s=900)
    assert {name.lower() for name in headers} == COVERED["complete"] - automatic


def test_a_form_allows_its_own_fields_only(deployed: Callable[..., None]) -> None:
    deployed(AWS_DEFAULT_REGION="eu-west-1")
    form = storage.presign_form(KEY, media_type="a/b", min_bytes=5, max_bytes=9, valid_s=900)
    assert form.url == "https://incoming.s3.eu-west-1.amazonaws.com/"
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    exact = {name: value for rule in policy["conditions"] if isinstance(rule, dict) for name, value in rule.items()}
    assert exact.pop("bucket") == "incoming"
    assert exact == {name: value for name, value in form.fields.items() if name not in {"policy", "x-amz-signature"}}
    assert [rule for rule in policy["conditions"] if isinstance(rule, list)] == [["content-length-range", 5, 9]]
    assert exact["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
