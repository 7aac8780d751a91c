"""Check the configured voice providers: compare their voices with those of this release, and synthesize one sentence.

    SPEECHIFY_API_KEY=… OPENAI_TTS_URL=http://localhost:8880/v1 python -m infra.operate.voices

The settings are those of a deployment, read from the environment. Paid providers charge for the sentence: 45 characters,
less than a tenth of a cent.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path

from chalicelib.platform.config import BUILT_IN_VOICE, settings
from chalicelib.platform.errors import ConfigurationError
from chalicelib.speech.voices import catalogue, clients, languages, providers
from chalicelib.speech.voices.model import ProviderError, TtsClient, Voice

SENTENCE = "The lamp is lit, and the keeper stays ashore."
# A provider is configured if this variable is set.
REQUIRED_SETTINGS = {
    "speechify": "SPEECHIFY_API_KEY",
    "openai": "OPENAI_TTS_URL",
}
LOCAL_PROVIDERS = (BUILT_IN_VOICE, "espeak")
FOLDER = Path(__file__).resolve().parents[2] / "build" / "voices"
PLAYERS = (("ffplay", "-nodisp", "-autoexit"), ("mpg123", "-q"), ("afplay",))
MAX_LISTED_VOICES = 8  # by name; the others are only counted


def configured(environment: Mapping[str, str]) -> list[str]:
    """Return the default of TTS_PROVIDERS: providers with a key or address, and those that need neither."""
    return [*(name for name, setting in REQUIRED_SETTINGS.items() if environment.get(setting)), *LOCAL_PROVIDERS]


def set_local_defaults(environment: MutableMapping[str, str]) -> None:
    """Set what every deployment has and voices do not need."""
    for name, value in {"STAGE": "local", "INCOMING_BUCKET": "-", "LIBRARY_BUCKET": "-"}.items():
        environment.setdefault(name, value)


def main() -> int:
    """Print a paragraph per provider; return 1 if one of them fails."""
    set_local_defaults(os.environ)
    os.environ.setdefault("TTS_PROVIDERS", ",".join(configured(os.environ)))
    try:
        names = settings().tts_providers
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    return max([_report(name) for name in names], default=0)


def _report(name: str) -> int:
    print(f"{name}\n  {_describe_limits(name)}")
    try:
        client = clients.create_client(name)
    except ProviderError as error:
        print(f"  cannot synthesize speech: {error.detail}")
        return 1
    try:
        for line in compare(catalogue.list_voices([name]), client.list_voices()):
            print(f"  {line}")
    except ProviderError as error:
        print(f"  cannot list its voices: {error.detail}")
    return _synthesize_sentence(name, client)


def _describe_limits(name: str) -> str:
    provider = providers.get(name)
    return ", ".join(
        [
            f"{provider.max_characters:,} characters a call",
            "unlimited concurrent calls"
            if provider.concurrency is None
            else f"{provider.concurrency} concurrent calls",
            "no rate limit" if provider.per_second is None else f"{provider.per_second} calls a second",
            f"${provider.estimated_cost(1_000_000):g} a million characters",
        ]
    )


def compare(catalogued: Sequence[Voice], offered: Sequence[Voice]) -> list[str]:
    """Return the differences between this release's catalogue and the voices that the provider offers."""
    offered_ids, catalogued_ids = {voice.id for voice in offered}, {voice.id for voice in catalogued}
    missing = [voice for voice in catalogued if voice.id not in offered_ids]
    unlisted = [voice for voice in offered if voice.id not in catalogued_ids]
    available = len(catalogued) - len(missing)
    lines = [f"{len(offered)} voices; {available} of the {len(catalogued)} in the catalogue are available"]
    if missing:
        lines.append(f"not available: {_names(missing)}")
    if unlisted:
        lines.append(f"not in the catalogue: {_names(unlisted)}")
        if any(voice.provider == "speechify" for voice in unlisted):
            lines.append("to offer the languages that Speechify sells: make voice-list")
        lines.append(f"to add some of them: TTS_VOICES='{','.join(map(as_setting, unlisted[:MAX_LISTED_VOICES]))}'")
    return lines


def as_setting(voice: Voice) -> str:
    """Return the voice in the format of TTS_VOICES."""
    model = f"@{voice.model}" if voice.model else ""
    return f"{voice.id}{model}={voice.language}{f':{voice.gender}' if voice.gender else ''}"


def _names(voices: Sequence[Voice]) -> str:
    unlisted_count = len(voices) - MAX_LISTED_VOICES
    return ", ".join(voice.key for voice in voices[:MAX_LISTED_VOICES]) + (
        f" and {unlisted_count} more" if unlisted_count > 0 else ""
    )


def _synthesize_sentence(name: str, client: TtsClient) -> int:
    try:
        voice = catalogue.default_voice(languages.DEFAULT, [name])
        started = time.monotonic()
        synthesized = client.synthesize(SENTENCE, voice, languages.DEFAULT)
    except ProviderError as error:
        print(f"  cannot synthesize speech: {error.detail}")
        return 1
    duration_s = time.monotonic() - started
    audio_s = synthesized.audio.duration_ms / 1_000
    print(
        f"  {voice.id} synthesized {len(SENTENCE)} characters in {duration_s:.1f} s: {audio_s:.1f} s of audio, "
        f"word times {synthesized.timing}, {synthesized.billed_characters} characters billed"
    )
    _play(_save(voice, synthesized.audio.frames))
    return 0


def _save(voice: Voice, frames: bytes) -> Path:
    """Write the sentence for the operator to listen to."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{re.sub('[^A-Za-z0-9_-]', '-', voice.id)}.mp3"
    path.write_bytes(frames)
    print(f"  listen: {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    return path


def _play(path: Path) -> None:
    """Play a file, on a terminal with a player."""
    player = next((command for command in PLAYERS if shutil.which(command[0])), None)
    if player and sys.stdout.isatty():
        subprocess.run([*player, path], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
