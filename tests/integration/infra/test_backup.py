"""Backup and restore: everything is saved, lost and restored, even if a run is killed half-way."""

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
from tests.integration.conftest import TRUNCATE_ALL, Cloud, Platform, User, WorkerDiedError, intercept_s3
from tests.integration.speech.test_speech import TEXT, start
from tests.integration.uploads.test_uploads import upload
from tests.support.media_rows import insert_media

MEDIA = 500


@pytest.fixture
def operator(cloud: Cloud, migrated: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run the tools as the owner role."""
    assert cloud
    monkeypatch.setenv("DATABASE_URL", migrated.url("visionary_owner"))
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


def fails_from_call(number: int) -> Callable[..., None]:
    calls = iter(range(1, 1_000_000))

    def count_call(**_: object) -> None:
        if next(calls) >= number:
            raise WorkerDiedError

    return count_call


def insert_media_with_objects(cloud: Cloud, *owners: User) -> None:
    for number in range(MEDIA):
        owner, media_id, content = owners[number % len(owners)], uuid4(), f"document {number}".encode()
        key = f"media/{owner.id}/{media_id}/original"
        etag = cloud.s3.put_object(Bucket="library", Key=key, Body=content, ContentType="text/plain")["ETag"]
        insert_media(
            cloud,
            owner,
            id=media_id,
            size_bytes=len(content),
            etag=etag,
            media_type="text/plain",
            title=f"No. {number}",
        )


def all_rows(owner: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Return all rows of all tables, as text."""
    names = [name for name in tables.list_in_dependency_order(owner) if name != "alembic_version"]
    return {
        name: sorted(str(row) for row in owner.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))))
        for name in names
    }


def object_etags(cloud: Cloud) -> dict[str, str]:
    """Return the ETag, the MD5 of its content, of every object."""
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(Bucket="library")
    return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", ())}


def delete_everything(cloud: Cloud) -> None:
    database._discard()
    cloud.owner.execute(TRUNCATE_ALL)
    for page in cloud.s3.get_paginator("list_object_versions").paginate(Bucket="library"):
        for entry in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            cloud.s3.delete_object(Bucket="library", Key=entry["Key"], VersionId=entry["VersionId"])


@pytest.mark.usefixtures("operator")
def test_500_media_are_restored_although_both_runs_are_killed(
    cloud: Cloud, alice: User, bob: User, tmp_path: Path
) -> None:
    insert_media_with_objects(cloud, alice, bob)
    before, objects = all_rows(cloud.owner), object_etags(cloud)

    with intercept_s3("GetObject", fails_from_call(200)), pytest.raises(WorkerDiedError):
        backup.save(tmp_path)
    saved = len((tmp_path / "objects.jsonl").read_text().splitlines())
    assert 0 < saved < MEDIA
    with (tmp_path / "objects.jsonl").open("a") as file:
        file.write('{"key": "media/cut off')
    copied = backup.save(tmp_path)
    assert 0 < copied < MEDIA, "the second run started from scratch"
    assert backup.save(tmp_path) == 0

    delete_everything(cloud)
    with intercept_s3("PutObject", fails_from_call(200)), pytest.raises(WorkerDiedError):
        backup.restore(tmp_path)
    assert cloud.owner.execute("SELECT count(*) FROM media").fetchone() == (0,), "rows before their objects"
    assert 0 < backup.restore(tmp_path) < MEDIA

    assert all_rows(cloud.owner) == before
    assert object_etags(cloud) == objects
    assert cloud.s3.head_object(Bucket="library", Key=next(iter(objects)))["ContentType"] == "text/plain"
    report = backup.check()
    assert (report.rows, report.missing, report.changed) == (MEDIA, [], [])


def test_a_recording_its_audit_trail_and_the_row_level_security_are_restored(
    platform: Platform, cloud: Cloud, alice: User, migrated: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = upload(platform, alice, TEXT)
    job = start(platform.client, alice, media["id"]).json_body
    platform.run()
    app_role = config.settings().require("database_url")
    with monkeypatch.context() as patch:
        patch.setenv("DATABASE_URL", migrated.url("visionary_owner"))
        config.settings.cache_clear()
        before = all_rows(cloud.owner)
        backup.save(tmp_path)
        delete_everything(cloud)
        backup.restore(tmp_path)
        assert all_rows(cloud.owner) == before
        assert backup.check().missing == []
    config.settings.cache_clear()
    assert config.settings().require("database_url") == app_role

    restored = platform.client.http.get(f"/v1/speech/{job['id']}", headers=alice.headers).json_body
    assert restored["status"] == "done"
    assert platform.client.http.get(f"/v1/media/{media['id']}", headers=User(uuid4()).headers).status_code == 404
    with psycopg.connect(app_role) as stranger:
        assert stranger.execute("SELECT count(*) FROM media").fetchone() == (0,)
    forced = cloud.owner.execute(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
    ).fetchall()
    assert forced == []
    disabled = cloud.owner.execute(
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'D'"
    ).fetchall()
    assert disabled == []


@pytest.mark.usefixtures("operator")
def test_a_backup_is_restored_only_into_an_empty_stage_of_its_own_revision(
    cloud: Cloud, alice: User, tmp_path: Path
) -> None:
    insert_media(cloud, alice)
    backup.save(tmp_path)
    with pytest.raises(RestoreError, match="empty stage only"):
        backup.restore(tmp_path)
    contents = json.loads((tmp_path / "database/dump.json").read_text())
    (tmp_path / "database/dump.json").write_text(json.dumps(contents | {"revision": "19990101000001"}))
    with pytest.raises(RestoreError, match="Deploy the release of the backup"):
        backup.restore(tmp_path)


@pytest.mark.usefixtures("operator")
def test_a_damaged_backup_is_rejected_before_anything_is_written(cloud: Cloud, alice: User, tmp_path: Path) -> None:
    insert_media(cloud, alice)
    backup.save(tmp_path)
    delete_everything(cloud)
    file = tmp_path / "database/media.copy.gz"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(RestoreError, match="is not the file that was written"):
        backup.restore(tmp_path)


@pytest.mark.usefixtures("operator")
def test_inconsistent_rows_and_objects_are_reported(cloud: Cloud, alice: User) -> None:
    missing, changed = insert_media(cloud, alice, etag='"1"'), insert_media(cloud, alice, etag='"1"')
    cloud.s3.put_object(Bucket="library", Key=f"media/{alice.id}/{changed}/original", Body=b"not this")
    cloud.s3.put_object(Bucket="library", Key=f"media/{uuid4()}/{uuid4()}/original", Body=b"of no account")
    report = backup.check()
    assert report.missing == [f"media/{alice.id}/{missing}/original"]
    assert report.changed == [f"media/{alice.id}/{changed}/original"]
    assert report.without_row == 1
