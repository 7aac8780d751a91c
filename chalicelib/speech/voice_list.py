"""Voice list that clients see.

It comes with the release: the API calls no third party.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from chalicelib.platform.config import settings
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech import voice_samples
from chalicelib.speech.voices import catalogue, languages, providers
from chalicelib.speech.voices.model import Gender, Quality, Voice


class VoiceFilter(LazyModel):
    """`language` is a BCP 47 tag: `en` finds every English voice, `en-GB` the British ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: languages.LanguageTag | None = None


class ListedVoice(LazyModel):
    """`quality`: `natural` sounds like a person, `basic` like a machine. `marks`: its word times are measured; otherwise they may
    be estimates. The `language` `mul` means several. All voices of a language say the same sentence in their samples;
    `sample_url` is null where none has been made.
    """

    id: str
    provider: str
    name: str
    display_name: str
    language: str
    gender: Gender | None
    quality: Quality
    sample_url: str | None
    marks: bool
    price_per_million: Annotated[float, Field(description="Price of a million characters of text, word times included")]
    currency: str


def list_page(criteria: VoiceFilter) -> Page[ListedVoice]:
    """Return all matching voices of the configured providers on one page, preferred ones first."""
    voices = [
        voice
        for voice in catalogue.list_voices(settings().tts_providers)
        if criteria.language is None or languages.matches(voice.language, criteria.language)
    ]
    samples = voice_samples.sign_urls(voices)
    return Page(items=[_listed(voice, samples.get(voice.id)) for voice in voices], next_cursor=None)


def _listed(voice: Voice, sample_url: str | None) -> ListedVoice:
    provider = providers.get(voice.provider)
    return ListedVoice(
        id=voice.id,
        provider=provider.name,
        name=voice.name,
        display_name=voice.name,
        language=voice.language,
        gender=voice.gender,
        quality=provider.quality,
        sample_url=sample_url,
        marks=provider.timing == "exact",
        price_per_million=provider.estimated_cost(1_000_000),
        currency=provider.currency,
    )
