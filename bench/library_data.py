"""Databases of any size for benchmarks: owners, media with a page of text each, tags, collections.

They are filled by SQL and kept for the next run.
"""

from __future__ import annotations

import os
import random
import time
from dataclasses import astuple
from pathlib import Path
from uuid import UUID

import psycopg
from alembic import command
from alembic.config import Config

from chalicelib.library import search_terms
from chalicelib.platform import config
from chalicelib.platform.db import database
from localstack.postgres import Postgres

OWNERS = 1_000
CONSTANT_MEDIA = 1_000  # of the owner who has the same number in a small and in a large database
BODIES = 1_000  # different pages of text, shared by all owners
VOCABULARY = 20_000  # words: the active vocabulary of a well-read person
PAGE_WORDS = 250
COMMON = "harbour"  # on every second page
FEW = "lantern"  # on five pages of each owner
NEEDLE = "zephyr quartz"  # on one page of each owner
SYLLABLES = [a + b for a in "bdfghjklmnpqrstvwz" for b in "aeiou"]


def owner(number: int) -> UUID:
    """Return the id of an owner. Owners 0 to 999 share the rows evenly."""
    return UUID(f"00000000-0000-4000-8000-{number:012x}")


CONSTANT_OWNER = owner(OWNERS)


def superuser_url() -> str:
    """Return the database URL of the superuser, who sees the rows of all owners."""
    return os.environ["DATABASE_URL"].replace("visionary_app@", "postgres@")


