"""Settings of a deployment."""

import pytest

from chalicelib.platform.config import Settings
from chalicelib.platform.errors import ConfigurationError

REQUIRED = {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library"}


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(ConfigurationError, match="LIBRARY_BUCKET"):
        Settings.from_environment({"STAGE": "test", "INCOMING_BUCKET": "incoming"})


def test_a_setting_that_only_some_functions_need_is_named_when_it_is_needed() -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        Settings.from_environment(REQUIRED).require("database_url")


@pytest.mark.parametrize("address", ["https://api.sonauto.ai/v1", "https://SONAUTO.ai", "http://x.sonauto.ai:8080/"])
def test_a_song_generator_is_not_accepted_as_speechify(address: str) -> None:
    with pytest.raises(ConfigurationError, match="songs"):
        Settings.from_environment({**REQUIRED, "SPEECHIFY_API_URL": address})


def test_the_default_speechify_address_is_speechifys_own() -> None:
    assert Settings.from_environment(REQUIRED).speechify_api_url == "https://api.speechify.ai"


@pytest.mark.parametrize("name", ["SECRET_KEY", "SIGNING_SECRET"])
def test_a_short_secret_is_rejected_with_a_command_that_makes_one(name: str) -> None:
    with pytest.raises(ConfigurationError, match="openssl rand"):
        Settings.from_environment({**REQUIRED, name: "too short"})


def test_printed_settings_contain_no_secret() -> None:
    settings = Settings.from_environment({**REQUIRED, "SECRET_KEY": "s" * 32, "DATABASE_URL": "postgresql://u:pw@h/d"})
    assert "pw@h" not in repr(settings)
    assert "ssss" not in repr(settings)


def test_lists_are_separated_by_commas_and_blank_means_unset() -> None:
    settings = Settings.from_environment(
        {**REQUIRED, "CORS_ORIGINS": "https://a.example, https://b.example,", "SECRET_KEY": ""}
    )
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.secret_key is None


def test_limits_by_provider_are_written_as_pairs() -> None:
    settings = Settings.from_environment(
        {
            **REQUIRED,
            "TTS_CONCURRENCY": "speechify=1, openai=4",
            "TTS_PRICE_PER_MILLION": "speechify=12.5",
            "TTS_PER_SECOND": "",
        }
    )
    assert settings.tts_concurrency == {"speechify": 1, "openai": 4}
    assert settings.tts_price_per_million == {"speechify": 12.5}
    assert settings.tts_per_second == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TTS_PROVIDERS", "speechify,sonauto"),
        ("TTS_CONCURRENCY", "sonauto=3"),
        ("TTS_CONCURRENCY", "speechify=0"),
        ("TTS_CONCURRENCY", "speechify"),
        ("TTS_PRICE_PER_MILLION", "speechify=cheap"),
    ],
)
def test_an_unknown_provider_or_an_invalid_number_is_rejected_at_start(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environment({**REQUIRED, name: value})
