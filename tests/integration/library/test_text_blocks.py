"""Blocks, spans and what was left out: stored with a text, and returned with each part of it."""

import itertools
from typing import Any
from uuid import UUID

from chalicelib.extraction.model import BlockKind, BlockSpan, ExtractedText, Omission, PageSpan, TextSpan
from chalicelib.library import texts
from chalicelib.platform.db import database
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.uploads.test_uploads import essay, upload
from tests.support.media_rows import insert_media, request

PAGE = b"""<!doctype html><title>The rock</title><nav><a href="/">Home of the rock</a></nav>
<main><h1>The rock</h1><p>A lighthouse stands where the land ends.</p><h2>Its keeper</h2>
<ul><li>He trims the lamp.</li><li>He counts the ships.</li></ul></main>"""


def insert_document(cloud: Cloud, user: User, text: ExtractedText, **columns: Any) -> str:
    media_id = insert_media(cloud, user, language="en", text_length=len(text.text), **columns)
    with database.transaction(user.id) as connection:
        texts.save(connection, user.id, UUID(media_id), text)
    return media_id


def get_text(platform: Platform, user: User, media_id: str, query: str = "") -> dict[str, Any]:
    response = request(platform.client, user, "GET", f"/v1/media/{media_id}/text{query}")
    assert response.status_code == 200, response.body
    body: dict[str, Any] = response.json_body
    return body


def blocks_of(text: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the kind and the content of each block of a part."""
    return [
        (block["kind"], text["text"][block["start"] - text["start"] : block["end"] - text["start"]])
        for block in text["blocks"]
    ]


def test_the_blocks_of_an_uploaded_page_are_returned_with_its_text(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, PAGE, filename="rock.html", media_type="text/html")
    text = get_text(platform, alice, media["id"])
    assert (media["text_status"], media["recognition"]) == ("ready", None)
    assert blocks_of(text)[:3] == [
        ("heading", "The rock"),
        ("paragraph", "A lighthouse stands where the land ends."),
        ("heading", "Its keeper"),
    ]
    assert [block["level"] for block in text["blocks"]][:3] == [1, None, 2]
    assert "".join(content for _, content in blocks_of(text)) == text["text"].replace("\n\n", "")


def test_every_part_of_a_text_has_its_own_blocks_spans_and_omissions(
    platform: Platform, cloud: Cloud, alice: User
) -> None:
    paragraphs = [f"Paragraph {n} " + "goes on and on " * (n % 100) + "and ends." for n in range(400)]
    starts = [0, *itertools.accumulate(len(paragraph) + 2 for paragraph in paragraphs)]
    text = "\n\n".join(paragraphs)
    pages = tuple(PageSpan(n + 1, starts[n * 40], min(starts[n * 40 + 40], len(text))) for n in range(10))
    document = ExtractedText(
        text,
        (*pages, PageSpan(11, len(text), len(text))),
        (),
        "en",
        1,
        None,
        tuple(
            BlockSpan(BlockKind.PARAGRAPH, start, start + len(paragraph))
            for start, paragraph in zip(starts, paragraphs, strict=False)
        ),
        tuple(TextSpan("emphasis", start, start + 9) for start in starts[:-1]),
        tuple(Omission("paragraph", n, "running_header", f"Page {n}") for n in range(1, 12)),
    )
    media_id = insert_document(cloud, alice, document)
    whole = get_text(platform, alice, media_id)
    parts = [
        get_text(platform, alice, media_id, f"?start={at}&end={at + 10_000}") for at in range(0, len(text), 10_000)
    ]
    for name in ("blocks", "spans", "left_out"):
        assert [item for part in parts for item in part[name]] == whole[name]
    assert [content for _, content in blocks_of(whole)] == paragraphs
    assert [item["page"] for item in whole["left_out"]] == list(range(1, 12))
    assert len(parts) > 20
    of_pages = [get_text(platform, alice, media_id, f"?page={n}") for n in range(1, 12)]
    assert [item for page in of_pages for item in page["left_out"]] == whole["left_out"]
    assert [item for page in of_pages for item in page["blocks"]] == whole["blocks"]


def test_a_block_that_two_pages_share_is_cut_off_at_the_end_of_the_page(
    platform: Platform, cloud: Cloud, alice: User
) -> None:
    text = "The keeper trims the lamp and counts the ships that pass."
    pages = (PageSpan(1, 0, 26), PageSpan(2, 26, len(text)))
    blocks = (BlockSpan(BlockKind.PARAGRAPH, 0, len(text)),)
    media_id = insert_document(cloud, alice, ExtractedText(text, pages, (), "en", 11, None, blocks))
    assert blocks_of(get_text(platform, alice, media_id, "?page=1")) == [("paragraph", "The keeper trims the lamp ")]
    assert blocks_of(get_text(platform, alice, media_id, "?page=2")) == [("paragraph", text[26:])]
    with database.transaction(alice.id) as connection:
        assert texts.list_blocks(connection, UUID(media_id), 30, 35) == [*blocks]


def test_a_text_with_too_many_blocks_for_one_response_is_returned_in_parts(
    platform: Platform, cloud: Cloud, alice: User
) -> None:
    text = "\n\n".join("abcdefgh"[n % 8] for n in range(60_000))
    blocks = tuple(BlockSpan(BlockKind.LIST_ITEM, start, start + 1) for start in range(0, len(text), 3))
    media_id = insert_document(cloud, alice, ExtractedText(text, (), (), "en", 60_000, None, blocks))
    response = request(platform.client, alice, "GET", f"/v1/media/{media_id}/text")
    assert (response.status_code, problem(response)["code"]) == (422, "text_too_long")
    parts = [get_text(platform, alice, media_id, "?start=0")]
    while parts[-1]["end"] < len(text):
        parts.append(get_text(platform, alice, media_id, f"?start={parts[-1]['end']}"))
    assert "".join(part["text"] for part in parts) == text
    assert sum(len(part["blocks"]) for part in parts) == 60_000
    assert 2 < len(parts) < 6


def test_a_text_of_an_earlier_release_opens_without_blocks(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, essay(pages=3), filename="essay.pdf", media_type="application/pdf")
    cloud.owner.execute("UPDATE media_passages SET blocks = NULL, spans = NULL, left_out = NULL")
    text = get_text(platform, alice, media["id"])
    assert text["text"].startswith("This is what stands on page 1")
    assert (text["blocks"], text["spans"], text["left_out"]) == ([], [], [])


def test_a_media_says_whether_it_has_a_text(platform: Platform, cloud: Cloud, alice: User) -> None:
    unreadable = '[{"code": "unreadable", "detail": "The text could not be extracted."}]'
    for expected, columns in (
        ("none", {}),
        ("ready", {"text_length": 10}),
        ("failed", {"notes": unreadable}),
        ("failed", {"recognition_status": "failed"}),
        ("ready", {"recognition_status": "failed", "text_length": 10}),
        (
            "recognizing",
            {"recognition_status": "recognizing", "recognition_pages_done": 2, "recognition_pages_total": 9},
        ),
        ("none", {"text_length": 10, "status": "rejected"}),
    ):
        media_id = insert_media(cloud, alice, **columns)
        media = request(platform.client, alice, "GET", f"/v1/media/{media_id}").json_body
        assert media["text_status"] == expected, columns
    assert request(platform.client, alice, "GET", "/v1/media?limit=3").json_body["items"]
