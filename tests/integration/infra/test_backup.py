"""The restore drill: everything saved, everything lost, everything back, whatever is killed on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from chalicelib.platform import config
from chalicelib.platform.db import database
from infra.operate import backup, tables
from infra.operate.tables import RestoreError
from localstack.postgres import Postgres
from tests.integration.conftest import EMPTY, Cloud, Platform, User, WorkerDied, at_storage
from tests.integration.speech.test_speech import TEXT, start
from tests.integration.uploads.test_uploads import upload
from tests.support.media_rows import shelve

MEDIA = 500


@pytest.fixture
def operator(cloud: Cloud, migrated: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tools run as the owner role."""
    assert cloud
    monkeypatch.setenv("DATABASE_URL", migrated.url("visionary_owner"))
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


def dies_at(number: int) -> Callable[..., None]:
    calls = iter(range(1, 1_000_000))

    def strike(**_: object) -> None:
        if next(calls) >= number:
            raise WorkerDied

    return strike


def shelves(cloud: Cloud, *owners: User) -> None:
    for number in range(MEDIA):
        owner, media_id, content = owners[number % len(owners)], uuid4(), f"document {number}".encode()
        key = f"media/{owner.id}/{media_id}/original"
        etag = cloud.s3.put_object(Bucket="library", Key=key, Body=content, ContentType="text/plain")["ETag"]
        shelve(
            cloud,
            owner,
            id=media_id,
            size_bytes=len(content),
            etag=etag,
            media_type="text/plain",
            title=f"No. {number}",
        )


def everything(owner: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """All rows of all tables, as text."""
    names = [name for name in tables.in_order(owner) if name != "alembic_version"]
    return {
        name: sorted(str(row) for row in owner.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))))
        for name in names
    }


def contents(cloud: Cloud) -> dict[str, str]:
    """Every object with its ETag, which is the MD5 of what it holds."""
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(Bucket="library")
    return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", ())}


def lose_everything(cloud: Cloud) -> None:
    database._discard()
    cloud.owner.execute(EMPTY)
    for page in cloud.s3.get_paginator("list_object_versions").paginate(Bucket="library"):
        for entry in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            cloud.s3.delete_object(Bucket="library", Key=entry["Key"], VersionId=entry["VersionId"])


@pytest.mark.usefixtures("operator")
def test_500_media_come_back_whatever_is_killed_half_way(cloud: Cloud, alice: User, bob: User, tmp_path: Path) -> None:
    shelves(cloud, alice, bob)
    before, objects = everything(cloud.owner), contents(cloud)

    with at_storage("GetObject", dies_at(200)), pytest.raises(WorkerDied):
        backup.save(tmp_path)
    done = len((tmp_path / "objects.jsonl").read_text().splitlines())
    assert 0 < done < MEDIA
    with (tmp_path / "objects.jsonl").open("a") as file:
        file.write('{"key": "media/cut off')
    copied = backup.save(tmp_path)
    assert 0 < copied < MEDIA, "the second run began anew"
    assert backup.save(tmp_path) == 0

    lose_everything(cloud)
    with at_storage("PutObject", dies_at(200)), pytest.raises(WorkerDied):
        backup.restore(tmp_path)
    assert cloud.owner.execute("SELECT count(*) FROM media").fetchone() == (0,), "rows before their objects"
    assert 0 < backup.restore(tmp_path) < MEDIA

    assert everything(cloud.owner) == before
    assert contents(cloud) == objects
    assert cloud.s3.head_object(Bucket="library", Key=next(iter(objects)))["ContentType"] == "text/plain"
    found = backup.check()
    assert (found.rows, found.missing, found.changed) == (MEDIA, [], [])


def test_a_reading_and_its_audit_trail_come_back_and_the_isolation_with_them(
    platform: Platform, cloud: Cloud, alice: User, migrated: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = upload(platform, alice, TEXT)
    job = start(platform.client, alice, media["id"]).json_body
    platform.run()
    app_role = config.settings().require("database_url")
    with monkeypatch.context() as patch:
        patch.setenv("DATABASE_URL", migrated.url("visionary_owner"))
        config.settings.cache_clear()
        before = everything(cloud.owner)
        backup.save(tmp_path)
        lose_everything(cloud)
        backup.restore(tmp_path)
        assert everything(cloud.owner) == before
        assert backup.check().missing == []
    config.settings.cache_clear()
    assert config.settings().require("database_url") == app_role

    again = platform.client.http.get(f"/v1/speech/{job['id']}", headers=alice.headers).json_body
    assert again["status"] == "done"
    assert platform.client.http.get(f"/v1/media/{media['id']}", headers=User(uuid4()).headers).status_code == 404
    with psycopg.connect(app_role) as stranger:
        assert stranger.execute("SELECT count(*) FROM media").fetchone() == (0,)
    forced = cloud.owner.execute(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
    ).fetchall()
    assert forced == []
    off = cloud.owner.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'D'").fetchall()
    assert off == []


@pytest.mark.usefixtures("operator")
def test_a_backup_goes_into_an_empty_stage_of_its_own_revision_only(cloud: Cloud, alice: User, tmp_path: Path) -> None:
    shelve(cloud, alice)
    backup.save(tmp_path)
    with pytest.raises(RestoreError, match="empty stage only"):
        backup.restore(tmp_path)
    told = json.loads((tmp_path / "database/dump.json").read_text())
    (tmp_path / "database/dump.json").write_text(json.dumps(told | {"revision": "19990101000001"}))
    with pytest.raises(RestoreError, match="Deploy the release of the backup"):
        backup.restore(tmp_path)


@pytest.mark.usefixtures("operator")
def test_a_damaged_backup_is_refused_before_anything_is_written(cloud: Cloud, alice: User, tmp_path: Path) -> None:
    shelve(cloud, alice)
    backup.save(tmp_path)
    lose_everything(cloud)
    file = tmp_path / "database/media.copy.gz"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(RestoreError, match="is not the file that was written"):
        backup.restore(tmp_path)


@pytest.mark.usefixtures("operator")
def test_rows_and_objects_that_disagree_are_named(cloud: Cloud, alice: User) -> None:
    gone, other = shelve(cloud, alice, etag='"1"'), shelve(cloud, alice, etag='"1"')
    cloud.s3.put_object(Bucket="library", Key=f"media/{alice.id}/{other}/original", Body=b"not this")
    cloud.s3.put_object(Bucket="library", Key=f"media/{uuid4()}/{uuid4()}/original", Body=b"nobody's")
    found = backup.check()
    assert found.missing == [f"media/{alice.id}/{gone}/original"]
    assert found.changed == [f"media/{alice.id}/{other}/original"]
    assert found.without_row == 1
