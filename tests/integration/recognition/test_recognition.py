"""The life of a recognition: from the arrival of a scan to its text, across crashes, cancellation and repetition."""

import io
import json
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from chalicelib.recognition import document, reconcile, request
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDiedError, intercept_s3, on_call
from tests.integration.speech.test_speech import start as start_speech
from tests.integration.uploads.test_uploads import upload
from tests.support import pdf_books, scans
from tests.support.scans import Scanner

PDF = "application/pdf"
SENTENCES = (
    "The harbour master counted the lanterns along the embankment, because the weather would not hold until the evening.",
    "An apprentice from the north carried the manuscript to the observatory, and nothing more was said about it in town.",
    "Our neighbour explained the arrangement to the committee before the light went out, as far as anyone remembered.",
)
TEXT = "\n\n".join(SENTENCES)
PRINTED = pdf_books.prose_pages(SENTENCES)
SCAN = scans.scan(PRINTED, Scanner(150))


def get(platform: Platform, user: User, path: str) -> Any:
    return platform.client.http.get(path, headers=user.headers)


def call(platform: Platform, user: User, method: str, path: str, body: Any = None, **headers: str) -> Any:
    content = b"" if body is None else json.dumps(body).encode()
    return platform.client.http.request(method, path, headers=user.headers | headers, body=content)


def media_of(platform: Platform, user: User, media_id: str) -> dict[str, Any]:
    body: dict[str, Any] = get(platform, user, f"/v1/media/{media_id}").json_body
    return body


def progress(pages_done: int, *, text_pages: int | None = 0) -> dict[str, int | None]:
    return {"pages_done": pages_done, "pages_total": 3, "text_pages": text_pages}


@pytest.fixture
def scan(platform: Platform, alice: User) -> dict[str, Any]:
    """A scan that has just arrived: its pages are not recognised yet."""
    return upload(platform, alice, SCAN, filename="scan.pdf", media_type=PDF)


def test_a_scan_is_ready_at_once_and_recognised_page_by_page(
    platform: Platform, alice: User, scan: dict[str, Any]
) -> None:
    path = f"/v1/media/{scan['id']}"
    assert (scan["status"], scan["text_status"], scan["is_scan"]) == ("ready", "recognizing", True)
    assert scan["recognition"] == progress(0)
    for waiting in (get(platform, alice, f"{path}/text"), start_speech(platform.client, alice, scan["id"])):
        assert (waiting.status_code, problem(waiting)["code"]) == (409, "recognizing")
    assert get(platform, alice, f"{path}/url?variant=view").status_code == 200

    messages = [message["Body"] for message in platform.cloud.messages("recognition")]
    assert len(messages) == 3
    assert platform.deliver("recognize", messages[:1]) == []
    assert media_of(platform, alice, scan["id"])["recognition"] == progress(1, text_pages=1)
    platform.run()
    assert platform.deliver("recognize", messages) == [], "a message may arrive late"

    media = media_of(platform, alice, scan["id"])
    assert (media["text_status"], media["recognition"], media["notes"]) == ("ready", None, [])
    assert (media["language"], media["page_count"], media["is_scan"]) == ("en", 3, True)
    text = get(platform, alice, f"{path}/text").json_body
    assert (text["text"], text["pages"]) == (TEXT, 3)
    assert text["blocks"][-1]["end"] == len(text["text"])
    (hit,) = get(platform, alice, '/v1/search?q="apprentice from the north"').json_body["items"]
    assert (hit["media_id"], hit["page"]) == (scan["id"], 2)
    job = start_speech(platform.client, alice, scan["id"])
    assert job.status_code == 202


