"""Annotations: their places in a text, and what becomes of them when the text is made again."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from chalice.test import Client, HTTPResponse

from chalicelib.annotations import service
from chalicelib.extraction.model import ExtractedText, PageSpan
from chalicelib.library import text_versions, texts
from chalicelib.library.model import VersionReason
from chalicelib.platform.db import database
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, User
from tests.support.media_rows import insert_media, request

FIRST = "The keeper trims the lamp at dusk, and counts the ships that pass below his rock.\n\n"
SECOND = "In the morning the gulls return; nobody else has come this way since the spring tides."
TEXT = FIRST + SECOND
LAMP = TEXT.index("lamp")
GULLS = TEXT.index("gulls return")


def extracted(*pages: str) -> ExtractedText:
    """Return a text with pages."""
    spans, start = [], 0
    for number, page in enumerate(pages, 1):
        spans.append(PageSpan(number, start, start + len(page)))
        start += len(page)
    text = "".join(pages)
    return ExtractedText(text, tuple(spans), (), "en", len(text.split()), warning=None)


def insert_document(cloud: Cloud, user: User, *pages: str, **columns: Any) -> str:
    text = extracted(*pages)
    values = {"page_count": len(pages), "text_length": len(text.text) or None, "text_version": 1, **columns}
    media_id = insert_media(cloud, user, **values)
    with database.transaction(user.id) as connection:
        texts.save(connection, user.id, UUID(media_id), text)
    return media_id


@pytest.fixture
def media_id(client: Client, cloud: Cloud, alice: User) -> str:
    assert client
    return insert_document(cloud, alice, FIRST, SECOND, title="The Harbour Light")


def annotate(client: Client, user: User, media_id: str, **body: Any) -> HTTPResponse:
    return request(client, user, "POST", f"/v1/media/{media_id}/annotations", body)


def highlight(client: Client, user: User, media_id: str, passage: str, **body: Any) -> Any:
    start = TEXT.index(passage)
    response = annotate(client, user, media_id, kind="highlight", start=start, end=start + len(passage), **body)
    assert response.status_code == 201, response.body
    return response.json_body


def listed(client: Client, user: User, media_id: str) -> list[Any]:
    items: list[Any] = request(client, user, "GET", f"/v1/media/{media_id}/annotations").json_body["items"]
    return items


def insert_copies(cloud: Cloud, number: int) -> None:
    """Insert copies of the only annotation."""
    cloud.owner.execute(
        """INSERT INTO annotations (id, owner_id, media_id, kind, text_start, text_end, page, quotation, folded)
           SELECT gen_random_uuid(), owner_id, media_id, kind, text_start, text_end, page, quotation, folded
           FROM annotations, generate_series(1, %s)""",
        [number],
    )


def make_text_again(user: User, media_id: str, *pages: str) -> None:
    with database.transaction(user.id) as connection:
        text_versions.save_new(connection, user.id, UUID(media_id), extracted(*pages), VersionReason.UPGRADE)


def actions(client: Client, user: User) -> list[tuple[str, Any]]:
    events = request(client, user, "GET", "/v1/account/audit").json_body["items"]
    return [(event["action"], event["detail"]) for event in reversed(events)]


def test_a_highlight_is_created_changed_and_deleted(client: Client, alice: User, media_id: str) -> None:
    made = highlight(client, alice, media_id, "gulls return", note=" They\r\nreturn. ", colour="green")
    assert (made["start"], made["end"], made["page"], made["colour"]) == (GULLS, GULLS + 12, 2, "green")
    assert (made["quotation"]["exact"], made["note"], made["detached"]) == ("gulls return", "They\nreturn.", False)
    assert made["quotation"]["prefix"].endswith("In the morning the ")
    assert made["media_title"] == "The Harbour Light"
    assert listed(client, alice, media_id) == [made]
    path = f"/v1/annotations/{made['id']}"
    read = request(client, alice, "GET", path)
    changed = request(client, alice, "PATCH", path, {"colour": "pink"}, **{"If-Match": read.headers["ETag"]}).json_body
    assert (changed["colour"], changed["note"]) == ("pink", "They\nreturn.")
    stale = request(client, alice, "PATCH", path, {"note": None}, **{"If-Match": read.headers["ETag"]})
    assert stale.status_code == 412
    assert request(client, alice, "PATCH", path, {"note": None}).json_body["note"] is None
    assert request(client, alice, "DELETE", path).status_code == 204
    assert request(client, alice, "DELETE", path).status_code == 404
    assert listed(client, alice, media_id) == []
    assert actions(client, alice) == [
        ("annotation.created", {"kind": "highlight"}),
        ("annotation.updated", {"fields": "colour"}),
        ("annotation.updated", {"fields": "note"}),
        ("annotation.deleted", {"kind": "highlight"}),
    ]


def test_bookmarks_are_of_a_place_or_of_a_page(client: Client, alice: User, cloud: Cloud, media_id: str) -> None:
    of_place = annotate(client, alice, media_id, kind="bookmark", start=LAMP, end=LAMP + 4).json_body
    assert (of_place["start"], of_place["end"], of_place["page"], of_place["colour"]) == (LAMP, LAMP, 1, None)
    assert of_place["quotation"]["exact"].startswith("lamp at dusk")
    of_page = annotate(client, alice, media_id, kind="bookmark", page=2).json_body
    assert (of_page["start"], of_page["page"]) == (len(FIRST), 2)
    at_the_end = annotate(client, alice, media_id, kind="bookmark", start=len(TEXT)).json_body
    assert (at_the_end["start"], at_the_end["page"]) == (len(TEXT), 2)
    scan = insert_document(cloud, alice, "", "", "")
    of_scan = annotate(client, alice, scan, kind="bookmark", page=3).json_body
    assert (of_scan["start"], of_scan["page"], of_scan["quotation"]["exact"]) == (0, 3, "")
    assert problem(annotate(client, alice, scan, kind="bookmark", start=0))["code"] == "no_text"
    make_text_again(alice, scan, "One.\n\n", "Two.\n\n", "Three.")
    (recognized,) = listed(client, alice, scan)
    assert (recognized["start"], recognized["quotation"]["exact"]) == (12, "Three.")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"kind": "highlight", "start": 10, "end": 5_000}, "5,000"),
        ({"kind": "highlight", "start": 10, "end": 10}, "10"),
        ({"kind": "highlight", "start": 0, "end": 9_000}, "9,000"),
        ({"kind": "highlight", "page": 1}, "`start` and `end`"),
        ({"kind": "bookmark", "start": 777}, "777"),
        ({"kind": "bookmark", "page": 3}, "no page 3"),
        ({"kind": "bookmark"}, "`start` or `page`"),
        ({"kind": "bookmark", "start": 1, "colour": "pink"}, "pink"),
        ({"kind": "sticker", "start": 1}, "sticker"),
        ({"kind": "highlight", "start": 1, "end": 5, "colour": "mauve"}, "mauve"),
        ({"kind": "bookmark", "start": 1, "note": "n" * 10_001}, "10001"),
        ({"kind": "bookmark", "start": 1, "note": " \n"}, "blank"),
        ({"kind": "bookmark", "start": 1, "note": "a\x00b"}, "control characters"),
    ],
)
def test_a_wrong_value_is_named(client: Client, alice: User, media_id: str, body: Any, named: str) -> None:
    response = annotate(client, alice, media_id, **body)
    assert response.status_code == 422, response.body
    assert named in json.dumps(problem(response), ensure_ascii=False)
    assert listed(client, alice, media_id) == []


def test_the_id_of_a_client_creates_one_annotation(client: Client, alice: User, bob: User, cloud: Cloud) -> None:
    mine, theirs = insert_document(cloud, alice, TEXT), insert_document(cloud, bob, TEXT)
    identifier = str(uuid4())
    made = highlight(client, alice, mine, "lamp", id=identifier, note="First.")
    assert made["id"] == identifier
    again = annotate(client, alice, mine, kind="bookmark", start=0, id=identifier, note="Second.")
    assert (again.status_code, again.json_body) == (200, made)
    assert highlight(client, bob, theirs, "gulls", id=identifier)["quotation"]["exact"] == "gulls"
    assert listed(client, alice, mine) == [made]
    elsewhere = annotate(client, alice, insert_document(cloud, alice, TEXT), kind="bookmark", start=0, id=identifier)
    assert (elsewhere.status_code, problem(elsewhere)["code"]) == (409, "id_taken")
    assert request(client, bob, "DELETE", f"/v1/annotations/{identifier}").status_code == 204
    assert listed(client, alice, mine) == [made]


def test_annotations_of_other_users_do_not_exist(client: Client, alice: User, bob: User, media_id: str) -> None:
    made = highlight(client, alice, media_id, "lamp", note="Mine.")
    path = f"/v1/annotations/{made['id']}"
    for method, body in (("GET", None), ("PATCH", {"note": "Theirs."}), ("DELETE", None)):
        assert request(client, bob, method, path, body).status_code == 404
    assert annotate(client, bob, media_id, kind="bookmark", start=0).status_code == 404
    for of_media in ("", "/export"):
        assert request(client, bob, "GET", f"/v1/media/{media_id}/annotations{of_media}").status_code == 404
    assert request(client, bob, "GET", "/v1/annotations").json_body["items"] == []
    assert request(client, alice, "GET", path).json_body == made


def test_annotations_of_a_document_in_the_trash_come_back_with_it(
    client: Client, alice: User, media_id: str, cloud: Cloud
) -> None:
    made = highlight(client, alice, media_id, "lamp")
    request(client, alice, "DELETE", f"/v1/media/{media_id}")
    assert request(client, alice, "GET", "/v1/annotations").json_body["items"] == []
    assert request(client, alice, "GET", f"/v1/annotations/{made['id']}").status_code == 404
    assert annotate(client, alice, media_id, kind="bookmark", start=0).status_code == 409
    request(client, alice, "POST", f"/v1/media/{media_id}/restore", {})
    assert request(client, alice, "GET", "/v1/annotations").json_body["items"] == [made]
    request(client, alice, "DELETE", f"/v1/media/{media_id}?permanent=true")
    assert cloud.owner.execute("SELECT count(*) FROM annotations").fetchone() == (0,)


def test_a_search_finds_passages_notes_and_names(client: Client, alice: User, cloud: Cloud, media_id: str) -> None:
    lamp = highlight(client, alice, media_id, "trims the lamp", note="Über Öl")
    gulls = highlight(client, alice, media_id, "gulls return")
    other = insert_document(cloud, alice, TEXT, title="Élan", filename="a.txt", folded_name="elan a.txt")
    place = annotate(client, alice, other, kind="bookmark", start=0).json_body

    def found(query: str) -> list[str]:
        items = request(client, alice, "GET", f"/v1/annotations?q={query}").json_body["items"]
        return [item["id"] for item in items]

    assert found("") == [place["id"], gulls["id"], lamp["id"]]
    assert found("LAMP uber") == [lamp["id"]]
    assert found("élan") == [place["id"]]
    assert found("gulls lamp") == []


def test_the_change_feed_lists_annotations(client: Client, alice: User, media_id: str) -> None:
    start = request(client, alice, "GET", "/v1/changes").json_body["next_cursor"]
    kept, gone = (highlight(client, alice, media_id, passage)["id"] for passage in ("lamp", "gulls"))
    request(client, alice, "DELETE", f"/v1/annotations/{gone}")
    page = request(client, alice, "GET", f"/v1/changes?cursor={start}").json_body
    changes = {item["id"]: item["deleted"] for item in page["items"] if item["kind"] == "annotation"}
    assert changes == {kept: False, gone: True}
    request(client, alice, "PATCH", f"/v1/annotations/{kept}", {"note": "New."})
    page = request(client, alice, "GET", f"/v1/changes?cursor={page['next_cursor']}").json_body
    assert [(item["id"], item["media_id"]) for item in page["items"]] == [(kept, media_id)]
    request(client, alice, "DELETE", f"/v1/media/{media_id}?permanent=true")
    page = request(client, alice, "GET", f"/v1/changes?cursor={page['next_cursor']}").json_body
    assert (kept, True) in [(item["id"], item["deleted"]) for item in page["items"]]


def test_lists_have_pages_in_the_order_of_the_text(client: Client, alice: User, media_id: str) -> None:
    starts = [40, 0, 40, 12, 77]
    for start in starts:
        annotate(client, alice, media_id, kind="bookmark", start=start)
    seen: list[int] = []
    path = f"/v1/media/{media_id}/annotations?limit=2"
    page = request(client, alice, "GET", path).json_body
    while True:
        seen += [item["start"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        page = request(client, alice, "GET", f"{path}&cursor={page['next_cursor']}").json_body
    assert seen == sorted(starts)


def test_the_limit_is_said_and_the_retry_of_the_last_one_is_not_refused(
    client: Client, alice: User, cloud: Cloud, media_id: str
) -> None:
    limits = request(client, alice, "GET", "/v1/account").json_body["limits"]
    assert (limits["annotations"], limits["annotation_note_characters"]) == (10_000, 10_000)
    last = highlight(client, alice, media_id, "lamp", id=str(uuid4()))
    insert_copies(cloud, limits["annotations"] - 1)
    full = annotate(client, alice, media_id, kind="bookmark", start=1)
    assert (full.status_code, problem(full)["code"]) == (409, "limit_reached")
    assert "10,000" in problem(full)["detail"]
    repeated = annotate(client, alice, media_id, kind="highlight", start=LAMP, end=LAMP + 4, id=last["id"])
    assert repeated.status_code == 200


# ---- text versions ------------------------------------------------------------------------------------------------------


def test_annotations_move_with_their_words(client: Client, alice: User, media_id: str) -> None:
    highlight(client, alice, media_id, "gulls return", note="Kept.")
    annotate(client, alice, media_id, kind="bookmark", start=LAMP)
    foreword = "A foreword that nobody had read before, of some length.\n\n"
    make_text_again(alice, media_id, foreword, FIRST.replace("dusk", "dawn"), SECOND.replace("; nobody", "; no one"))
    text = foreword + FIRST.replace("dusk", "dawn") + SECOND.replace("; nobody", "; no one")
    bookmark, passage = listed(client, alice, media_id)
    assert text[bookmark["start"] :].startswith("lamp at dawn")
    assert (bookmark["start"], bookmark["page"], bookmark["detached"]) == (bookmark["end"], 2, False)
    assert text[passage["start"] : passage["end"]] == passage["quotation"]["exact"] == "gulls return"
    assert (passage["page"], passage["note"], passage["detached"]) == (3, "Kept.", False)


def test_a_passage_that_is_gone_is_detached_and_found_again(client: Client, alice: User, media_id: str) -> None:
    made = highlight(client, alice, media_id, "gulls return", note="Kept.")
    make_text_again(alice, media_id, "Something else entirely; not one phrase of it was kept by any printer.")
    (detached,) = listed(client, alice, media_id)
    assert (detached["detached"], detached["note"], detached["quotation"]) == (True, "Kept.", made["quotation"])
    assert "no longer in the text" in export(client, alice, media_id, "markdown").body.decode()
    make_text_again(alice, media_id, FIRST, SECOND)
    (found,) = listed(client, alice, media_id)
    assert {**found, "updated_at": ""} == {**made, "updated_at": ""}


def test_an_annotation_of_a_former_text_is_created_at_its_quote(client: Client, alice: User, media_id: str) -> None:
    make_text_again(alice, media_id, "A foreword.\n\n", FIRST, SECOND)
    passage = {"kind": "highlight", "start": GULLS, "end": GULLS + 12, "quote": "gulls return"}
    moved = annotate(client, alice, media_id, **passage).json_body
    assert (moved["start"], moved["end"], moved["page"]) == (GULLS + 13, GULLS + 25, 3)
    unknown = annotate(
        client, alice, media_id, kind="highlight", start=9_000, end=9_011, quote="zebra grazes", note="Kept."
    )
    assert (unknown.status_code, unknown.json_body["detached"]) == (201, True)
    assert (unknown.json_body["quotation"]["exact"], unknown.json_body["note"]) == ("zebra grazes", "Kept.")


# ---- export -------------------------------------------------------------------------------------------------------------


def export(client: Client, user: User, media_id: str, file_format: str) -> HTTPResponse:
    return request(client, user, "GET", f"/v1/media/{media_id}/annotations/export?format={file_format}")


def test_all_annotations_of_a_document_are_exported(client: Client, alice: User, cloud: Cloud, media_id: str) -> None:
    annotate(client, alice, media_id, kind="bookmark", start=LAMP)
    more_than_one_read = service.ROWS_PER_READ + 1
    insert_copies(cloud, more_than_one_read - 1)
    markdown = export(client, alice, media_id, "markdown")
    assert markdown.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert 'filename="The Harbour Light.md"' in markdown.headers["Content-Disposition"]
    assert markdown.body.decode().count("**Bookmark, page 1**") == more_than_one_read
    collection = json.loads(export(client, alice, media_id, "jsonld").body)
    assert (collection["total"], len(collection["first"]["items"])) == (more_than_one_read, more_than_one_read)
    assert export(client, alice, media_id, "pdf").status_code == 422
