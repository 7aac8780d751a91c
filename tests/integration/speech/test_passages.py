"""Passages in another language: spoken by a voice of that language, and quoted and billed at its price."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.platform import config
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_jobs import post, quote, start_job
from tests.integration.speech.test_paid_providers import provider as provider
from tests.integration.speech.test_preferences import put
from tests.integration.uploads.test_uploads import upload
from tests.support.clock import run_to_completion

ENGLISH, GERMAN = "The keeper counts 12 waves.", "Der Wärter zählt 12 Wellen."
FRENCH = "Puis il dort très longtemps."


def upload_document(platform: Platform, user: User, *paragraphs: str) -> str:
    body = f"<!doctype html><html lang=en><title>Waves</title><body>{''.join(paragraphs)}</body></html>"
    media: dict[str, Any] = upload(platform, user, body.encode(), media_type="text/html", filename="waves.html")
    assert (media["status"], media["language"]) == ("ready", "en"), media
    return str(media["id"])


def spoken(cloud: Cloud, job_id: str) -> dict[str, tuple[str, str]]:
    """Return the voice and provider of each segment, by its text."""
    rows = cloud.owner.execute(
        """SELECT substr(body, segment.text_start + 1, segment.text_end - segment.text_start), segment.voice, segment.language
           FROM speech_segments AS segment JOIN speech_jobs AS job ON job.id = job_id
           JOIN media_passages AS passage USING (media_id) WHERE job.id = %s AND segment.status = 'done'""",
        [job_id],
    )
    return {text: (voice, language) for text, voice, language in rows}


def test_a_passage_is_spoken_by_a_voice_of_its_language_and_normalized_in_it(
    platform: Platform, alice: User, cloud: Cloud
) -> None:
    media_id = upload_document(
        platform, alice, f"<p>{ENGLISH}</p><p lang=de>{GERMAN}</p><p>So <i lang=fr>déjà vu</i>.</p>"
    )
    quoted = quote(platform, alice, media_id)
    assert (quoted["voice"], quoted["passage_voices"]) == ("espeak:en-us", {"de": "espeak:de"})
    said = ENGLISH.replace("12", "twelve"), GERMAN.replace("12", "zwölf"), "So déjà vu."
    assert quoted["characters"] == sum(map(len, said))
    job = run_to_completion(platform, alice, start_job(platform, alice, media_id))
    assert (job["status"], job["language"], job["passage_voices"]) == ("done", "en", {"de": "espeak:de"})
    assert spoken(cloud, job["id"]) == {
        ENGLISH: ("espeak:en-us", None),
        GERMAN: ("espeak:de", "de"),
        "So déjà vu.": ("espeak:en-us", None),
    }
    again = quote(platform, alice, media_id)
    assert again["cached_characters"] == again["characters"]
    in_german = quote(platform, alice, media_id, language="de")
    assert in_german["passage_voices"] == {}, "an English document that is said to be German has no English passages"


def test_each_passage_costs_what_its_voice_does(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify
) -> None:
    media_id = upload_document(platform, alice, f"<p>{ENGLISH}</p><p lang=de>{GERMAN}</p>")
    quoted = quote(platform, alice, media_id)
    assert quoted["passage_voices"] == {"de": "espeak:de"}
    assert quoted["estimated_cost"] == pytest.approx(len(ENGLISH) * 15e-6, abs=1e-6)
    job = run_to_completion(platform, alice, start_job(platform, alice, media_id))
    assert job["providers"] == {"speechify": 1, "espeak": 1}
    assert job["billed_characters"] == provider.billed_characters == len(ENGLISH)
    reserved = cloud.owner.execute("SELECT paid_characters FROM speech_jobs WHERE id = %s", [job["id"]]).fetchall()
    assert reserved == [(len(ENGLISH),)]


def test_when_no_voice_of_its_language_is_left_the_documents_voice_reads_a_passage(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    voices = "speechify:harper_32@simba-3.2=en-US:female,speechify:gone@simba-3.0=de-DE:female"
    monkeypatch.setenv("TTS_PROVIDERS", "speechify")
    monkeypatch.setenv("TTS_VOICES", voices)
    config.settings.cache_clear()
    media_id = upload_document(platform, alice, f"<p>{ENGLISH}</p><p lang=de>{GERMAN}</p><p lang=fr>{FRENCH}</p>")
    job = run_to_completion(platform, alice, start_job(platform, alice, media_id))
    assert (job["status"], job["passage_voices"]) == ("done", {"de": "speechify:gone"})
    assert {voice for voice, _ in spoken(cloud, job["id"]).values()} == {"speechify:harper_32"}
    assert [call.body["input"] for call in provider.calls if call.status == 200][-1:] == [GERMAN]
    assert {call.body["language"] for call in provider.calls if call.status == 200} == {"en-US"}


def test_the_listeners_voice_for_a_language_speaks_its_passages(platform: Platform, alice: User) -> None:
    media_id = upload_document(platform, alice, f"<p>{ENGLISH}</p><p lang=fr>{FRENCH}</p>")
    assert quote(platform, alice, media_id)["passage_voices"] == {"fr": "espeak:fr-fr"}
    assert put(platform, alice, {"voices": {"fr": "espeak:fr-ch"}}).status_code == 200
    assert quote(platform, alice, media_id)["passage_voices"] == {"fr": "espeak:fr-ch"}


VOICES_OF_BOTH = "speechify:harper_32@simba-3.2=en-US:female,speechify:de1_30@simba-3.0=de-DE:female"


def test_an_outage_moves_each_passage_to_a_voice_of_its_language(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_VOICES", VOICES_OF_BOTH)
    config.settings.cache_clear()
    provider.script(*[speechify.error(402, "payment_required")] * 9)
    media_id = upload_document(platform, alice, f"<p>{ENGLISH}</p><p lang=de>{GERMAN}</p>")
    job = run_to_completion(platform, alice, start_job(platform, alice, media_id))
    assert (job["status"], job["passage_voices"]) == ("done", {"de": "speechify:de1_30"})
    assert spoken(cloud, job["id"]) == {ENGLISH: ("espeak:en-us", None), GERMAN: ("espeak:de", "de")}


def test_a_retry_takes_the_voice_that_was_chosen_for_each_passage(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_VOICES", VOICES_OF_BOTH)
    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
    config.settings.cache_clear()
    provider.script(*[speechify.error(402, "payment_required")] * 2)
    media_id = upload_document(platform, alice, f"<p>{ENGLISH}</p><p lang=de>{GERMAN}</p>")
    job = run_to_completion(platform, alice, start_job(platform, alice, media_id))
    assert (job["status"], len(job["gaps"])) == ("failed", 2)
    cloud.owner.execute("UPDATE speech_providers SET open_until = NULL, closed_down = false")
    assert post(platform, alice, f"/v1/speech/{job['id']}/retry").status_code == 202
    assert run_to_completion(platform, alice, job["id"])["status"] == "done"
    assert spoken(cloud, job["id"]) == {ENGLISH: ("speechify:harper_32", None), GERMAN: ("speechify:de1_30", "de")}
    assert provider.calls[-1].body["language"] in {"de-DE", "en-US"}