def test_the_first_pages_can_be_spoken_and_keep_their_text(
    platform: Platform, cloud: Cloud, alice: User, scan: dict[str, Any]
) -> None:
    messages = [message["Body"] for message in cloud.messages("recognition")]
    cloud.owner.execute("UPDATE recognition_pages SET lease_until = now() + interval '1 hour' WHERE page = 1")
    assert platform.deliver("recognize", messages[:1]) == []
    assert media_of(platform, alice, scan["id"])["recognition"] == progress(1)
    waiting = start_speech(platform.client, alice, scan["id"])
    assert (waiting.status_code, problem(waiting)["code"]) == (409, "recognizing"), "page 2 is no beginning"
    cloud.owner.execute("UPDATE recognition_pages SET lease_until = NULL WHERE page = 1")
    cloud.owner.execute("UPDATE recognition_pages SET lease_until = now() + interval '1 hour' WHERE page = 3")
    assert platform.deliver("recognize", messages[:1]) == []

    media = media_of(platform, alice, scan["id"])
    assert (media["text_status"], media["recognition"]) == ("recognizing", progress(2, text_pages=2))
    beginning = "\n\n".join(SENTENCES[:2])
    assert get(platform, alice, f"/v1/media/{scan['id']}/text").json_body["text"] == beginning
    beyond = start_speech(platform.client, alice, scan["id"], end=len(TEXT))
    assert beyond.status_code == 422
    assert "so far" in problem(beyond)["detail"]
    job = start_speech(platform.client, alice, scan["id"]).json_body
    assert job["characters"] == len(beginning)
    cloud.owner.execute("UPDATE recognition_pages SET lease_until = NULL")
    assert platform.deliver("recognize", messages[:1]) == []
    platform.run()

    media = media_of(platform, alice, scan["id"])
    job = get(platform, alice, f"/v1/speech/{job['id']}").json_body
    assert (media["text_status"], job["status"]) == ("ready", "done")
    assert job["text_version"] < media["text_version"], "the recording keeps the text that it was made of"
    former = get(platform, alice, f"/v1/media/{scan['id']}/text?version={job['text_version']}").json_body
    assert former["text"] == beginning
    assert get(platform, alice, f"/v1/media/{scan['id']}/text").json_body["text"] == TEXT


def test_the_view_copy_gets_the_words_and_shows_what_it_showed(
    platform: Platform, cloud: Cloud, alice: User, scan: dict[str, Any]
) -> None:
    key = f"media/{alice.id}/{scan['id']}/view.pdf"
    before = cloud.s3.get_object(Bucket="library", Key=key)["Body"].read()
    platform.run()
    after = cloud.s3.get_object(Bucket="library", Key=key)
    signed = get(platform, alice, f"/v1/media/{scan['id']}/url?variant=view").json_body
    assert (signed["etag"], signed["size_bytes"]) == (after["ETag"], after["ContentLength"])
    layered = pypdfium2.PdfDocument(after["Body"].read())
    assert layered[0].get_textpage().get_text_range().startswith("The harbour master counted")
    shown = [pypdfium2.PdfDocument(before)[0], layered[0]]
    assert len({page.render(scale=1).to_pil().tobytes() for page in shown}) == 1


def test_a_scan_can_be_recognised_again_in_other_languages(
    platform: Platform, alice: User, scan: dict[str, Any]
) -> None:
    path = f"/v1/media/{scan['id']}/recognition"
    running = call(platform, alice, "POST", path, {})
    assert (running.status_code, problem(running)["code"]) == (409, "recognition_running")
    platform.run()
    text = get(platform, alice, f"/v1/media/{scan['id']}/text").json_body["text"]
    unknown = call(platform, alice, "POST", path, {"languages": ["tlh"]})
    assert (unknown.status_code, problem(unknown)["code"]) == (422, "unknown_language")
    assert "'tlh'" in problem(unknown)["detail"]
    assert "en, de" in problem(unknown)["detail"]
    again = call(platform, alice, "POST", path, {"languages": ["de", "en-GB"]}, **{"Idempotency-Key": "again"})
    assert (again.status_code, again.json_body["text_status"]) == (202, "recognizing")
    repeated = call(platform, alice, "POST", path, {"languages": ["de", "en-GB"]}, **{"Idempotency-Key": "again"})
    assert repeated.json_body == again.json_body
    assert get(platform, alice, f"/v1/media/{scan['id']}/text").json_body["text"] == text, "meanwhile it keeps its text"
    waiting = start_speech(platform.client, alice, scan["id"])
    assert (waiting.status_code, problem(waiting)["code"]) == (409, "recognizing")
    platform.run()
    assert media_of(platform, alice, scan["id"])["text_status"] == "ready"
    events = get(platform, alice, "/v1/account/audit?limit=100").json_body["items"]
    requested = [event["detail"] for event in events if event["action"] == "recognition.requested"]
    assert requested == [
        {"pages": 3, "languages": "de,en", "automatic": False},
        {"pages": 3, "languages": "", "automatic": True},
    ]


