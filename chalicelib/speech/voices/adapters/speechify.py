"""Client of Speechify's HTTP API: one call returns a segment's audio and word times.

Responses are validated, never trusted: the audio must be the MP3 that was requested, and as long as its word times say.
"""

import base64
import time
from collections.abc import Mapping, Sequence

from chalicelib.speech.audio import marks
from chalicelib.speech.normalization.model import Phonemes
from chalicelib.speech.voices import languages
from chalicelib.speech.voices.adapters import responses, retry, speechify_voices
from chalicelib.speech.voices.adapters.retry import RetryPolicy
from chalicelib.speech.voices.adapters.speechify_api import BASE_URL, SpeechifyApi
from chalicelib.speech.voices.adapters.speechify_voices import MODELS
from chalicelib.speech.voices.model import ProviderUnavailableError, SynthesizedAudio, Voice

OUTPUT_FORMAT = "mp3_24000_64"
PAGE_SIZE = 200  # of the voice list; the server's maximum
MAX_PAGES = 50

DEFAULT_MODEL = "simba-3.2"

VOICES = speechify_voices.load()


class Speechify:
    def __init__(
        self,
        api_key: str,
        base_url: str = BASE_URL,
        retry_policy: RetryPolicy = RetryPolicy(),  # noqa: B008
    ) -> None:
        self._api = SpeechifyApi(api_key, base_url)
        self._retry_policy = retry_policy

    def list_voices(self) -> list[Voice]:
        """Return every voice of the account, fetched page by page. Raises ProviderError."""
        voices: list[Voice] = []
        parameters = {"limit": str(PAGE_SIZE)}
        deadline = time.monotonic() + self._retry_policy.total_timeout_s
        for _ in range(MAX_PAGES):
            page, request_id = self._api.request("GET", "/v1/voices", deadline, params=parameters)
            records = page.get("voices")
            if not isinstance(records, list):
                raise ProviderUnavailableError(
                    "the voice list contains no voices", reason="invalid_response", request_id=request_id
                )
            voices += [voice for record in records if (voice := _parse_voice(record))]
            cursor = page.get("next_cursor")
            if not page.get("has_more") or not cursor:
                break
            parameters = {"limit": str(PAGE_SIZE), "cursor": str(cursor)}
        return voices

    def synthesize(
        self,
        text: str,
        voice: Voice,
        language: str,
        *,
        phonemes: Sequence[Phonemes] = (),  # noqa: ARG002 - takes none
        seed: int = 0,  # noqa: ARG002 - has none
    ) -> SynthesizedAudio:
        return retry.call_with_retries(
            "speechify", lambda deadline: self._attempt(text, voice, language, deadline), self._retry_policy
        )

    def _attempt(self, text: str, voice: Voice, language: str, deadline: float) -> SynthesizedAudio:
        request = {
            "input": _plain_text(text),
            "voice_id": voice.key,
            "model": voice.model or DEFAULT_MODEL,
            "output_format": OUTPUT_FORMAT,
        }
        if language_tag := _language_tag(voice, language):
            request["language"] = language_tag
        response, request_id = self._api.request("POST", "/v1/audio/speech", deadline, json=request)
        count = response.get("billable_characters_count")
        billed = count if isinstance(count, int) and count >= 0 else len(text)
        with responses.translate_errors("Speechify", billed_characters=billed, request_id=request_id):
            audio = responses.parse_audio(base64.b64decode(response["audio_data"], validate=True), text)
            words = marks.from_chunks(text, response.get("speech_marks"), duration_ms=audio.duration_ms)
            return responses.synthesized_audio(text, audio, words, billed_characters=billed, request_id=request_id)


def _plain_text(text: str) -> str:
    """Replace what cannot be sent, one character for one so that offsets stay.

    `<speak>` at the start would mean SSML.
    """
    encodable = text.encode("utf-8", "replace").decode()
    return encodable.replace("<", "\u2039", 1) if encodable.lstrip().startswith("<speak") else encodable


def _language_tag(voice: Voice, language: str) -> str | None:
    """Return the tag to send: the voice's own, else the model's for the text.

    None leaves the choice to the server.
    """
    if languages.is_same_language(voice.language, language):
        return voice.language
    tags = MODELS.get(voice.model or DEFAULT_MODEL, ())
    return next((tag for tag in tags if languages.is_same_language(tag, language)), None)


def _parse_voice(record: object) -> Voice | None:
    """Parse a voice, with the best model it works with; None for an unusable record."""
    if not isinstance(record, Mapping) or not isinstance(record.get("id"), str):
        return None
    models = {
        m["name"]: m for m in record.get("models") or () if isinstance(m, Mapping) and isinstance(m.get("name"), str)
    }
    language = record.get("locale") or next((locale for entry in models.values() for locale in _locales(entry)), None)
    if not models or not isinstance(language, str):
        return None
    model = _best_model(models, language)
    gender = record.get("gender")
    return Voice(
        id=f"speechify:{record['id']}",
        name=str(record.get("display_name") or record["id"]),
        language=language,
        gender=gender if gender in ("female", "male") else None,
        model=model,
    )


def _best_model(models: Mapping[str, Mapping[str, object]], language: str) -> str:
    """Return the best of a voice's models that speaks its language; without any, the first."""
    for name, sold in MODELS.items():
        if name in models:
            is_sold = not sold or speechify_voices.sells(name, language)
            locales = _locales(models[name])
            if is_sold and (not locales or any(languages.is_same_language(locale, language) for locale in locales)):
                return name
    return next(iter(models))


def _locales(model: Mapping[str, object]) -> list[str]:
    entries = model.get("languages")
    found = (
        [entry.get("locale") for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    )
    return [locale for locale in found if isinstance(locale, str)]
