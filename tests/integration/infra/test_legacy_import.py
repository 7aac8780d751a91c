"""Import of 500 media from the legacy stack, killed half-way and resumed, through a mapping of the legacy schema."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infra.legacy_import import import_library
from infra.legacy_import.legacy_tables import LegacyStack, MappingError, new_id
from localstack.home import ROOT
from localstack.postgres import Postgres
from tests.integration.conftest import Cloud, Platform, User, WorkerDiedError, intercept_s3, object_created_event
from tests.integration.infra.test_backup import fails_from_call

MEDIA = 500
STARTED_AT = datetime(2024, 3, 1, 12, tzinfo=UTC)
MAPPING = tomllib.loads((ROOT / "infra" / "legacy_import" / "mapping.toml").read_text())


def text(number: int) -> bytes:
    return f"The old document number {number} says this and nothing else.".encode()


def database_url(migrated: Postgres) -> str:
    return migrated.url("postgres").replace("/visionary?", "/old_stack?")


@pytest.fixture
def old(cloud: Cloud, migrated: Postgres) -> Iterator[LegacyStack]:
    """An empty legacy stack with the tables of the shipped mapping."""
    with psycopg.connect(migrated.url("postgres"), autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS old_stack")
        server.execute("CREATE DATABASE old_stack")
    cloud.s3.create_bucket(Bucket="old")
    with psycopg.connect(database_url(migrated), autocommit=True) as database:
        database.execute("""
            CREATE TABLE media_files (id serial PRIMARY KEY, user_id text, object_name text, original_filename text, title text,
                                      mime_type text, created_at timestamp, deleted_at timestamp);
            CREATE TABLE collections (id serial PRIMARY KEY, user_id text, name text, description text, created_at timestamp);
            CREATE TABLE collection_media (collection_id integer, media_id integer, position integer)""")
        yield LegacyStack(MAPPING, database, cloud.s3, "old")


@pytest.fixture
def fill(old: LegacyStack, migrated: Postgres, alice: User, bob: User) -> Callable[[int], None]:
    def insert_documents(number_of_documents: int) -> None:
        users = [str(alice.id), str(bob.id)]
        with psycopg.connect(database_url(migrated), autocommit=True) as database, database.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO media_files (user_id, object_name, original_filename, title, mime_type, created_at)"
                " VALUES (%s, %s, %s, %s, 'text/plain', %s)",
                [
                    [users[n % 2], f"u/{n}", f"notes {n}.txt", f"Notes {n}", STARTED_AT + timedelta(hours=n)]
                    for n in range(number_of_documents)
                ],
            )
        for number in range(number_of_documents):
            old.s3.put_object(Bucket="old", Key=f"u/{number}", Body=text(number))

    return insert_documents


def count_media(cloud: Cloud) -> int:
    return int(cloud.owner.execute("SELECT count(*) FROM media").fetchone()[0])  # type: ignore[index]


def incoming_objects(cloud: Cloud) -> dict[str, str]:
    """Return the keys in the incoming bucket by the MD5 of their content."""
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(Bucket="incoming")
    return {entry["ETag"].strip('"'): entry["Key"] for page in pages for entry in page.get("Contents", ())}


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def test_an_import_of_500_media_that_is_killed_half_way_resumes(
    old: LegacyStack, fill: Callable[[int], None], cloud: Cloud, platform: Platform, migrated: Postgres, alice: User
) -> None:
    fill(MEDIA)
    with psycopg.connect(database_url(migrated), autocommit=True) as database:
        database.execute(
            "INSERT INTO collections (user_id, name, created_at) VALUES (%s, 'Winter', now())", [str(alice.id)]
        )
        database.execute("INSERT INTO collection_media VALUES (1, 5, 1), (1, 1, 2), (1, 3, 3)")
    with intercept_s3("PutObject", fails_from_call(200)), pytest.raises(WorkerDiedError):
        import_library.import_library(old, dry_run=False)
    assert count_media(cloud) == 200, "the row comes before its object"
    counts, problems = import_library.import_library(old, dry_run=False)
    assert (counts["media imported"], counts["media awaiting inspection"], counts["items"], problems) == (
        301,
        199,
        3,
        [],
    )

    objects = incoming_objects(cloud)
    assert count_media(cloud) == MEDIA
    assert set(objects) == {md5(text(number)) for number in range(MEDIA)}
    assert len(set(objects.values())) == MEDIA

    # Imported media pass the usual inspection and keep their metadata.
    first = objects[md5(text(0))]
    assert platform.deliver("ingest", [object_created_event(first)]) == []
    media = platform.client.http.get(f"/v1/media/{first.rsplit('/', 1)[-1]}", headers=alice.headers).json_body
    assert (media["status"], media["title"], media["filename"]) == ("ready", "Notes 0", "notes 0.txt")
    assert media["created_at"].startswith("2024-03-01T12:00:00")
    (collection,) = platform.client.http.get("/v1/collections", headers=alice.headers).json_body["items"]
    items = platform.client.http.get(f"/v1/collections/{collection['id']}/media", headers=alice.headers).json_body[
        "items"
    ]
    assert (collection["name"], [item["title"] for item in items]) == ("Winter", ["Notes 4", "Notes 0", "Notes 2"])


def test_media_that_cannot_be_imported_are_reported_and_the_others_imported(
    old: LegacyStack, fill: Callable[[int], None], cloud: Cloud, migrated: Postgres, alice: User, tmp_path: Path
) -> None:
    fill(4)
    with psycopg.connect(database_url(migrated), autocommit=True) as database:
        database.execute("UPDATE media_files SET user_id = 'nobody' WHERE id = 2")
        database.execute("UPDATE media_files SET mime_type = '', original_filename = 'setup.exe' WHERE id = 3")
        database.execute("ALTER TABLE media_files ADD COLUMN checksum text")
        database.execute("UPDATE media_files SET checksum = repeat('0', 64) WHERE id = 4")
        owners = tmp_path / "owners.csv"
        users = {row[0] for row in database.execute("SELECT user_id FROM media_files")} - {"nobody"}
        owners.write_text("old_id,owner_id\n" + "".join(f"{user},{alice.id}\n" for user in users))
        mapping = MAPPING | {"media": MAPPING["media"] | {"sha256": "checksum"}, "owners": {"from": str(owners)}}
        counts, problems = import_library.import_library(LegacyStack(mapping, database, old.s3, "old"), dry_run=False)
    assert counts["media imported"] == 1
    assert {problem.old_id: problem.reason.split(":")[0].split(". ")[0] for problem in problems} == {
        "2": "the legacy user nobody has no account here",
        "3": "Files with the ending “.exe” are not accepted",
        "4": "its file does not match the legacy row",
    }
    assert count_media(cloud) == 1


def test_a_dry_run_reports_a_missing_file_and_writes_nothing(
    old: LegacyStack, fill: Callable[[int], None], cloud: Cloud
) -> None:
    fill(2)
    assert import_library.import_library(old, dry_run=True) == ({"media to import": 2}, [])
    assert count_media(cloud) == 0, "a dry run wrote something"
    old.s3.delete_object(Bucket="old", Key="u/1")
    _, problems = import_library.import_library(old, dry_run=True)
    assert [problem.reason for problem in problems] == ["its file 'u/1' cannot be read: 404"]


def test_a_mapping_with_an_unknown_column_is_rejected(old: LegacyStack, migrated: Postgres) -> None:
    mapping: dict[str, Any] = MAPPING | {"media": MAPPING["media"] | {"owner": "belongs_to"}}
    rejected = pytest.raises(MappingError, match=r"\[media\] does not match .*belongs_to")
    with psycopg.connect(database_url(migrated), autocommit=True) as database, rejected:
        import_library.import_library(LegacyStack(mapping, database, old.s3, "old"), dry_run=True)


def test_ids_are_deterministic_version_7_and_ordered_by_time() -> None:
    first, later = new_id("media", "1", STARTED_AT), new_id("media", "2", STARTED_AT + timedelta(seconds=1))
    assert first == new_id("media", "1", STARTED_AT) != new_id("collection", "1", STARTED_AT)
    assert (first.version, first.variant) == (7, "specified in RFC 4122")
    assert first < later
    assert len({new_id("media", str(uuid4()), STARTED_AT) for _ in range(1000)}) == 1000
