"""The contents of documents."""

from dataclasses import replace
from uuid import UUID

from chalice.test import Client

from chalicelib.extraction.model import BlockKind, BlockSpan
from chalicelib.library import contents, texts
from chalicelib.library.model import Chapter
from chalicelib.library.passage_store import Heading
from chalicelib.platform.db import database
from tests.integration.conftest import Cloud, User
from tests.support.extracted_texts import plain_text
from tests.support.media_rows import insert_media, request


def test_headings_of_all_levels_are_listed_with_their_places(
    client: Client, cloud: Cloud, alice: User, bob: User
) -> None:
    text = "One\n\nFirst text.\n\nOne and\na half\n\nMore.\n\nTwo\n\nThe end."
    headings = {"One": 2, "One and\na half": 3, "Two": 2}
    blocks = [
        BlockSpan(BlockKind.HEADING, text.index(title), text.index(title) + len(title), level)
        for title, level in headings.items()
    ]
    media_id = insert_media(cloud, alice, text_length=len(text))
    with database.transaction(alice.id) as connection:
        texts.save(connection, alice.id, UUID(media_id), replace(plain_text(text), blocks=tuple(blocks)))
    found = request(client, alice, "GET", f"/v1/media/{media_id}/contents").json_body
    assert [(item["level"], item["title"], item["start"]) for item in found["items"]] == [
        (1, "One", 0), (2, "One and a half", text.index("One and")), (1, "Two", text.index("Two"))
    ]  # fmt: skip
    assert request(client, bob, "GET", f"/v1/media/{media_id}/contents").status_code == 404
    assert request(client, alice, "GET", f"/v1/media/{media_id}/contents?version=9").status_code == 404


def test_a_chapter_that_starts_with_a_heading_is_one_entry() -> None:
    chapters = [Chapter(title="Cover", start=0, end=10), Chapter(title="1. The Sea", start=10, end=90)]
    entries = contents.merge(
        chapters, [Heading(10, 1, 3, "The Sea"), Heading(40, 2, 4, "Waves"), Heading(60, 2, 4, " ")]
    )
    assert [(entry.level, entry.title, entry.start, entry.page) for entry in entries] == [
        (1, "Cover", 0, None), (1, "1. The Sea", 10, 3), (2, "Waves", 40, 4)
    ]  # fmt: skip
