"""Imports: pages and files of the web, and texts, as media that passed the same inspection as an upload."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.imports.model import MAX_BYTES, PER_HOUR
from chalicelib.platform import config
from chalicelib.uploads import reconcile
from tests.fakes.web_site import Resource, WebSite
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User, intercept_s3, object_created_event, on_call
from tests.integration.uploads.test_uploads import keys, quota
from tests.support import media_files, pdf_books

PARAGRAPH = (
    "The keeper climbed the stairs at dusk, lit the lamp, wound the clockwork, and wrote the weather into the log. "
)
TABLE = "<table><tr><th>Year</th><th>Ships</th></tr><tr><td>1921</td><td>14</td></tr><tr><td>1922</td><td>17</td></tr></table>"
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>The Lighthouse | Harbour News</title>
<meta property="og:title" content="The Lighthouse"><meta name="author" content="Ida Brandt">
<link rel="stylesheet" href="/style.css"><script src="/track.js"></script></head>
<body><nav><a href="/">Home</a> <a href="/shop">Shop</a></nav><div class="sidebar">Subscribe to our newsletter now!</div>
<article><h1>The Lighthouse</h1><p>{PARAGRAPH * 5}</p>
<figure><img data-src="/lamp.png" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="The lamp"></figure>
<p onclick="steal()">{PARAGRAPH * 5}<a href="/more">Read more</a></p>{TABLE}
<p>{PARAGRAPH * 4}</p><img src="http://169.254.169.254/secret.png" alt="A secret"><img src="/lamp.png" alt="Again">
<iframe src="https://video.example/"></iframe></article><footer>Imprint and privacy</footer></body></html>""".encode()


@pytest.fixture
def site(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebSite]:
    monkeypatch.setenv("IMPORT_ALLOW_LOOPBACK", "true")
    config.settings.cache_clear()
    assert cloud
    lamp = Resource((media_files.saved(media_files.drawn(), "PNG"),), "image/png")
    with WebSite({"/article": Resource((PAGE,)), "/lamp.png": lamp}) as started:
        yield started


def send(platform: Platform, user: User, body: dict[str, Any], **headers: str) -> Any:
    content = json.dumps(body).encode()
    return platform.client.http.post("/v1/imports", headers=user.headers | headers, body=content)


def get(platform: Platform, user: User, path: str) -> Any:
    return platform.client.http.get(path, headers=user.headers).json_body


def finish(platform: Platform, user: User, media_id: str) -> dict[str, Any]:
    """Deliver all messages, and S3's event of what was fetched; return the media."""
    platform.run()
    key = f"uploads/{user.id}/{media_id}"
    if key in keys(platform.cloud, "incoming"):
        assert platform.deliver("ingest", [object_created_event(key)]) == []
    media: dict[str, Any] = get(platform, user, f"/v1/media/{media_id}")
    return media


def import_page(platform: Platform, user: User, url: str) -> dict[str, Any]:
    response = send(platform, user, {"url": url})
    assert response.status_code == 202, response.body
    return finish(platform, user, response.json_body["id"])


def test_an_article_becomes_a_document_without_what_is_around_it(
    platform: Platform, cloud: Cloud, alice: User, site: WebSite
) -> None:
    response = send(platform, alice, {"url": site.url("/article#top")})
    started = response.json_body
    assert (response.status_code, response.headers["Location"]) == (202, f"/v1/media/{started['id']}")
    assert (started["status"], started["source_url"]) == ("pending", site.url("/article"))
    assert quota(cloud, alice) == (MAX_BYTES, 1)
    assert get(platform, alice, f"/v1/uploads/{started['id']}")["upload"] is None, "the client has nothing to send"

    media = finish(platform, alice, started["id"])
    assert (media["status"], media["media_type"], media["notes"]) == ("ready", "text/html", [])
    assert (media["title"], media["filename"]) == ("The Lighthouse", "The Lighthouse.html")
    assert (media["metadata"]["creators"], media["language"]) == (["Ida Brandt"], "en")
    assert media["source_url"] == site.url("/article")
    assert quota(cloud, alice) == (media["size_bytes"], 1)
    text = get(platform, alice, f"/v1/media/{media['id']}/text")["text"]
    assert text.startswith("The Lighthouse\n\nThe keeper climbed the stairs")
    assert "1922" in text
    for around in ("Subscribe", "Shop", "Imprint"):
        assert around not in text
    page = cloud.s3.get_object(Bucket="library", Key=f"media/{alice.id}/{media['id']}/original")["Body"].read().decode()
    assert page.count("data:image/png;base64,") == 2
    assert 'href="' + site.url("/more") in page
    assert "A secret" in page
    for left_out in ("onclick", "<script", "<iframe", "169.254"):
        assert left_out not in page
    assert [path for path, _ in site.requests] == ["/article", "/lamp.png"], "each once, and no styles"
    assert not keys(cloud, "incoming")
    (event,) = [e for e in get(platform, alice, "/v1/account/audit")["items"] if e["action"] == "import.requested"]
    assert (event["subject_id"], event["detail"]) == (media["id"], {"source": "url", "host": "127.0.0.1"})