def test_a_recognition_can_be_cancelled_and_its_late_messages_do_nothing(
    platform: Platform, cloud: Cloud, alice: User, bob: User, scan: dict[str, Any]
) -> None:
    path = f"/v1/media/{scan['id']}/recognition"
    messages = [message["Body"] for message in cloud.messages("recognition")]
    assert platform.deliver("recognize", messages[:1]) == []
    assert call(platform, bob, "DELETE", path).status_code == 404
    assert call(platform, alice, "DELETE", path).status_code == 204
    assert call(platform, alice, "DELETE", path).status_code == 404
    assert platform.deliver("recognize", messages) == []
    media = media_of(platform, alice, scan["id"])
    assert (media["text_status"], media["recognition"]) == ("ready", None), "it keeps its first page"
    assert [note["code"] for note in media["notes"]] == ["some_pages_without_text"]
    again = call(platform, alice, "POST", path, {})
    assert (again.status_code, again.json_body["recognition"]) == (202, progress(0))


def test_only_scans_are_recognised_on_request(platform: Platform, alice: User, bob: User, scan: dict[str, Any]) -> None:
    printed = upload(platform, alice, PRINTED, filename="book.pdf", media_type=PDF)
    text = upload(platform, alice, b"A sentence.", filename="a.txt", media_type="text/plain")
    for media in (printed, text):
        assert (media["text_status"], media["recognition"]) == ("ready", None)
        response = call(platform, alice, "POST", f"/v1/media/{media['id']}/recognition", {})
        assert (response.status_code, problem(response)["code"]) == (409, "not_a_scan")
    assert call(platform, bob, "POST", f"/v1/media/{scan['id']}/recognition", {}).status_code == 404


def test_ten_recognitions_can_be_requested_in_an_hour(platform: Platform, alice: User, scan: dict[str, Any]) -> None:
    path = f"/v1/media/{scan['id']}/recognition"
    assert get(platform, alice, "/v1/account").json_body["limits"]["recognitions_per_hour"] == request.PER_HOUR == 10
    for _ in range(request.PER_HOUR):
        assert call(platform, alice, "DELETE", path).status_code == 204
        assert call(platform, alice, "POST", path, {}).status_code == 202
    assert call(platform, alice, "DELETE", path).status_code == 204
    response = call(platform, alice, "POST", path, {})
    assert (response.status_code, problem(response)["code"]) == (409, "limit_reached")


def test_a_worker_that_dies_repeats_no_page_but_its_own(
    platform: Platform, cloud: Cloud, alice: User, scan: dict[str, Any]
) -> None:
    messages = [message["Body"] for message in cloud.messages("recognition")]
    assert platform.deliver("recognize", messages[:1]) == []
    cloud.owner.execute(
        "UPDATE recognition_pages SET lease_until = now() + interval '1 hour', attempts = 1 WHERE page = 2"
    )
    platform.run()  # a worker holds page 2: the others finish what is left
    assert platform.deliver("recognize", messages[1:]) == []
    assert media_of(platform, alice, scan["id"])["recognition"] == progress(2, text_pages=1)
    cloud.owner.execute("UPDATE recognition_pages SET lease_until = now() - interval '1 s'")
    assert platform.deliver("recognize", messages[:1]) == []
    assert media_of(platform, alice, scan["id"])["text_status"] == "ready"


def test_a_worker_that_dies_behind_the_view_copy_is_followed_by_one_that_makes_the_same(
    platform: Platform, cloud: Cloud, alice: User, scan: dict[str, Any]
) -> None:
    messages = [message["Body"] for message in cloud.messages("recognition")]
    with intercept_s3("PutObject", on_call(1), moment="after-call"), pytest.raises(WorkerDiedError):
        platform.deliver("recognize", messages)
    cloud.owner.execute("UPDATE recognitions SET lease_until = now() - interval '1 s'")
    assert platform.deliver("recognize", messages[:1]) == []
    media = media_of(platform, alice, scan["id"])
    assert media["text_status"] == "ready"
    key = f"media/{alice.id}/{scan['id']}/view.pdf"
    layered = pypdfium2.PdfDocument(cloud.s3.get_object(Bucket="library", Key=key)["Body"].read())
    assert layered[0].get_textpage().get_text_range().count("The harbour master") == 1


