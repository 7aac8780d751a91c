"""The page: its upload to the bucket, and its security headers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.packaging import web

BUCKET = "the-page"
SETTINGS = web.configuration(client_id="client", identity="https://identity.example", sign_up=True)


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client: Any = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<script src=./assets/a-1.js></script>")
    (tmp_path / "assets" / "a-1.js").write_text("1")
    return tmp_path


def list_keys(s3: Any) -> set[str]:
    return {entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


def test_a_page_is_published_with_its_configuration_media_types_and_cache_headers(s3: Any, page: Path) -> None:
    assert web.publish(s3, BUCKET, page, SETTINGS) == 3
    script = s3.head_object(Bucket=BUCKET, Key="assets/a-1.js")
    entry = s3.head_object(Bucket=BUCKET, Key="index.html")
    assert (script["ContentType"], entry["ContentType"]) == ("text/javascript", "text/html")
    assert "immutable" in script["CacheControl"]
    assert entry["CacheControl"] == "no-cache"
    assert s3.head_object(Bucket=BUCKET, Key="config.json")["CacheControl"] == "no-cache"


def test_unchanged_files_are_not_uploaded_again(s3: Any, page: Path) -> None:
    web.publish(s3, BUCKET, page, SETTINGS)
    assert web.publish(s3, BUCKET, page, SETTINGS) == 0
    assert web.publish(s3, BUCKET, page, {**SETTINGS, "signUp": False}) == 1


def test_assets_of_the_previous_page_are_kept_for_open_pages(s3: Any, page: Path) -> None:
    web.publish(s3, BUCKET, page, SETTINGS)
    (page / "assets" / "a-1.js").rename(page / "assets" / "a-2.js")
    web.publish(s3, BUCKET, page, SETTINGS)
    assert {"assets/a-1.js", "assets/a-2.js"} <= list_keys(s3)


def test_assets_older_than_any_open_page_are_deleted(s3: Any, page: Path) -> None:
    web.publish(s3, BUCKET, page, SETTINGS)
    (page / "assets" / "a-1.js").rename(page / "assets" / "a-2.js")
    later = datetime.now(UTC) + web.ASSET_RETENTION + timedelta(minutes=1)
    web.publish(s3, BUCKET, page, SETTINGS, now=later)
    assert list_keys(s3) == {"index.html", "config.json", "assets/a-2.js"}


def test_the_page_can_load_and_connect_to_its_own_sources_only() -> None:
    headers = web.security_headers("https://incoming.example https://library.example", "https://identity.example")
    policy = {rule.split(" ")[0]: rule.split(" ")[1:] for rule in headers["Content-Security-Policy"].split("; ")}
    assert policy["default-src"] == policy["frame-ancestors"] == policy["object-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["connect-src"][1:] == [
        "https://incoming.example",
        "https://library.example",
        "https://identity.example",
    ]
    assert not [source for sources in policy.values() for source in sources if "unsafe" in source or source == "data:"]


def test_the_service_worker_is_uploaded_after_the_page_that_it_stores(s3: Any, page: Path) -> None:
    (page / "sw.js").write_text("const SHELL_FILES = ['assets/a-1.js']")
    uploaded: list[str] = []
    s3.meta.events.register("before-call.s3.PutObject", lambda params, **_: uploaded.append(params["url_path"]))
    web.publish(s3, BUCKET, page, SETTINGS)
    assert [path.rpartition("/")[2] for path in uploaded[-2:]] == ["index.html", "sw.js"]
    assert s3.head_object(Bucket=BUCKET, Key="sw.js")["CacheControl"] == "no-cache"
