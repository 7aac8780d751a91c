"""Normalization takes time in proportion to a text, whatever is written in it."""

from __future__ import annotations

from functools import partial

import pytest

from chalicelib.speech.normalization.normalize import normalize
from tests.support.growth import Meter

SIZES = (500, 1_000, 2_000, 4_000)  # characters; a segment has 1,900
# Each begins what some rule looks for, again and again, and never ends it.
UNITS = (
    "1,", "1 ", "1–", "1-", "1:", "1.", "1. ", "1/2 ", "$1", "+1 ", "0", "²", "x²", "(", "(A ", "(Aa and ", " (", "[1", "[1, ",
    "#a", "@a", "a@", "a.", "a.b", "a-", "a/b ", "www.a.", "https://a", "I", "IV ", "A", "A B ", "AA ", "Aa ", "Aa, ", "’",
    "*", "*a", "−", " ", "Dr. ", "e.g.", "et al. ", "Jan ", "1 Jan ", "Mo-", "I. ", "Ludwig ", "😀", "★",
    "a\n", " \n", "½", "1/2", "a 1 m ", "1:1", "Mo.–", "the ", "[note 1] ", "mx = ",
)  # fmt: skip


def text(unit: str, size: int) -> str:
    return (unit * size)[: size - 1] + "\x01"


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_no_text_takes_more_than_linear_time(language: str) -> None:
    meter = Meter(partial(normalize, language=language), SIZES)
    growths = {unit: meter.measure(partial(text, unit)) for unit in UNITS}
    slow = [f"{unit!r}: {growth}" for unit, growth in growths.items() if growth.is_superlinear]
    assert not slow, "\n".join(slow)
