"""One generated file, and how oddities are combined."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_ODDITIES = 4  # in one file


@dataclass(frozen=True)
class Specimen:
    """A valid file. `oddities` are what is unusual about it."""

    media_type: str
    filename: str
    content: bytes
    oddities: tuple[str, ...]


def choose(rng: random.Random, oddities: Mapping[str, Any], *, most: int = MAX_ODDITIES) -> tuple[str, ...]:
    """Choose some oddities, in the order of their table."""
    chosen = set(rng.sample(sorted(oddities), rng.randint(0, min(most, len(oddities)))))
    return tuple(name for name in oddities if name in chosen)


def named(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for group in groups for name in group)