def test_a_file_is_imported_as_what_it_is(platform: Platform, alice: User, site: WebSite) -> None:
    pdf = pdf_books.prose_page("The harbour master counted the lanterns.")
    named = {"Content-Disposition": "attachment; filename*=UTF-8''Zw%C3%B6lf%20Lampen.pdf"}
    site.resources |= {
        "/files/the%20report.pdf": Resource((pdf,), "application/pdf"),
        "/download?id=7": Resource((pdf,), "application/octet-stream", headers=named),
        "/notes.txt": Resource(("Größe und Gewicht".encode("latin-1"),), "text/plain; charset=iso-8859-1"),
    }
    names = [import_page(platform, alice, site.url(path)) for path in list(site.resources)[2:]]
    assert [(media["status"], media["filename"], media["media_type"]) for media in names] == [
        ("ready", "the report.pdf", "application/pdf"),
        ("ready", "Zwölf Lampen.pdf", "application/pdf"),
        ("ready", "notes.txt", "text/plain"),
    ]
    assert not names[0]["is_scan"]
    assert get(platform, alice, f"/v1/media/{names[2]['id']}/text")["text"] == "Größe und Gewicht"


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        (Resource((b"gone",), status=404), "import_failed:status"),
        (Resource(status=302, headers={"Location": "http://10.0.0.1/"}), "import_failed:redirect"),
        (Resource((b"MZ" * 50,), "application/x-msdownload"), "import_failed:type_not_allowed"),
        (Resource((b"x" * (MAX_BYTES + 1),), "application/pdf"), "import_failed:too_large"),
        (Resource((b"",)), "import_failed:empty"),
        (Resource((b"<html><body><div id=app></div><script>run()</script>",)), "import_failed:no_text"),
        (Resource((b"\0\1\2" * 50,), "application/pdf"), "type_mismatch"),  # by the inspection
    ],
)
def test_what_cannot_be_imported_is_rejected_with_its_reason(
    platform: Platform, cloud: Cloud, alice: User, site: WebSite, resource: Resource, code: str
) -> None:
    site.resources["/tested"] = resource
    media = import_page(platform, alice, site.url("/tested"))
    assert (media["status"], media["rejection"]["code"]) == ("rejected", code)
    assert media["rejection"]["detail"].endswith(".")
    assert quota(cloud, alice) == (0, 0)
    assert not keys(cloud, "incoming")


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://[::1]/", "http://10.0.0.1/", "ftp://a.example/x"]
)
def test_a_literal_address_that_is_not_public_is_refused_at_once(
    platform: Platform, cloud: Cloud, alice: User, url: str
) -> None:
    response = send(platform, alice, {"url": url})
    assert (response.status_code, problem(response)["errors"][0]["field"]) == (422, "url")
    assert not cloud.messages("imports")
    assert quota(cloud, alice) == (0, 0)


