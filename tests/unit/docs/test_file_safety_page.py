"""docs/file-safety.md says what the code does."""

import importlib
import re
from pathlib import Path

import pytest

from chalicelib.inspection import patterns, types

PAGE = (Path(__file__).parents[3] / "docs" / "file-safety.md").read_text()
UNITS = {"MB": 1024 * 1024, "hours": 3_600_000, "GB": 1024**3}
LIMITS = re.findall(r"^\| [^|]+ \| (\d[\d,]*)(?: (\w+))? \| `([\w.]+)\.(\w+)` \|$", PAGE, re.MULTILINE)
TYPES = re.findall(r"^\| [^|]+ \| `([\w/.+-]+)` \| ((?:`\.\w+` ?)+) \| ([^|]*)\| ([^|]*)\|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("number", "unit", "module", "name"), LIMITS)
def test_a_limit_is_the_one_in_the_code(number: str, unit: str, module: str, name: str) -> None:
    stated = int(number.replace(",", "")) * UNITS.get(unit, 1)
    assert getattr(importlib.import_module(f"chalicelib.inspection.{module}"), name) == stated


def test_all_limits_are_compared() -> None:
    rows = PAGE.partition("## Limits")[2].partition("\n## ")[0].count("\n| ") - 1  # the head
    assert len(LIMITS) == rows - 1, "all but the depth of archives, which is no constant"


def test_the_types_are_those_that_are_accepted() -> None:
    stated = {media_type: tuple(endings.replace("`", "").split()) for media_type, endings, _, _ in TYPES}
    assert stated == {row.media_type: row.extensions for row in types.ACCEPTED_TYPES.values()}


def test_what_is_shown_as_a_copy_and_has_a_thumbnail_is_told() -> None:
    for media_type, _, shown, known in TYPES:
        row = types.ACCEPTED_TYPES[media_type]
        assert shown.startswith("a copy") == row.has_view_copy, media_type
        assert ("thumbnail" in known) == (row.thumbnail is not None), media_type
        assert ("words" in known) == row.has_text, media_type


def test_every_code_of_a_refusal_is_explained() -> None:
    sources = Path(types.__file__).parent.rglob("*.py")
    raised = {
        code
        for source in sources
        for code in re.findall(r"(?:Rejection|RefusedError)\(\s*\"([a-z_]+)\"", source.read_text())
        if source.name != "guardduty.py"
    }
    assert {code for code in raised if f"`{code}`" not in PAGE} == set()
    assert len(raised) > 15


def test_the_number_of_rules_is_right() -> None:
    assert f"({len(patterns.rejection_sentences())} rules in" in PAGE