def use_database(url: str) -> None:
    """Configure the application to use this database."""
    os.environ |= {
        "STAGE": "bench",
        "INCOMING_BUCKET": "incoming",
        "LIBRARY_BUCKET": "library",
        "DATABASE_URL": url,
        "SIGNING_SECRET": "s" * 32,
        "SECRET_KEY": "the secret of an existing system, long enough",
        "TTS_PROVIDERS": "espeak",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    config.settings.cache_clear()
    database._discard()


def prepare(folder: Path, rows: int) -> Postgres:
    """Start a server with `rows` media of 1,000 owners, and 1,000 media of another owner."""
    server = Postgres(folder / f"library-{rows}" / "data")
    server.start()
    use_database(server.url("visionary_owner"))
    command.upgrade(Config("alembic.ini"), "head")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        count = connection.execute("SELECT count(*) FROM media").fetchone()
        if count != (rows + CONSTANT_MEDIA,):
            started = time.perf_counter()
            _fill(connection, rows)
            print(f"filled with {rows:,} media in {time.perf_counter() - started:.0f} s")
        connection.execute("CHECKPOINT")
    use_database(server.url("visionary_app"))
    return server


def _fill(connection: psycopg.Connection[tuple[object, ...]], rows: int) -> None:
    connection.execute("SET maintenance_work_mem = '1GB'; SET synchronous_commit = off")
    connection.execute("TRUNCATE accounts CASCADE; TRUNCATE search_configs")
    index = connection.execute("SELECT pg_get_indexdef('search_words_found'::regclass)").fetchone()
    assert index is not None
    connection.execute("DROP INDEX search_words_found")
    _write_bodies(connection)
    connection.execute(
        """INSERT INTO accounts (owner_id)
           SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid FROM generate_series(0, %s) AS n""",
        [OWNERS],
    )
    connection.execute("INSERT INTO search_configs SELECT owner_id, 'english' FROM accounts")
    # The constant owner's rows are spread among the others, as if all were uploaded over the same years.
    connection.execute(
        f"""CREATE TEMPORARY TABLE new_media AS
            SELECT gen_random_uuid() AS id, nth, owner, turn,
                   ('00000000-0000-4000-8000-' || lpad(to_hex(owner), 12, '0'))::uuid AS owner_id
            FROM (SELECT n AS nth, n %% {OWNERS} AS owner, n / {OWNERS} AS turn FROM generate_series(0, %(rows)s - 1) AS n
                  UNION ALL SELECT n * %(rows)s / {CONSTANT_MEDIA}, {OWNERS}, n FROM generate_series(0, {CONSTANT_MEDIA} - 1) AS n
            ) AS turns ORDER BY nth, owner""",  # noqa: S608 - constants
        {"rows": rows},
    )
    connection.execute(
        """INSERT INTO media (id, owner_id, filename, title, media_type, size_bytes, status, rejection_code, rejection_detail,
                              upload_expires_at, created_at, ready_at, language, text_length, page_count, word_count,
                              folded_name)
           SELECT new_media.id, owner_id, 'report_' || turn || '.pdf',
                  initcap(split_part(body, ' ', 1 + turn %% 40)) || ' ' || turn,
                  CASE WHEN turn %% 4 = 0 THEN 'text/plain' ELSE 'application/pdf' END, 1000 + (nth * 7919::bigint) %% 5000000,
                  CASE WHEN turn %% 100 = 7 THEN 'rejected' ELSE 'ready' END,
                  CASE WHEN turn %% 100 = 7 THEN 'malformed' END, CASE WHEN turn %% 100 = 7 THEN 'It cannot be read.' END,
                  now(), now() - make_interval(secs => nth * 60), now(), 'en', length(body), 1, 250,
                  split_part(body, ' ', 1 + turn %% 40) || ' ' || turn || ' report_' || turn || '.pdf'
           FROM new_media JOIN bodies ON bodies.id = (nth * 31 + owner) %% %s""",
        [BODIES],
    )
    page = """CASE WHEN turn = 3 THEN 'zephyr quartz ' ELSE '' END || CASE WHEN turn BETWEEN 2 AND 6 THEN 'lantern ' ELSE '' END
              || CASE WHEN turn % 2 = 0 THEN 'harbour ' ELSE '' END"""
    connection.execute(
        f"""INSERT INTO media_passages (media_id, owner_id, number, page, text_start, text_end, body)
            SELECT id, owner_id, 1, 1, 0, length(text), text FROM (
                SELECT new_media.id, owner_id, {page} || body AS text
                FROM new_media JOIN bodies ON bodies.id = (nth * 31 + owner) % {BODIES}
            ) AS pages"""  # noqa: S608 - constants
    )
    # The names are folded already. An entry by an earlier release would say that they are not.
    connection.execute("ALTER TABLE search_words DISABLE TRIGGER clear_folded_name")
    connection.execute(
        f"""INSERT INTO search_words (media_id, owner_id, number, config, words)
            SELECT new_media.id, new_media.owner_id, 1, 'english',
                   app.to_search_vector('english', lower(title), {page}) || bodies.words
            FROM new_media JOIN bodies ON bodies.id = (nth * 31 + owner) % {BODIES} JOIN media ON media.id = new_media.id"""  # noqa: S608
    )
    connection.execute("ALTER TABLE search_words ENABLE TRIGGER clear_folded_name")
    connection.execute("INSERT INTO media_tags SELECT id, owner_id, 'tag ' || turn % 50 FROM new_media")
    connection.execute(
        "INSERT INTO collections (id, owner_id, name) SELECT gen_random_uuid(), owner_id, 'Shelf' FROM accounts"
    )
    connection.execute(
        """INSERT INTO collection_items (collection_id, media_id, owner_id, position)
           SELECT collections.id, new_media.id, owner_id, turn * 4294967296 FROM new_media JOIN collections USING (owner_id)
           WHERE turn % 3 = 0"""
    )
    connection.execute(str(index[0]))
    connection.execute("VACUUM ANALYZE")


def _write_bodies(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Write pages of invented words: as in every language, a few are frequent and most are rare."""
    generator = random.Random(1)  # noqa: S311 - the same pages on every run
    vocabulary = sorted({"".join(generator.choices(SYLLABLES, k=3)) for _ in range(3 * VOCABULARY)})[:VOCABULARY]
    generator.shuffle(vocabulary)
    connection.execute("DROP TABLE IF EXISTS bodies")
    connection.execute("CREATE TABLE bodies (id integer PRIMARY KEY, body text, words tsvector)")
    for number in range(BODIES):
        words = (vocabulary[int(generator.random() ** 4 * len(vocabulary))] for _ in range(PAGE_WORDS))
        body = " ".join(words)
        connection.execute(
            "INSERT INTO bodies VALUES (%s, %s, app.to_folded_vector('english', %s, %s))",
            [number, body, *astuple(search_terms.index_terms(body))],
        )
