"""URLs of media, and their reading texts: whole, by page and in parts."""

from urllib.parse import unquote

from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Platform, User
from tests.integration.uploads.test_uploads import TEXT, upload
from tests.support.media_rows import request


def test_a_media_without_a_thumbnail_has_no_url_for_it(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, TEXT)
    response = request(platform.client, alice, "GET", f"/v1/media/{media['id']}/url?variant=thumbnail")
    assert (response.status_code, problem(response)["code"]) == (404, "no_thumbnail")
    for variant in ("original", "view"):
        assert (
            request(platform.client, alice, "GET", f"/v1/media/{media['id']}/url?variant={variant}").status_code == 200
        )


def test_a_download_keeps_its_filename_in_every_script_as_far_as_windows_can(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, TEXT, filename='Ein "Ärger" 灯塔.txt')
    response = request(platform.client, alice, "GET", f"/v1/media/{media['id']}/url?disposition=attachment").json_body
    url = unquote(unquote(response["url"]))
    assert "attachment; filename=\"Ein __rger_ __.txt\"; filename*=UTF-8''Ein _Ärger_ 灯塔.txt" in url


def test_a_text_is_returned_by_page_and_whole(platform: Platform, alice: User) -> None:
    pages = ["\n\n".join(f"Paragraph {n} of page {p} says the same as all." for n in range(200)) for p in range(3)]
    media = upload(platform, alice, "\f".join(pages).encode())
    whole = request(platform.client, alice, "GET", f"/v1/media/{media['id']}/text").json_body
    read = [
        request(platform.client, alice, "GET", f"/v1/media/{media['id']}/text?page={n}").json_body for n in (1, 2, 3)
    ]
    assert whole["pages"] == 3
    assert "".join(page["text"] for page in read) == whole["text"]
    assert all(whole["text"][page["start"] : page["end"]] == page["text"] for page in read)
    assert all(f"of page {n}" in page["text"] for n, page in enumerate(read))
    for number in (4, 10_000_000):
        assert request(platform.client, alice, "GET", f"/v1/media/{media['id']}/text?page={number}").status_code == 404


def test_parts_of_a_text_neither_share_nor_split_a_paragraph(platform: Platform, alice: User) -> None:
    paragraphs = [f"Paragraph {n} 🗼 " + "goes on and on " * (n % 40) + "and ends." for n in range(900)]
    media = upload(platform, alice, "\n\n".join(paragraphs).encode())
    path = f"/v1/media/{media['id']}/text"
    whole = request(platform.client, alice, "GET", path).json_body
    length, step = whole["length"], 10_000
    starts = range(0, length, step)
    parts = [request(platform.client, alice, "GET", f"{path}?start={at}&end={at + step}").json_body for at in starts]
    assert "".join(part["text"] for part in parts) == whole["text"]
    assert len(parts) > 20
    assert all(whole["text"][part["start"] : part["end"]] == part["text"] for part in parts)
    assert all(part["text"].startswith("Paragraph ") for part in parts)
    assert request(platform.client, alice, "GET", f"{path}?start={length}").json_body["text"] == ""
    assert request(platform.client, alice, "GET", f"{path}?start=0").json_body["end"] == length
    for wrong in ("start=5&end=4", "page=1&start=0", "start=-1", "end=x"):
        assert request(platform.client, alice, "GET", f"{path}?{wrong}").status_code == 422


def test_a_text_too_long_for_one_response_is_returned_in_parts(platform: Platform, alice: User) -> None:
    word = "Unbroken" * 3_000  # longer than the limit of a paragraph
    media = upload(
        platform, alice, "\n\n".join([word, *("A line of a very long book." * 100 for _ in range(190))]).encode()
    )
    path = f"/v1/media/{media['id']}/text"
    response = request(platform.client, alice, "GET", path)
    assert (response.status_code, problem(response)["code"]) == (422, "text_too_long")
    text, length = "", 1
    while len(text) < length:
        part = request(platform.client, alice, "GET", f"{path}?start={len(text)}").json_body
        assert part["start"] == len(text)
        assert 0 < len(part["text"]) < 530_000
        text, length = text + part["text"], part["length"]
    assert length > 500_000
    assert text.count("very long book") == 19_000
