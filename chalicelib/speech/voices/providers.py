"""Providers: how much fits into a call, how many calls run at once, what they cost.

As of November 2026. The limits are those that the vendors publish; where a deployment's contract differs, TTS_CONCURRENCY,
TTS_PER_SECOND, TTS_MAX_CHARACTERS and TTS_PRICE_PER_MILLION override them. No provider gets more calls at once than there are
workers to make them: in a small stage, further calls would only wait in the queue until they are too late.
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.platform.config import settings
from chalicelib.speech.voices.model import Provider

PROVIDER_DEFAULTS = (
    # docs.speechify.ai: 2,000 characters; 15 calls at once and 20 a second on paid plans, 1 and 1 on the free one. The price is
    # a reseller's; Speechify's own for pay-as-you-go is not public.
    Provider(
        "speechify", 2_000, concurrency=15, per_second=20, timing="exact", price_per_million=15.0, reads_numbers=True
    ),
    # docs.aws.amazon.com/polly: quotas of neural voices in one region, 8 requests a second, and their price in us-east-1. A
    # text is two requests, each of them billed: audio and word times.
    Provider(
        "polly",
        3_000,
        concurrency=18,
        per_second=4,
        timing="exact",
        price_per_million=16.0,
        billing_multiplier=2,
        reads_numbers=True,
        takes_phonemes=True,
    ),
    # A self-hosted server: the limit of the published API, and what a processor or one graphics card can do.
    Provider("openai", 4_096, concurrency=2, per_second=None, timing="estimated", price_per_million=0.0),
    # In a function of ours: a million characters are 17 hours, which take it 450 s at 1,769 MB (bench/voice.py), and their
    # checks 3,000 s; the rest is for starts, storage and queues.
    Provider(
        "hibari",
        4_096,
        concurrency=None,
        per_second=None,
        timing="exact",
        price_per_million=0.10,
        takes_phonemes=True,
        is_in_process=True,
    ),
    Provider(
        "espeak",
        100_000,
        concurrency=None,
        per_second=None,
        timing="exact",
        price_per_million=0.0,
        quality="basic",
        is_repeatable=True,
        is_in_process=True,
    ),
)


def get(name: str) -> Provider:
    """Return a provider with this deployment's overrides; a voice's provider is `voice.provider`."""
    return next(_with_overrides(provider) for provider in PROVIDER_DEFAULTS if provider.name == name)


def configured_providers() -> list[Provider]:
    """Return the providers that speak in this deployment, preferred ones first."""
    return [get(name) for name in settings().speech_providers]


def _with_overrides(provider: Provider) -> Provider:
    config, name = settings(), provider.name
    if name == "polly" and not config.polly_speech_marks:
        provider = replace(provider, per_second=8, timing="estimated", billing_multiplier=1)
    concurrency = config.tts_concurrency.get(name, provider.concurrency)
    if concurrency is not None and config.speech_workers is not None:
        concurrency = min(concurrency, config.speech_workers)
    return replace(
        provider,
        max_characters=min(provider.max_characters, config.tts_max_characters.get(name, provider.max_characters)),
        concurrency=concurrency,
        per_second=config.tts_per_second.get(name, provider.per_second),
        price_per_million=config.tts_price_per_million.get(name, provider.price_per_million),
    )
