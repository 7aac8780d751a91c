"""Providers with their keys, ready to speak. Only the function that talks to third parties has any."""

from pydantic import SecretStr

from chalicelib.platform.config import settings
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.adapters.espeak import Espeak
from chalicelib.speech.voices.adapters.openai_speech import OpenAISpeech
from chalicelib.speech.voices.adapters.polly import Polly
from chalicelib.speech.voices.adapters.speechify import Speechify
from chalicelib.speech.voices.model import TtsClient


def create_client(name: str) -> TtsClient:
    """The provider of that name. Raises Unavailable when its key, its address or its package is missing."""
    own = settings()
    match name:
        case "speechify":
            return Speechify(_plain(own.speechify_api_key) or "", own.speechify_api_url)
        case "polly":
            return Polly(word_times=own.polly_speech_marks)
        case "openai":
            bills = providers.get("openai").price_per_million > 0
            key = _plain(own.openai_tts_api_key)
            return OpenAISpeech(own.openai_tts_url or "", api_key=key, model=own.openai_tts_model, is_billed=bills)
        case "espeak":
            return Espeak()
    raise ValueError(f"{name!r} is no voice provider")


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
