"""Limits and prices of providers: complete, and overridden by settings."""

from typing import get_args

import pytest

from chalicelib.platform import config
from chalicelib.speech.segments import MAX_CHARACTERS
from chalicelib.speech.voices import providers

pytestmark = pytest.mark.usefixtures("deployment")


@pytest.mark.parametrize("name", get_args(config.VoiceProvider))
def test_every_configurable_provider_has_limits(name: str) -> None:
    assert providers.get(name).name == name
    assert providers.get(name).max_characters > MAX_CHARACTERS, "a segment must fit into one call"


def test_settings_override_the_published_limits_but_never_lengthen_a_call(
    deployment: pytest.MonkeyPatch,
) -> None:
    deployment.setenv("TTS_PROVIDERS", "polly,speechify")
    deployment.setenv("TTS_CONCURRENCY", "speechify=1")
    deployment.setenv("TTS_PER_SECOND", "speechify=1")
    deployment.setenv("TTS_MAX_CHARACTERS", "speechify=9000,polly=500")
    deployment.setenv("TTS_PRICE_PER_MILLION", "speechify=10")
    config.settings.cache_clear()
    polly, speechify, _ = providers.configured_providers()
    assert (polly.name, polly.max_characters, polly.concurrency, polly.per_second) == ("polly", 500, 18, 4)
    assert (speechify.name, speechify.max_characters) == ("speechify", 2_000)
    assert (speechify.concurrency, speechify.per_second, speechify.estimated_cost(500_000)) == (1, 1, 5.0)


def test_a_text_costs_once_for_every_time_it_is_billed() -> None:
    polly = providers.get("polly")
    assert polly.estimated_cost(1_000_000) == 32.0
    assert polly.cost(2_000_000) == polly.estimated_cost(1_000_000)
    assert providers.get("espeak").estimated_cost(5_000_000) == 0


def test_polly_without_word_times_costs_half_allows_twice_the_calls_and_estimates(
    deployment: pytest.MonkeyPatch,
) -> None:
    deployment.setenv("POLLY_SPEECH_MARKS", "false")
    config.settings.cache_clear()
    polly = providers.get("polly")
    assert (polly.estimated_cost(1_000_000), polly.per_second, polly.timing) == (16.0, 8, "estimated")
