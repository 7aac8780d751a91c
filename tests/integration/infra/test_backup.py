"""Backup and restore: everything is saved, lost and restored, even if a run is killed half-way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from chalicelib.maintenance.backup import backup, tables
from chalicelib.maintenance.backup.objects import BackupProgress
from chalicelib.maintenance.backup.tables import RestoreError
from chalicelib.platform import config
from chalicelib.platform.db import database
from chalicelib.platform.deadline import Deadline
from localstack.postgres import Postgres
from tests.integration.conftest import DELETE_ALL, Cloud, Platform, User, WorkerDiedError, intercept_s3
from tests.integration.speech.test_speech import TEXT, start
from tests.integration.uploads.test_uploads import upload
from tests.support.media_rows import insert_media

MEDIA = 600  # more than a batch
NAME = "2026-11-22"


@pytest.fixture
def operator(cloud: Cloud, migrated: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run as the function does: as the owner role, with a bucket for backups."""
    assert cloud
    cloud.s3.create_bucket(Bucket="backups")
    monkeypatch.setenv("BACKUPS_BUCKET", "backups")
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


def insert_media_with_objects(cloud: Cloud, *owners: User, count: int = MEDIA) -> None:
    for number in range(count):
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
    cloud.owner.execute(DELETE_ALL)
    pages = list(cloud.s3.get_paginator("list_object_versions").paginate(Bucket="library"))
    for page in pages:
        for entry in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            cloud.s3.delete_object(Bucket="library", Key=entry["Key"], VersionId=entry["VersionId"])


def save() -> int:
    return backup.save(NAME, Deadline(600)).copied


def restore() -> int:
    return backup.restore(NAME, Deadline(600)).copied


@pytest.mark.usefixtures("operator")
def test_many_media_are_restored_although_both_runs_are_killed(cloud: Cloud, alice: User, bob: User) -> None:
    insert_media_with_objects(cloud, alice, bob)
    before, objects = all_rows(cloud.owner), object_etags(cloud)

    with intercept_s3("CopyObject", fails_from_call(550)), pytest.raises(WorkerDiedError):
        save()
    with pytest.raises(RestoreError, match="no finished backup named 2026-11-22; these are finished: none"):
        restore()
    copied = save()
    assert 0 < copied < MEDIA, "the second run started from scratch"
    assert save() == 0

    delete_everything(cloud)
    with intercept_s3("CopyObject", fails_from_call(550)), pytest.raises(WorkerDiedError):
        restore()
    assert cloud.owner.execute("SELECT count(*) FROM media").fetchone() == (0,), "rows before their objects"
    assert 0 < restore() < MEDIA

    assert all_rows(cloud.owner) == before
    assert object_etags(cloud) == objects
    assert cloud.s3.head_object(Bucket="library", Key=next(iter(objects)))["ContentType"] == "text/plain"
    report = backup.check()
    assert (report.rows, report.missing, report.changed) == (MEDIA, [], [])


@pytest.mark.usefixtures("operator")
def test_a_run_ends_in_time_and_the_next_one_continues(cloud: Cloud, alice: User) -> None:
    insert_media_with_objects(cloud, alice, count=20)
    out_of_time = Deadline(1)
    assert backup.save(NAME, out_of_time) == BackupProgress(0, is_finished=False)  # the rows are saved
    rows_at = cloud.s3.head_object(Bucket="backups", Key=f"{NAME}/database/dump.json")["LastModified"]
    insert_media(cloud, alice)  # comes too late for this backup
    assert backup.save(NAME, Deadline(600)) == BackupProgress(20, is_finished=True)
    assert cloud.s3.head_object(Bucket="backups", Key=f"{NAME}/database/dump.json")["LastModified"] == rows_at
    delete_everything(cloud)
    assert backup.restore(NAME, out_of_time) == BackupProgress(0, is_finished=False)
    assert backup.restore(NAME, Deadline(600)) == BackupProgress(20, is_finished=True)
    assert cloud.owner.execute("SELECT count(*) FROM media").fetchone() == (20,)


@pytest.mark.usefixtures("operator")
def test_an_object_deleted_during_the_backup_is_in_it(cloud: Cloud, alice: User) -> None:
    insert_media_with_objects(cloud, alice, count=20)
    key = next(iter(object_etags(cloud)))
    backup.save(NAME, Deadline(1))  # only the rows
    cloud.s3.delete_object(Bucket="library", Key=key)
    assert save() == 20
    assert cloud.s3.head_object(Bucket="backups", Key=f"{NAME}/library/{key}")


def test_a_recording_its_audit_trail_and_the_row_level_security_are_restored(
    platform: Platform, cloud: Cloud, alice: User, migrated: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.s3.create_bucket(Bucket="backups")
    monkeypatch.setenv("BACKUPS_BUCKET", "backups")
    media = upload(platform, alice, TEXT)
    job = start(platform.client, alice, media["id"]).json_body
    platform.run()
    app_role = config.settings().require("database_url")
    with monkeypatch.context() as patch:
        patch.setenv("DATABASE_URL", migrated.url("visionary_owner"))
        config.settings.cache_clear()
        before = all_rows(cloud.owner)
        save()
        delete_everything(cloud)
        restore()
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
def test_a_backup_is_restored_only_into_an_empty_stage_of_its_own_revision(cloud: Cloud, alice: User) -> None:
    insert_media(cloud, alice)
    save()
    with pytest.raises(RestoreError, match="empty stage only"):
        restore()
    key = f"{NAME}/database/dump.json"
    contents = json.loads(cloud.s3.get_object(Bucket="backups", Key=key)["Body"].read())
    cloud.s3.put_object(Bucket="backups", Key=key, Body=json.dumps(contents | {"revision": "19990101000001"}))
    with pytest.raises(RestoreError, match="Deploy the release of the backup"):
        restore()


@pytest.mark.usefixtures("operator")
def test_a_damaged_backup_is_rejected_before_anything_is_written(cloud: Cloud, alice: User) -> None:
    insert_media(cloud, alice)
    save()
    delete_everything(cloud)
    key = f"{NAME}/database/media.copy.gz"
    saved = cloud.s3.get_object(Bucket="backups", Key=key)["Body"].read()
    cloud.s3.put_object(Bucket="backups", Key=key, Body=saved[:-1] + b"x")
    with pytest.raises(RestoreError, match="is not the file that was written"):
        restore()


@pytest.mark.usefixtures("operator")
def test_inconsistent_rows_and_objects_are_reported(cloud: Cloud, alice: User) -> None:
    missing, changed = insert_media(cloud, alice, etag='"1"'), insert_media(cloud, alice, etag='"1"')
    cloud.s3.put_object(Bucket="library", Key=f"media/{alice.id}/{changed}/original", Body=b"not this")
    cloud.s3.put_object(Bucket="library", Key=f"media/{uuid4()}/{uuid4()}/original", Body=b"of no account")
    report = backup.check()
    assert report.missing == [f"media/{alice.id}/{missing}/original"]
    assert report.changed == [f"media/{alice.id}/{changed}/original"]
    assert report.without_row == 1
