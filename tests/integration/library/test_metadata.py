"""Metadata of media: read from uploads, corrected by their owners, and followed by titles, lists and search."""

from typing import Any

import pytest
from chalice.test import Client

from tests.integration.conftest import Cloud, Platform, User
from tests.integration.uploads.test_uploads import get, start, upload
from tests.support import media_files
from tests.support.media_files import EPUB
from tests.support.media_rows import insert_media, list_all, request

PACKAGE = media_files.PACKAGE.replace(
    "<metadata>",
    '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Lamps of the North</dc:title>'
    "<dc:creator>Ada Öberg</dc:creator><dc:language>en</dc:language><dc:publisher>Shore</dc:publisher><dc:date>1922-05</dc:date>"
    '<meta name="calibre:series" content="Lighthouses"/><meta name="calibre:series_index" content="2"/>',
)
BOOK = media_files.epub({"OEBPS/content.opf": PACKAGE})
LAMPS = {
    "title": "Lamps of the North",
    "creators": ["Ada Öberg"],
    "language": "en",
    "publisher": "Shore",
    "published": "1922-05",
    "series": "Lighthouses",
    "series_index": 2,
}
NOTHING: dict[str, Any] = {**dict.fromkeys(LAMPS), "creators": []}


def upload_book(platform: Platform, user: User) -> dict[str, Any]:
    return upload(platform, user, BOOK, filename="scan_0001.epub", media_type=EPUB)


def patch(client: Client, user: User, media_id: str, body: Any) -> dict[str, Any]:
    response = request(client, user, "PATCH", f"/v1/media/{media_id}", body)
    assert response.status_code == 200, response.body
    changed: dict[str, Any] = response.json_body
    return changed


def test_a_book_has_the_metadata_and_the_title_of_its_file(platform: Platform, alice: User) -> None:
    media = upload_book(platform, alice)
    assert media["metadata"] == LAMPS
    assert media["title"] == "Lamps of the North"


def test_a_file_that_says_nothing_is_titled_after_its_name(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, b"It began on a Tuesday.\n", filename="old_notes.txt")
    assert media["metadata"] == NOTHING
    assert media["title"] == "old notes"


def test_the_title_follows_the_metadata_until_its_owner_sets_one(platform: Platform, alice: User) -> None:
    client, media_id = platform.client, upload_book(platform, alice)["id"]
    assert patch(client, alice, media_id, {"metadata": {"title": "Lamps"}})["title"] == "Lamps"
    assert patch(client, alice, media_id, {"metadata": {"title": None}})["title"] == "scan 0001"
    assert patch(client, alice, media_id, {"title": "scan 0001"})["title"] == "scan 0001"
    corrected = patch(client, alice, media_id, {"metadata": {"title": "Lanterns"}})
    assert (corrected["title"], corrected["metadata"]["title"]) == ("scan 0001", "Lanterns")


def test_a_title_that_is_set_during_the_upload_stays(platform: Platform, alice: User) -> None:
    started = start(platform.client, alice, BOOK, filename="scan_0001.epub", media_type=EPUB)
    media_id = started.json_body["media"]["id"]
    patch(platform.client, alice, media_id, {"title": "Mine"})
    assert platform.upload_object(f"uploads/{alice.id}/{media_id}", BOOK) == []
    media = get(platform.client, alice, media_id)
    assert (media["title"], media["metadata"]) == ("Mine", LAMPS)


