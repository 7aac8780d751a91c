"""Display forms of documents: their sections, the pictures in them, and who may see them."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from chalicelib.extraction.model import EXTRACTOR_VERSION
from chalicelib.uploads import text_reconcile
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.uploads.test_uploads import TEXT, keys, upload
from tests.support.media_files import EPUB
from tests.support.media_rows import request
from tests.unit.illustrations.test_collect import PICTURE, book

Sweeping = Callable[[], AbstractContextManager[None]]

BODY = (
    "<h1>The first chapter</h1><p>It began on a <em>Tuesday</em> 🗼, long ago.</p><img src='a.png' alt='A lighthouse at dusk'/>"
    "<ul><li>Cut the hole.</li><li>Wait for the fish.</li></ul><p onclick='x()'>It ended on Friday.</p><script>1</script>"
)


def upload_book(platform: Platform, user: User, body: str = BODY) -> dict[str, Any]:
    return upload(platform, user, book([body], a=PICTURE), filename="Ice.epub", media_type=EPUB)


def test_a_book_is_shown_in_sections_whose_text_runs_carry_their_offsets(
    platform: Platform, alice: User, cloud: Cloud
) -> None:
    media = upload_book(platform, alice)
    path = f"/v1/media/{media['id']}"
    text = request(platform.client, alice, "GET", f"{path}/text").json_body
    document = request(platform.client, alice, "GET", f"{path}/document").json_body
    assert media["has_document"]
    assert document["text_version"] == text["version"]
    assert document["length"] == text["length"]
    assert [(section["start"], section["end"]) for section in document["sections"]] == [(0, text["length"])]
    section = request(platform.client, alice, "GET", f"{path}/document/0").json_body
    runs = re.findall(r'<span data-start="(\d+)">([^<]*)</span>', section["html"])
    assert [run for _, run in runs if run == "Tuesday"]
    assert all(text["text"][int(start) : int(start) + len(run)] == run for start, run in runs)
    assert "onclick" not in section["html"]
    assert "script" not in section["html"]
    (name,) = section["images"]
    assert f'data-image="{name}" alt="A lighthouse at dusk" width="300" height="200"' in section["html"]
    assert f"/pictures/{name}?" in section["images"][name]
    (key,) = [key for key in keys(cloud, "library") if key.endswith(name)]
    assert cloud.s3.get_object(Bucket="library", Key=key)["Body"].read(3) == b"\xff\xd8\xff"


def test_a_media_without_a_display_form_and_a_missing_section_are_not_found(platform: Platform, alice: User) -> None:
    plain = upload(platform, alice, TEXT)
    response = request(platform.client, alice, "GET", f"/v1/media/{plain['id']}/document")
    assert (response.status_code, problem(response)["code"]) == (404, "no_display_form")
    assert not plain["has_document"]
    media = upload_book(platform, alice)
    for index in ("1", "-1", "x", "9" * 30):
        assert request(platform.client, alice, "GET", f"/v1/media/{media['id']}/document/{index}").status_code == 404


def test_the_display_form_is_the_owners_and_closed_in_the_trash(platform: Platform, alice: User, bob: User) -> None:
    media = upload_book(platform, alice)
    paths = [f"/v1/media/{media['id']}/document", f"/v1/media/{media['id']}/document/0"]
    assert {request(platform.client, bob, "GET", path).status_code for path in paths} == {404}
    assert request(platform.client, alice, "DELETE", f"/v1/media/{media['id']}").status_code == 204
    assert {request(platform.client, alice, "GET", path).status_code for path in paths} == {409}


def test_a_document_of_an_earlier_release_gets_its_display_form_in_the_background(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    media = upload_book(platform, alice)
    path = f"/v1/media/{media['id']}/document"
    cloud.owner.execute("UPDATE media SET display = NULL, text_extractor = %s", [EXTRACTOR_VERSION - 1])
    assert request(platform.client, alice, "GET", path).status_code == 404
    with sweeping():
        assert text_reconcile.reconcile().upgraded == 1
    response = request(platform.client, alice, "GET", path)
    assert (response.status_code, problem(response)["code"]) == (409, "text_updating")
    platform.run()
    document = request(platform.client, alice, "GET", path).json_body
    assert document["text_version"] == 1
    assert request(platform.client, alice, "GET", f"{path}/0").status_code == 200


def test_a_text_that_is_made_again_has_a_display_form_of_its_own(platform: Platform, alice: User, cloud: Cloud) -> None:
    content = "<h1>Ärger</h1><p>Zwölf Boxkämpfer jagen Viktor über den großen Deich.</p>".encode("cp1252")
    media = upload(platform, alice, content, filename="a.html", media_type="text/html")
    path = f"/v1/media/{media['id']}/document"
    (former,) = [key for key in keys(cloud, "library") if "/display/" in key]
    changed = request(platform.client, alice, "PATCH", f"/v1/media/{media['id']}", {"encoding": "iso-8859-5"})
    assert changed.status_code == 200, changed.body
    platform.run()
    document = request(platform.client, alice, "GET", path).json_body
    assert document["text_version"] == 2
    assert "Ärger" not in request(platform.client, alice, "GET", f"{path}/0").json_body["html"]
    assert cloud.owner.execute("SELECT key FROM object_deletions").fetchall() == [(former,)]
