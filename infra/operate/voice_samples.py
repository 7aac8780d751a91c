"""Make the samples of a stage's voices that cost money: the sentence that all voices of a language say.

    TTS_PROVIDERS=speechify,polly SPEECHIFY_API_KEY=… python -m infra.operate.voice_samples [--stage prod] [--language de]

Voices that run in functions of ours make theirs themselves. What is there is not made, or paid for, again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Sequence

from chalicelib.platform.config import settings
from chalicelib.platform.errors import ConfigurationError
from chalicelib.speech import voice_samples
from chalicelib.speech.voices import catalogue, clients, languages, providers, sample_sentences
from chalicelib.speech.voices.model import ProviderError, Voice
from infra.operate.stage_connection import StageConnectionError, load_outputs
from infra.operate.voices import configured

STAGES = ("local", "dev", "prod")


def main(arguments: Sequence[str] | None = None) -> int:
    """Say the price, then make the samples; return 1 if one of them fails."""
    parser = argparse.ArgumentParser(description="Make the samples of voices that cost money.")
    parser.add_argument("--stage", default="local", choices=STAGES)
    parser.add_argument("--language", help="of the voices, such as de or en-GB; without it, all")
    options = parser.parse_args(arguments)
    os.environ.setdefault("TTS_PROVIDERS", ",".join(configured(os.environ)))
    try:
        load_outputs(options.stage)
        settings.cache_clear()
        missing = _list_missing(options.language)
    except (StageConnectionError, ConfigurationError) as error:
        print(error, file=sys.stderr)
        return 2
    cost = sum(providers.get(voice.provider).estimated_cost(_characters(voice)) for voice in missing)
    print(f"{len(missing)} samples to make, {sum(map(_characters, missing)):,} characters, ${cost:.4f}")
    by_provider = defaultdict[str, list[Voice]](list)
    for voice in missing:
        by_provider[voice.provider].append(voice)
    return max([_make(name, voices) for name, voices in by_provider.items()], default=0)


def _list_missing(language: str | None) -> list[Voice]:
    names = [name for name in settings().tts_providers if not providers.get(name).is_in_process]
    voices = catalogue.list_voices(names)
    return voice_samples.list_missing(
        [voice for voice in voices if language is None or languages.matches(voice.language, language)]
    )


def _characters(voice: Voice) -> int:
    return len(sample_sentences.get_sentence(voice.language) or "")


def _make(provider: str, voices: Sequence[Voice]) -> int:
    failures = 0
    try:
        client = clients.create_client(provider)
    except ProviderError as error:
        print(f"{provider}: {error.detail}")
        return 1
    for voice in voices:
        try:
            voice_samples.make(voice, client)
        except ProviderError as error:
            failures += 1
            print(f"{voice.id}: {error.detail}")
            if getattr(error, "open_breaker", False):  # every call would fail so
                break
    print(
        f"{provider}: {len(voices)} voices asked for, {failures} failed"
        if failures
        else f"{provider}: {len(voices)} made"
    )
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