def test_a_correction_changes_only_what_it_names(platform: Platform, alice: User) -> None:
    client, media_id = platform.client, upload_book(platform, alice)["id"]
    changes = {
        "creators": ["Ada Oberg", "Ben  Second"],
        "published": "1923-06-01",
        "series_index": 2.5,
        "publisher": None,
    }
    assert patch(client, alice, media_id, {"metadata": changes})["metadata"] == {
        **LAMPS,
        **changes,
        "creators": ["Ada Oberg", "Ben Second"],
    }
    assert patch(client, alice, media_id, {"metadata": {"creators": None}})["metadata"]["creators"] == []
    assert patch(client, alice, media_id, {"metadata": {"creators": ["Eva"]}})["metadata"]["series_index"] == 2.5
    assert patch(client, alice, media_id, {"metadata": None})["metadata"] == LAMPS


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        (
            {"published": "31.5.1922"},
            "'31.5.1922' is not a date. Write a year, a month or a day, such as 1922, 1922-05 or 1922-05-31.",
        ),
        (
            {"published": "1922-13"},
            "'1922-13' is not a date. Write a year, a month or a day, such as 1922, 1922-05 or 1922-05-31.",
        ),
        ({"language": "English!"}, "'English!' is not a language tag. Write one such as en, de-AT or zh-Hant."),
        ({"creators": [" "]}, "This field is blank. Enter at least one visible character."),
    ],
)
def test_a_correction_that_cannot_be_is_refused_with_its_value(
    client: Client, cloud: Cloud, alice: User, metadata: Any, sentence: str
) -> None:
    media_id = insert_media(cloud, alice)
    response = request(client, alice, "PATCH", f"/v1/media/{media_id}", {"metadata": metadata})
    assert response.status_code == 422
    assert sentence in response.json_body["errors"][0]["detail"]


@pytest.mark.parametrize("metadata", [{"author": "Ada"}, {"series_index": -1}, {"creators": ["a"] * 51}, []])
def test_a_correction_of_another_form_is_refused(client: Client, cloud: Cloud, alice: User, metadata: Any) -> None:
    media_id = insert_media(cloud, alice)
    response = request(client, alice, "PATCH", f"/v1/media/{media_id}", {"metadata": metadata})
    assert response.status_code == 422


def test_a_book_is_found_by_its_title_its_author_and_its_series(platform: Platform, alice: User) -> None:
    client, media_id = platform.client, upload_book(platform, alice)["id"]
    upload(platform, alice, b"A text about lamps.\n", filename="other.txt")

    def names(q: str) -> list[str]:
        return list_all(client, alice, f"/v1/media?q={q}")

    def hits(q: str) -> list[tuple[str, str]]:
        response = request(client, alice, "GET", f"/v1/search?q={q}")
        return [(hit["media_id"], hit["snippet"]) for hit in response.json_body["items"]]

    assert names("north lamps") == names("oberg") == names("lighthouses ada") == names("scan_0001") == [media_id]
    assert hits("north") == [(media_id, "Lamps of the <mark>North</mark>")]
    assert hits("oberg") == [(media_id, "Lamps of the North · Ada <mark>Öberg</mark> · Lighthouses")]
    assert hits("lighthouse") == [(media_id, "Lamps of the North · Ada Öberg · <mark>Lighthouses</mark>")]
    patch(client, alice, media_id, {"metadata": {"creators": ["Eva Strand"], "series": None}})
    assert names("oberg") == names("lighthouses") == []
    assert hits("oberg") == hits("lighthouse") == []
    assert names("strand") == [hit for hit, _ in hits("strand")] == [media_id]


def test_a_media_of_the_release_before_has_no_metadata_and_keeps_its_title(
    client: Client, cloud: Cloud, alice: User
) -> None:
    renamed = insert_media(cloud, alice, title="My book", filename="a.pdf")
    named = insert_media(cloud, alice, title="a", filename="a.pdf")
    assert request(client, alice, "GET", f"/v1/media/{renamed}").json_body["metadata"] == NOTHING
    assert patch(client, alice, renamed, {"metadata": {"title": "Lamps"}})["title"] == "My book"
    assert patch(client, alice, named, {"metadata": {"title": "Lamps"}})["title"] == "Lamps"


def test_an_old_file_of_a_reader_that_fails_is_ready_all_the_same(platform: Platform, alice: User) -> None:
    broken = b"---\ntitle: [\n---\n" + b"# Words\n\nIt began.\n"
    assert upload(platform, alice, broken, filename="a.md", media_type="text/markdown")["metadata"] == NOTHING
