"""Growth of the time that a regular expression takes, over its adversarial strings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.support.adversarial_strings import AdversarialString, adversarial_strings
from tests.support.growth import TINY_SIZES, Growth, Meter
from tests.support.source_patterns import SCHEMA

SIZES = (250, 500, 1_000, 2_000, 4_000, 8_000)  # characters


def measure(pattern: re.Pattern[Any], method: str) -> Iterator[tuple[AdversarialString, Growth]]:
    """Measure one method of a pattern on each of its adversarial strings."""
    is_bytes = isinstance(pattern.pattern, bytes)
    meter = Meter(_work(pattern, method), SIZES, tiny_sizes=TINY_SIZES)
    for string in adversarial_strings(pattern):
        yield string, meter.measure(_encoded(string) if is_bytes else string.build)


def _work(pattern: re.Pattern[Any], method: str) -> Callable[[Any], object]:
    if method in ("sub", "subn"):
        return lambda text: getattr(pattern, method)(text[:0], text)
    if method == "finditer":
        return lambda text: sum(1 for _ in pattern.finditer(text))
    work: Callable[[Any], object] = getattr(pattern, "search" if method == SCHEMA else method)
    return work


def _encoded(string: AdversarialString) -> Callable[[int], Any]:
    return lambda size: string.build(size).encode("latin-1")
