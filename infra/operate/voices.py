"""Ask the configured voice providers who they are: their voices beside those this release lists, and one spoken sentence.

    SPEECHIFY_API_KEY=… OPENAI_TTS_URL=http://localhost:8880/v1 python -m infra.operate.voices

The settings are those of a deployment, read from the environment. The sentence is paid for where speaking is: 45 characters,
which is less than a tenth of a cent.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence

from chalicelib.platform.config import settings
from chalicelib.platform.errors import ConfigurationError
from chalicelib.speech.voices import catalogue, clients, languages, providers
from chalicelib.speech.voices.model import ProviderError, TtsClient, Voice

SENTENCE = "The lamp is lit, and nobody has to go ashore."
NEEDED = {"speechify": "SPEECHIFY_API_KEY", "openai": "OPENAI_TTS_URL"}  # what says that somebody has this provider
SHOWN = 8  # voices by name; the rest is a number


def configured(environment: Mapping[str, str]) -> list[str]:
    """Who speaks when TTS_PROVIDERS does not say: those whose key or address is there, and espeak, which needs none."""
    return [*(name for name, setting in NEEDED.items() if environment.get(setting)), "espeak"]


def main() -> int:
    """One paragraph a provider; 1 when one of them does not speak."""
    defaults = {"STAGE": "local", "INCOMING_BUCKET": "-", "LIBRARY_BUCKET": "-"}
    os.environ |= {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.setdefault("TTS_PROVIDERS", ",".join(configured(os.environ)))
    try:
        names = settings().tts_providers
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    return max([_report(name) for name in names], default=0)


def _report(name: str) -> int:
    print(f"{name}\n  {_facts(name)}")
    try:
        speaker = clients.create_client(name)
    except ProviderError as error:
        print(f"  does not speak: {error.detail}")
        return 1
    try:
        for line in compare(catalogue.list_voices([name]), speaker.list_voices()):
            print(f"  {line}")
    except ProviderError as error:
        print(f"  tells no voices: {error.detail}")
    return _speak(name, speaker)


def _facts(name: str) -> str:
    provider = providers.get(name)
    return ", ".join(
        [
            f"{provider.max_characters:,} characters a call",
            "any number of calls at once" if provider.concurrency is None else f"{provider.concurrency} calls at once",
            "as fast as it goes" if provider.per_second is None else f"{provider.per_second} texts a second",
            f"${provider.estimated_cost(1_000_000):g} a million characters",
        ]
    )


def compare(listed: Sequence[Voice], there: Sequence[Voice]) -> list[str]:
    """What the list of this release and the provider's own do not have in common."""
    have, know = {voice.id for voice in there}, {voice.id for voice in listed}
    missing = [voice for voice in listed if voice.id not in have]
    unlisted = [voice for voice in there if voice.id not in know]
    lines = [f"{len(there)} voices; {len(listed) - len(missing)} of the {len(listed)} that are listed are there"]
    if missing:
        lines.append(f"not there: {_names(missing)}")
    if unlisted:
        lines.append(f"not listed: {_names(unlisted)}")
        lines.append(f"to offer some of them: TTS_VOICES='{','.join(map(as_setting, unlisted[:SHOWN]))}'")
    return lines


def as_setting(voice: Voice) -> str:
    """The voice as TTS_VOICES names it."""
    model = f"@{voice.model}" if voice.model else ""
    return f"{voice.id}{model}={voice.language}{f':{voice.gender}' if voice.gender else ''}"


def _names(voices: Sequence[Voice]) -> str:
    rest = len(voices) - SHOWN
    return ", ".join(voice.key for voice in voices[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _speak(name: str, speaker: TtsClient) -> int:
    try:
        voice = catalogue.default_voice(languages.DEFAULT, [name])
        began = time.monotonic()
        spoken = speaker.synthesize(SENTENCE, voice, languages.DEFAULT)
    except ProviderError as error:
        print(f"  does not speak: {error.detail}")
        return 1
    took = time.monotonic() - began
    print(
        f"  {voice.id} spoke {len(SENTENCE)} characters in {took:.1f} s: {spoken.audio.duration_ms / 1_000:.1f} s of audio, "
        f"word times {spoken.timing}, {spoken.billed_characters} characters billed"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