def test_a_page_that_fails_three_times_is_noted_and_skipped(
    platform: Platform, cloud: Cloud, alice: User, scan: dict[str, Any]
) -> None:
    cloud.owner.execute(
        "UPDATE recognition_pages SET attempts = 3, lease_until = now() - interval '1 s' WHERE page = 2"
    )
    platform.run()
    media = media_of(platform, alice, scan["id"])
    assert media["text_status"] == "ready"
    note = next(note for note in media["notes"] if note["code"] == "pages_not_recognized")
    assert note["detail"].startswith("The text of page 2 could not be recognized")


def test_a_document_of_which_no_page_can_be_recognised_has_failed(
    platform: Platform, cloud: Cloud, alice: User, scan: dict[str, Any]
) -> None:
    cloud.owner.execute("UPDATE recognition_pages SET attempts = 3, lease_until = now() - interval '1 s'")
    platform.run()
    media = media_of(platform, alice, scan["id"])
    assert (media["text_status"], media["recognition"]) == ("failed", progress(0, text_pages=None))
    assert call(platform, alice, "POST", f"/v1/media/{scan['id']}/recognition", {}).status_code == 202


def test_a_stalled_recognition_is_resumed_by_the_sweep(
    platform: Platform, cloud: Cloud, alice: User, scan: dict[str, Any], sweeping: Sweeping
) -> None:
    cloud.messages("recognition")  # lost
    with sweeping():
        assert reconcile.reconcile() == 0
    cloud.owner.execute("UPDATE recognitions SET updated_at = now() - interval '11 minutes'")
    with sweeping():
        assert reconcile.reconcile() == 1
    platform.run()
    assert media_of(platform, alice, scan["id"])["text_status"] == "ready"


def test_a_scan_in_the_trash_waits_until_it_is_restored(
    platform: Platform, cloud: Cloud, alice: User, scan: dict[str, Any]
) -> None:
    messages = [message["Body"] for message in cloud.messages("recognition")]
    assert call(platform, alice, "DELETE", f"/v1/media/{scan['id']}").status_code == 204
    assert platform.deliver("recognize", messages) == []
    assert call(platform, alice, "POST", f"/v1/media/{scan['id']}/restore").status_code == 200
    assert platform.deliver("recognize", messages) == []
    platform.run()
    assert media_of(platform, alice, scan["id"])["text_status"] == "ready"


def test_a_purged_scan_leaves_nothing_behind(
    platform: Platform, cloud: Cloud, alice: User, scan: dict[str, Any]
) -> None:
    messages = [message["Body"] for message in cloud.messages("recognition")]
    assert platform.deliver("recognize", messages[:1]) == []
    assert call(platform, alice, "DELETE", f"/v1/media/{scan['id']}?permanent=true").status_code == 204
    assert platform.deliver("recognize", messages) == []
    rows = cloud.owner.execute("SELECT count(*) FROM recognition_pages").fetchone()
    assert rows == (0,)


def test_a_scan_of_an_earlier_release_is_recognised_on_request(platform: Platform, cloud: Cloud, alice: User) -> None:
    """Its pages are not known: the first worker finds them."""
    media = upload(platform, alice, SCAN, filename="scan.pdf", media_type=PDF)
    cloud.messages("recognition")
    cloud.owner.execute("DELETE FROM recognitions")
    cloud.owner.execute("UPDATE media SET recognition_status = NULL, recognition_pages_total = NULL")
    response = call(platform, alice, "POST", f"/v1/media/{media['id']}/recognition", {"languages": ["en"]})
    assert response.json_body["recognition"] == {"pages_done": 0, "pages_total": 0, "text_pages": None}
    platform.run()
    assert media_of(platform, alice, media["id"])["text_status"] == "ready"


def test_only_the_pages_without_text_of_a_mixed_document_are_recognised(platform: Platform, alice: User) -> None:
    mixed = pypdfium2.PdfDocument.new()
    mixed.import_pages(pypdfium2.PdfDocument(PRINTED), [0])
    mixed.import_pages(pypdfium2.PdfDocument(SCAN), [1])
    content = io.BytesIO()
    mixed.save(content)
    media = upload(platform, alice, content.getvalue(), filename="mixed.pdf", media_type=PDF)
    assert media["recognition"] == {"pages_done": 0, "pages_total": 1, "text_pages": 1}
    assert [note["code"] for note in media["notes"]] == ["some_pages_without_text"]
    platform.run()
    media = media_of(platform, alice, media["id"])
    assert (media["text_status"], media["notes"]) == ("ready", [])
    pages = [get(platform, alice, f"/v1/media/{media['id']}/text?page={page}").json_body["text"] for page in (1, 2)]
    assert all(len(page) > 100 for page in pages)


