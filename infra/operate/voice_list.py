"""Refresh the voices of Speechify that this deployment offers, from Speechify's own list.

    SPEECHIFY_API_KEY=… python -m infra.operate.voice_list

It rewrites `speechify_voices.json`, which the next deployment brings. The list costs nothing. Voices that are offered now stay if
the account still has them; of every other language that the models sell, the first four join, two of each gender.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from chalicelib.platform.errors import ConfigurationError
from chalicelib.speech.voices import clients
from chalicelib.speech.voices.adapters import speechify_voices
from chalicelib.speech.voices.model import ProviderError, Voice
from infra.operate.voices import set_local_defaults


def main(file: Path = speechify_voices.FILE) -> int:
    """Rewrite the file and print what has changed; return 1, and leave the file, if there is no list or it is empty."""
    set_local_defaults(os.environ)
    current = speechify_voices.load(file)
    try:
        selected = speechify_voices.select(clients.create_client("speechify").list_voices(), current)
    except (ConfigurationError, ProviderError) as error:
        print(f"Speechify's voices were not refreshed: {error}", file=sys.stderr)
        return 1
    if not selected:
        print("Speechify's list has none of the voices that can be offered: the file stays.", file=sys.stderr)
        return 1
    speechify_voices.save(selected, file)
    for line in describe_changes(current, selected):
        print(line)
    return 0


def describe_changes(before: Sequence[Voice], after: Sequence[Voice]) -> list[str]:
    """Return one line for the number of voices by language, and one for those that joined or left."""
    languages = sorted({voice.language for voice in after})
    counts = ", ".join(f"{language} {sum(voice.language == language for voice in after)}" for language in languages)
    before_ids, after_ids = {voice.id for voice in before}, {voice.id for voice in after}
    added = [voice.key for voice in after if voice.id not in before_ids]
    removed = [voice.key for voice in before if voice.id not in after_ids]
    return [
        f"{len(after)} voices: {counts}",
        *([f"new: {', '.join(added)}"] if added else []),
        *([f"gone: {', '.join(removed)}"] if removed else []),
    ]


if __name__ == "__main__":
    sys.exit(main())
