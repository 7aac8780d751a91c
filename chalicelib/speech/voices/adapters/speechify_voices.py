"""Speechify's voices that this deployment offers: a file that `make voice-list` writes from Speechify's own list.

The release brings the curated English set of simba-3.2; published lists differ on Geffen. Which other voices there are, only the
provider's list says.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from chalicelib.speech.voices import languages
from chalicelib.speech.voices.model import Voice

FILE = Path(__file__).with_suffix(".json")
MODELS = {  # languages by model, best model first; a model without languages decides by itself
    "simba-3.2": ("en",),
    "simba-3.0": ("en", "de-DE", "es-ES", "es-MX", "fr-FR", "it-IT", "pt-BR"),
    "simba-english": ("en",),
    "simba-multilingual": (),
}
MAX_PER_LOCALE = 4  # two of each gender: a choice, not a catalogue of hundreds


def load(file: Path = FILE) -> tuple[Voice, ...]:
    """Return the voices of a file, usual ones first."""
    return tuple(
        Voice(f"speechify:{row['key']}", row["name"], row["language"], row["gender"], row["model"])
        for row in json.loads(file.read_text())
    )


def save(voices: Iterable[Voice], file: Path = FILE) -> None:
    """Write a file of voices, one a line, so that changes are easy to review."""
    rows = (
        {
            "key": voice.key,
            "name": voice.name,
            "language": voice.language,
            "gender": voice.gender,
            "model": voice.model,
        }
        for voice in voices
    )
    lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
    file.write_text(f"[\n{lines}\n]\n", "utf-8")


def select(offered: Sequence[Voice], current: Sequence[Voice]) -> list[Voice]:
    """Return the voices to offer: the current ones that are still there, then others of the languages that the models sell.

    Each locale has at most `MAX_PER_LOCALE`, both genders in turn, in the provider's order.
    """
    offered_ids, current_ids = {voice.id for voice in offered}, {voice.id for voice in current}
    kept = [voice for voice in current if voice.id in offered_ids]
    selected = list(kept)
    counts = Counter((voice.language, voice.gender) for voice in kept)
    totals = Counter(voice.language for voice in kept)
    for voice in sorted(offered, key=lambda voice: (_order(voice), voice.language)):
        place = voice.language, voice.gender
        is_full = totals[voice.language] >= MAX_PER_LOCALE or counts[place] >= MAX_PER_LOCALE // 2
        if voice.id in current_ids or is_full or not sells(voice.model, voice.language):
            continue
        selected.append(voice)
        counts[place] += 1
        totals[voice.language] += 1
    return selected


def sells(model: str | None, language: str) -> bool:
    """Return whether a model is documented to speak a language."""
    return any(languages.is_same_language(tag, language) for tag in MODELS.get(model or "", ()))


def _order(voice: Voice) -> int:
    return list(MODELS).index(voice.model) if voice.model in MODELS else len(MODELS)
