"""What readers say for written forms, in English and German: a thousand cases each, from data files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from chalicelib.speech.normalization.normalize import normalize

FOLDER = Path(__file__).parents[3] / "data" / "normalization"
MIN_RIGHT = 0.99
MIN_CASES_OF_A_CLASS = 20


class Case(NamedTuple):
    kind: str
    written: str
    spoken: str
    reason: str


def read(language: str) -> list[Case]:
    lines = [line for path in sorted(FOLDER.glob(f"{language}-*.tsv")) for line in path.read_text().splitlines()]
    return [Case(*line.split("\t")) for line in lines if not line.startswith("# class")]


@pytest.mark.parametrize("language", ["en", "de"])
def test_at_least_99_of_100_cases_are_said_as_a_reader_says_them(language: str) -> None:
    cases = read(language)
    wrong = [
        f"{case.kind}: {case.written!r} should be {case.spoken!r}, is {said!r}"
        for case in cases
        if (said := normalize(case.written, language).text.strip()).casefold() != case.spoken.casefold()
    ]
    assert len(cases) - len(wrong) >= MIN_RIGHT * len(cases), "\n".join(wrong)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_class_has_twenty_cases_in_each_file(language: str) -> None:
    for path in sorted(FOLDER.glob(f"{language}-*.tsv")):
        counts = Counter(line.partition("\t")[0] for line in path.read_text().splitlines()[1:])
        assert min(counts.values()) >= MIN_CASES_OF_A_CLASS, counts