def test_loopback_is_refused_on_a_deployed_stage(
    platform: Platform, alice: User, site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE", "prod")
    config.settings.cache_clear()
    assert send(platform, alice, {"url": site.url("/article")}).status_code == 422


def test_a_text_becomes_a_document_with_its_title(platform: Platform, cloud: Cloud, alice: User) -> None:
    text = "Äpfel und Birnen\n\nSie wuchsen am Hang, und im Herbst fielen sie von selbst ins hohe Gras."
    titled = send(platform, alice, {"text": text, "title": "Obst: eine Liste/2"})
    assert titled.status_code == 202
    media = finish(platform, alice, titled.json_body["id"])
    assert (media["status"], media["title"], media["source_url"]) == ("ready", "Obst: eine Liste/2", None)
    assert (media["media_type"], media["size_bytes"]) == ("text/plain", len(text.encode()))
    assert get(platform, alice, f"/v1/media/{media['id']}/text")["text"] == text
    untitled = finish(platform, alice, send(platform, alice, {"text": text}).json_body["id"])
    assert untitled["title"] == "Äpfel und Birnen"
    assert cloud.messages("imports") == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": " \n"},
        {"text": ""},
        {"title": "x"},
        {"url": "https://a.example/", "text": "x"},
        {"url": "https://a.example/", "title": "x"},
    ],
)
def test_a_request_has_either_an_address_or_a_text(platform: Platform, alice: User, body: dict[str, Any]) -> None:
    assert send(platform, alice, body).status_code == 422


def test_a_repeated_request_imports_once(platform: Platform, cloud: Cloud, alice: User, site: WebSite) -> None:
    for body in ({"url": site.url("/article")}, {"text": "A sentence."}):
        first, again = (send(platform, alice, body, **{"Idempotency-Key": str(body)[:40]}) for _ in range(2))
        assert first.json_body["id"] == again.json_body["id"]
    assert len(cloud.messages("imports")) == 1
    assert quota(cloud, alice)[1] == 2


def test_a_message_may_arrive_twice_and_late(platform: Platform, cloud: Cloud, alice: User, site: WebSite) -> None:
    media_id = send(platform, alice, {"url": site.url("/article")}).json_body["id"]
    (message,) = [message["Body"] for message in cloud.messages("imports")]
    with intercept_s3("PutObject", on_call(1)), pytest.raises(BaseException):  # noqa: B017 - a worker's death
        platform.deliver("fetch_import", [message])
    assert platform.deliver("fetch_import", [message, message]) == []
    media = finish(platform, alice, media_id)
    assert (media["status"], media["notes"]) == ("ready", [])
    site.resources["/article"] = Resource(status=500)
    assert platform.deliver("fetch_import", [message]) == []
    assert finish(platform, alice, media_id)["status"] == "ready", "a failure that comes late changes nothing"


def test_an_import_can_be_cancelled_and_belongs_to_one_user(
    platform: Platform, cloud: Cloud, alice: User, bob: User, site: WebSite
) -> None:
    media_id = send(platform, alice, {"url": site.url("/article")}).json_body["id"]
    path = f"/v1/uploads/{media_id}"
    assert platform.client.http.delete(path, headers=bob.headers).status_code == 404
    assert platform.client.http.delete(path, headers=alice.headers).status_code == 204
    finish(platform, alice, media_id)
    assert platform.client.http.get(f"/v1/media/{media_id}", headers=alice.headers).status_code == 404
    assert (keys(cloud, "incoming"), quota(cloud, alice)) == (set(), (0, 0))


def test_there_is_a_limit_for_each_hour(platform: Platform, cloud: Cloud, alice: User, bob: User) -> None:
    for number in range(PER_HOUR):
        assert send(platform, alice, {"text": f"Sentence {number}."}).status_code == 202
    refused = send(platform, alice, {"text": "One more."})
    assert (refused.status_code, problem(refused)["code"]) == (409, "limit_reached")
    assert int(refused.headers["Retry-After"]) > 60
    assert quota(cloud, alice)[1] == PER_HOUR
    assert send(platform, bob, {"text": "One more."}).status_code == 202
    assert get(platform, alice, "/v1/account")["limits"]["imports_per_hour"] == PER_HOUR == 60


def test_an_import_whose_page_never_comes_is_rejected_by_the_sweep(
    platform: Platform, cloud: Cloud, alice: User, site: WebSite, sweeping: Sweeping
) -> None:
    media_id = send(platform, alice, {"url": site.url("/article")}).json_body["id"]
    for minutes, status in ((20, "pending"), (31, "rejected")):
        cloud.owner.execute("UPDATE media SET created_at = now() - make_interval(mins => %s)", [minutes])
        with sweeping():
            reconcile.reconcile()
        media = get(platform, alice, f"/v1/media/{media_id}")
        assert media["status"] == status
    assert media["rejection"]["code"] == "import_failed:timeout"
    assert quota(cloud, alice) == (0, 0)