def test_a_scan_without_words_says_so(platform: Platform, alice: User) -> None:
    out = io.BytesIO()
    shades = Image.radial_gradient("L").resize((1_240, 1_754))
    shades.save(out, "PDF", resolution=150)
    media = upload(platform, alice, out.getvalue(), filename="picture.pdf", media_type=PDF)
    assert media["text_status"] == "recognizing"
    platform.run()
    media = media_of(platform, alice, media["id"])
    assert (media["text_status"], [note["code"] for note in media["notes"]]) == ("none", ["empty"])


@pytest.mark.parametrize(
    ("pages", "listed"),
    [([3], "page 3"), ([1, 2, 3], "pages 1–3"), ([1, 3, 4, 9], "pages 1, 3–4 and 9"), ([1, 2, 9], "pages 1–2 and 9")],
)
def test_pages_are_listed_as_people_write_them(pages: list[int], listed: str) -> None:
    assert document.page_list(pages) == listed


def picture_of(text: str, image_format: str, *, mode: str = "L", **options: Any) -> bytes:
    """Return a picture of a printed page."""
    image = scans.first_picture(pdf_books.prose_pages((text,)), Scanner(150)).convert(mode)
    out = io.BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("filename", "image_format", "mode"), [("page.jpg", "JPEG", "RGB"), ("page.png", "PNG", "RGBA")]
)
def test_the_text_of_a_picture_is_recognised_on_request(
    platform: Platform, cloud: Cloud, alice: User, bob: User, filename: str, image_format: str, mode: str
) -> None:
    content = picture_of(SENTENCES[0], image_format, mode=mode)
    media_type = f"image/{image_format.lower()}"
    media = upload(platform, alice, content, filename=filename, media_type=media_type)
    path = f"/v1/media/{media['id']}"
    assert (media["text_status"], media["recognition"], media["is_scan"]) == ("none", None, False)
    assert not cloud.messages("recognition"), "not without a request"
    view = get(platform, alice, f"{path}/url?variant=view").json_body
    assert call(platform, bob, "POST", f"{path}/recognition", {}).status_code == 404
    started = call(platform, alice, "POST", f"{path}/recognition", {"languages": ["en"]}).json_body
    assert (started["text_status"], started["recognition"]["pages_total"], started["is_scan"]) == (
        "recognizing",
        1,
        True,
    )
    platform.run()

    media = media_of(platform, alice, media["id"])
    assert (media["text_status"], media["language"], media["notes"], media["is_scan"]) == ("ready", "en", [], True)
    assert get(platform, alice, f"{path}/text").json_body["text"] == SENTENCES[0]
    assert get(platform, alice, f"{path}/url?variant=view").json_body["etag"] == view["etag"], (
        "the picture stays as it is"
    )
    (hit,) = get(platform, alice, '/v1/search?q="lanterns along the embankment"').json_body["items"]
    assert hit["media_id"] == media["id"]
    assert start_speech(platform.client, alice, media["id"]).status_code == 202
    chosen = call(platform, alice, "PATCH", path, {"language": "de"})
    assert (chosen.status_code, chosen.json_body["language"]) == (200, "de")


def test_a_picture_that_cannot_be_read_has_failed(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, picture_of(SENTENCES[0], "PNG"), filename="page.png", media_type="image/png")
    cloud.s3.put_object(Bucket="library", Key=f"media/{alice.id}/{media['id']}/view", Body=b"damaged")
    assert call(platform, alice, "POST", f"/v1/media/{media['id']}/recognition", {}).status_code == 202
    platform.run()
    media = media_of(platform, alice, media["id"])
    assert (media["text_status"], media["recognition"]["pages_done"]) == ("failed", 0)


def test_a_picture_without_words_says_so(platform: Platform, alice: User) -> None:
    out = io.BytesIO()
    Image.radial_gradient("L").resize((600, 400)).save(out, "PNG")
    media = upload(platform, alice, out.getvalue(), filename="photo.png", media_type="image/png")
    assert call(platform, alice, "POST", f"/v1/media/{media['id']}/recognition", {}).status_code == 202
    platform.run()
    media = media_of(platform, alice, media["id"])
    assert (media["text_status"], [note["code"] for note in media["notes"]]) == ("none", ["empty"])
