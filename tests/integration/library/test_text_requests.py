"""Language and encoding that the owner of a document chooses, and texts of earlier extractors: the text is made again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from chalicelib.extraction.model import EXTRACTOR_VERSION
from chalicelib.uploads import text_reconcile
from chalicelib.uploads.text_reconcile import TextReconciliation
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDiedError, die, intercept_s3
from tests.integration.library.test_text_blocks import get_text
from tests.integration.library.test_text_versions import save_new
from tests.integration.speech.test_jobs import post, run_calls
from tests.integration.speech.test_paid_providers import provider as provider
from tests.integration.speech.test_speech import get, start
from tests.integration.uploads.test_uploads import essay, keys, upload
from tests.support.clock import run_to_completion
from tests.support.media_rows import insert_media, request

RUSSIAN = "Вечером над рекой поднялся туман, и лодки вернулись к берегу. Мы долго сидели у костра и молчали."
GERMAN = "Am Abend wurde das Meer still, und die Boote kehrten in den Hafen zurück. Wir saßen lange am Feuer."
FORMULA = f"""<!doctype html><title>Satz</title><body><p>{GERMAN}</p>
<p><math><msup><mi>x</mi><mn>2</mn></msup><mo>=</mo><mn>9</mn></math></p>"""


def patch(platform: Platform, user: User, media_id: str, **changes: Any) -> Any:
    return request(platform.client, user, "PATCH", f"/v1/media/{media_id}", changes)


def get_media(platform: Platform, user: User, media_id: str) -> dict[str, Any]:
    body: dict[str, Any] = request(platform.client, user, "GET", f"/v1/media/{media_id}").json_body
    return body


def notes_of(media: dict[str, Any]) -> list[str]:
    return [note["code"] for note in media["notes"]]


@pytest.fixture
def koi8(platform: Platform, alice: User) -> dict[str, Any]:
    """A text in KOI8-R, which was declared to be Windows-1251: it fits both."""
    content = RUSSIAN.encode("koi8-r")
    media = upload(platform, alice, content, filename="fog.txt", media_type="text/plain; charset=windows-1251")
    assert "туман" not in get_text(platform, alice, media["id"])["text"]
    return media


def test_a_text_is_read_in_the_encoding_that_its_owner_chooses(
    platform: Platform, cloud: Cloud, alice: User, koi8: dict[str, Any]
) -> None:
    changed = patch(platform, alice, koi8["id"], encoding="KOI8-R")
    assert changed.status_code == 200, changed.body
    assert (changed.json_body["encoding"], changed.json_body["text_updating"]) == ("KOI8-R", True)
    platform.run()
    media = get_media(platform, alice, koi8["id"])
    assert (media["text_updating"], media["text_version"], media["language"]) == (False, 2, "ru")
    assert get_text(platform, alice, koi8["id"])["text"] == RUSSIAN
    view = cloud.s3.get_object(Bucket="library", Key=f"media/{alice.id}/{koi8['id']}/view")["Body"].read()
    assert view.decode("utf-8-sig") == RUSSIAN
    url = request(platform.client, alice, "GET", f"/v1/media/{koi8['id']}/url?variant=view").json_body
    assert url["size_bytes"] == len(view)
    assert request(platform.client, alice, "GET", "/v1/search?q=туман").json_body["items"]


def test_without_a_choice_the_encoding_is_found_again(platform: Platform, alice: User, koi8: dict[str, Any]) -> None:
    patch(platform, alice, koi8["id"], encoding="IBM866")
    platform.run()
    assert patch(platform, alice, koi8["id"], encoding=None).json_body["encoding"] is None
    platform.run()
    media = get_media(platform, alice, koi8["id"])
    assert get_text(platform, alice, koi8["id"])["text"] == RUSSIAN
    assert notes_of(media) == ["encoding_guessed"]
    patch(platform, alice, koi8["id"], encoding="koi8-r")
    platform.run()
    assert notes_of(get_media(platform, alice, koi8["id"])) == []


def test_a_page_is_read_in_the_encoding_that_its_owner_chooses(platform: Platform, alice: User) -> None:
    page = f"<!doctype html><meta charset=windows-1251><title>A</title><body><p>{RUSSIAN}</p>".encode("koi8-r")
    media = upload(platform, alice, page, filename="fog.html", media_type="text/html")
    patch(platform, alice, media["id"], encoding="KOI8-R")
    platform.run()
    assert get_text(platform, alice, media["id"])["text"] == RUSSIAN


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-8"])
def test_an_encoding_that_does_not_fit_leaves_the_text_with_a_note(
    platform: Platform, alice: User, koi8: dict[str, Any], encoding: str
) -> None:
    before = get_text(platform, alice, koi8["id"])["text"]
    patch(platform, alice, koi8["id"], encoding=encoding)
    platform.run()
    media = get_media(platform, alice, koi8["id"])
    assert (media["text_updating"], get_text(platform, alice, koi8["id"])["text"]) == (False, before)
    (note,) = [note for note in media["notes"] if note["code"] == "text_not_updated"]
    assert f"it is not a text in {encoding}" in note["detail"]
    patch(platform, alice, koi8["id"], encoding="KOI8-R")
    platform.run()
    assert "text_not_updated" not in notes_of(get_media(platform, alice, koi8["id"]))


def test_the_chosen_language_beats_what_the_document_says(platform: Platform, alice: User) -> None:
    page = f'<!doctype html><html lang="en"><title>A</title><body><p>{GERMAN}</p>'.encode()
    media = upload(platform, alice, page, filename="sea.html", media_type="text/html")
    assert media["language"] == "en"
    changed = patch(platform, alice, media["id"], language="GER")
    assert changed.json_body["language"] == "de"
    assert post(platform, alice, f"/v1/media/{media['id']}/speech/quote").json_body["voice"] == "espeak:de"
    platform.run()
    media = get_media(platform, alice, media["id"])
    assert (media["language"], media["text_version"], media["text_updating"]) == ("de", 1, False)
    of_job = start(platform.client, alice, media["id"], language="en").json_body
    assert (of_job["language"], of_job["voice"].startswith("espeak:en")) == ("en", True)
    patch(platform, alice, media["id"], language=None)
    platform.run()
    assert get_media(platform, alice, media["id"])["language"] == "en"


def test_what_depends_on_the_language_is_said_in_the_chosen_one(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, FORMULA.encode(), filename="satz.html", media_type="text/html")
    patch(platform, alice, media["id"], language="en")
    platform.run()
    in_english = get_text(platform, alice, media["id"])
    assert "squared" in in_english["text"]
    patch(platform, alice, media["id"], language="de")
    platform.run()
    in_german = get_text(platform, alice, media["id"])
    assert "Quadrat" in in_german["text"]
    assert in_german["version"] == in_english["version"] + 1


@pytest.mark.usefixtures("provider")
def test_a_recording_goes_on_while_the_text_is_made_again(
    platform: Platform, alice: User, koi8: dict[str, Any]
) -> None:
    job_id = start(platform.client, alice, koi8["id"], language="en").json_body["id"]
    run_calls(platform, limit=1)
    patch(platform, alice, koi8["id"], encoding="KOI8-R")
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["text_version"]) == ("done", 1)
    assert get_text(platform, alice, koi8["id"])["version"] == 2


INVALID = {
    "qq": ("language", "'qq' is no language that is known. Possible are tags that begin with a code of ISO 639"),
    "English": ("language", "'English' is no language"),
    "": ("language", "'' is no language"),
    "utf-7": ("encoding", "'utf-7' is no encoding that texts are read in. Possible are: Big5,"),
    "latin-one": ("encoding", "Windows-1252"),
}


@pytest.mark.parametrize("value", INVALID)
def test_an_unknown_language_or_encoding_is_rejected_with_what_is_possible(
    platform: Platform, cloud: Cloud, alice: User, value: str
) -> None:
    field, detail = INVALID[value]
    media_id = insert_media(cloud, alice, media_type="text/plain")
    response = patch(platform, alice, media_id, title="Another", **{field: value})
    assert (response.status_code, problem(response)["code"]) == (422, f"unknown_{field}")
    assert detail in problem(response)["detail"]
    media = get_media(platform, alice, media_id)
    assert (media["title"], media["text_updating"]) == ("Book", False)


def test_only_ready_documents_have_a_language_or_an_encoding_to_choose(
    platform: Platform, cloud: Cloud, alice: User, bob: User
) -> None:
    for columns, change, code in (
        ({"status": "inspecting"}, {"language": "de"}, "not_ready"),
        ({"status": "trashed"}, {"language": "de"}, "not_ready"),
        ({"status": "rejected", "media_type": "text/plain"}, {"encoding": "utf-8"}, "not_ready"),
        ({"media_type": "image/png"}, {"language": "de"}, "no_text"),
        ({"media_type": "application/pdf"}, {"encoding": "utf-8"}, "no_encoding"),
    ):
        media_id = insert_media(cloud, alice, **columns)
        response = patch(platform, alice, media_id, **change)
        assert (response.status_code, problem(response)["code"]) == (409, code), columns
    assert patch(platform, bob, media_id, language="de").status_code == 404
    assert cloud.messages("ingest") == []


def test_the_same_choice_again_makes_no_new_text(
    platform: Platform, cloud: Cloud, alice: User, koi8: dict[str, Any]
) -> None:
    patch(platform, alice, koi8["id"], encoding="KOI8-R")
    platform.run()
    assert patch(platform, alice, koi8["id"], encoding="koi8_r").json_body["text_updating"] is False
    assert cloud.messages("ingest") == []


def test_a_language_that_no_voice_speaks_is_named(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, GERMAN.encode())
    patch(platform, alice, media["id"], language="bo")
    platform.run()
    for path in ("speech/quote", "speech"):
        response = post(platform, alice, f"/v1/media/{media['id']}/{path}")
        assert (response.status_code, problem(response)["code"]) == (422, "voice_language_mismatch")
        assert "'bo'" in problem(response)["detail"]


def test_choosing_again_while_the_text_is_made_counts(
    platform: Platform, cloud: Cloud, alice: User, koi8: dict[str, Any]
) -> None:
    patch(platform, alice, koi8["id"], encoding="IBM866")
    (message,) = cloud.messages("ingest")

    def choose_another(**_: object) -> None:
        patch(platform, alice, koi8["id"], encoding="KOI8-R")

    with intercept_s3("PutObject", choose_another):
        assert platform.deliver("ingest", [message["Body"]]) == []
    platform.run()
    assert get_text(platform, alice, koi8["id"])["text"] == RUSSIAN


def test_a_worker_that_dies_is_replaced(
    platform: Platform, cloud: Cloud, alice: User, koi8: dict[str, Any], sweeping: Sweeping
) -> None:
    patch(platform, alice, koi8["id"], encoding="KOI8-R")
    (message,) = cloud.messages("ingest")
    with intercept_s3("PutObject", die), pytest.raises(WorkerDiedError):
        platform.deliver("ingest", [message["Body"]])
    assert platform.deliver("ingest", [message["Body"]]) == []  # its lease still runs
    assert get_media(platform, alice, koi8["id"])["text_updating"] is True
    cloud.owner.execute("UPDATE text_requests SET lease_until = now(), updated_at = now() - interval '1 hour'")
    with sweeping():
        assert text_reconcile.reconcile() == TextReconciliation(requeued=1)
        assert text_reconcile.reconcile() == TextReconciliation()
    platform.run()
    assert get_text(platform, alice, koi8["id"])["text"] == RUSSIAN


def test_after_a_day_of_failures_the_former_text_stays(
    platform: Platform, cloud: Cloud, alice: User, koi8: dict[str, Any], sweeping: Sweeping
) -> None:
    before = get_text(platform, alice, koi8["id"])["text"]
    patch(platform, alice, koi8["id"], encoding="KOI8-R")
    cloud.owner.execute("UPDATE text_requests SET created_at = now() - interval '2 days', updated_at = created_at")
    cloud.owner.execute("UPDATE text_requests SET updated_at = now() - interval '1 day'")
    with sweeping():
        assert text_reconcile.reconcile() == TextReconciliation(failed=1)
    platform.run()
    media = get_media(platform, alice, koi8["id"])
    assert (media["text_updating"], notes_of(media)[-1]) == (False, "text_not_updated")
    assert get_text(platform, alice, koi8["id"])["text"] == before


# ---- texts of earlier extractors -----------------------------------------------------------------------------------------


def to_first_edition(cloud: Cloud) -> None:
    """Turn all media into what the release before would have stored."""
    cloud.owner.execute(
        """UPDATE media_passages SET blocks = NULL, spans = NULL, left_out = NULL;
           UPDATE media SET text_extractor = NULL, file_metadata = NULL; DELETE FROM text_versions"""
    )


def test_texts_of_an_earlier_release_get_blocks_and_metadata_by_and_by(
    platform: Platform, cloud: Cloud, alice: User, bob: User, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = upload(platform, alice, essay(pages=3), filename="essay.pdf", media_type="application/pdf")
    page = b"<!doctype html><title>The rock</title><meta name=author content=Brand><body><h1>A rock</h1><p>It stands."
    others = [upload(platform, bob, page, filename="rock.html", media_type="text/html") for _ in range(2)]
    recording = run_to_completion(platform, alice, start(platform.client, alice, media["id"]).json_body["id"])
    cover = f"media/{alice.id}/{media['id']}/cover.jpg"
    to_first_edition(cloud)
    cloud.s3.delete_object(Bucket="library", Key=cover)
    monkeypatch.setattr(text_reconcile, "MAX_UPGRADES_PER_RUN", 2)
    with sweeping():
        assert [text_reconcile.reconcile().upgraded for _ in range(3)] == [2, 1, 0]
    platform.run()
    with sweeping():
        assert text_reconcile.reconcile() == TextReconciliation()
    text = get_text(platform, alice, media["id"])
    assert (text["version"], bool(text["blocks"])) == (1, True)
    assert get(platform.client, alice, f"/v1/speech/{recording['id']}").json_body["text_version"] == 1
    for other in others:
        assert get_media(platform, bob, other["id"])["metadata"]["creators"] == ["Brand"]
        assert [block["kind"] for block in get_text(platform, bob, other["id"])["blocks"]] == ["heading", "paragraph"]
    assert cover in keys(cloud, "library")
    assert cloud.owner.execute("SELECT DISTINCT text_extractor FROM media").fetchall() == [(EXTRACTOR_VERSION,)]


def test_a_text_that_cannot_be_made_again_stays_and_is_not_tried_again(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    media = upload(platform, alice, essay(pages=3), filename="essay.pdf", media_type="application/pdf")
    before = get_text(platform, alice, media["id"])["text"]
    to_first_edition(cloud)
    cloud.s3.put_object(Bucket="library", Key=f"media/{alice.id}/{media['id']}/view.pdf", Body=b"%PDF-1.4 damaged")
    with sweeping():
        assert text_reconcile.reconcile() == TextReconciliation(upgraded=1)
    platform.run()
    assert get_text(platform, alice, media["id"])["text"] == before
    assert notes_of(get_media(platform, alice, media["id"])) == notes_of(media)
    with sweeping():
        assert text_reconcile.reconcile() == TextReconciliation()


def test_a_recognized_text_is_not_replaced_by_what_the_parsers_find(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    media = upload(platform, alice, essay(pages=3), filename="essay.pdf", media_type="application/pdf")
    save_new(alice, media["id"], GERMAN, "recognition")
    patch(platform, alice, media["id"], language="de")
    cloud.owner.execute("UPDATE media SET text_extractor = NULL")
    platform.run()
    assert get_text(platform, alice, media["id"])["text"] == GERMAN
    assert get_media(platform, alice, media["id"])["language"] == "de"
    assert request(platform.client, alice, "GET", "/v1/search?q=kehren").json_body["items"] == []
    assert request(platform.client, alice, "GET", "/v1/search?q=Hafens").json_body["items"]
    with sweeping():
        assert text_reconcile.reconcile() == TextReconciliation()


def test_a_request_goes_with_its_media(platform: Platform, cloud: Cloud, alice: User, koi8: dict[str, Any]) -> None:
    patch(platform, alice, koi8["id"], encoding="KOI8-R")
    path = f"/v1/media/{UUID(koi8['id'])}?permanent=true"
    assert platform.client.http.delete(path, headers=alice.headers).status_code == 204
    platform.run()
    assert cloud.owner.execute("SELECT count(*) FROM text_requests").fetchone() == (0,)
