"""Clients of the configured providers, with their keys.

Only the function that calls third parties has the keys.
"""

from pydantic import SecretStr

from chalicelib.platform.config import settings
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.adapters.espeak import Espeak
from chalicelib.speech.voices.adapters.hibari import Hibari
from chalicelib.speech.voices.adapters.openai_speech import OpenAISpeech
from chalicelib.speech.voices.adapters.polly import Polly
from chalicelib.speech.voices.adapters.speechify import Speechify
from chalicelib.speech.voices.model import TtsClient


def create_client(name: str) -> TtsClient:
    """Create a provider's client.

    Raises ProviderNotConfiguredError when its key or address is missing, ProviderUnavailableError when its package is.
    """
    config = settings()
    match name:
        case "speechify":
            return Speechify(_plain(config.speechify_api_key) or "", config.speechify_api_url)
        case "polly":
            return Polly(word_times=config.polly_speech_marks)
        case "openai":
            is_billed = providers.get("openai").price_per_million > 0
            key = _plain(config.openai_tts_api_key)
            return OpenAISpeech(
                config.openai_tts_url or "", api_key=key, model=config.openai_tts_model, is_billed=is_billed
            )
        case "hibari":
            return Hibari()
        case "espeak":
            return Espeak()
    raise ValueError(f"{name!r} is no voice provider")


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
