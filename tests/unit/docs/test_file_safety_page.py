"""docs/file-safety.md agrees with the code."""

import importlib
import re
from pathlib import Path

import pytest

from chalicelib.inspection import patterns, types

PAGE = (Path(__file__).parents[3] / "docs" / "file-safety.md").read_text()
UNITS = {"MB": 1024 * 1024, "hours": 3_600_000, "GB": 1024**3}
LIMITS = re.findall(r"^\| [^|]+ \| (\d[\d,]*)(?: (\w+))? \| `([\w.]+)\.(\w+)` \|$", PAGE, re.MULTILINE)
TYPES = re.findall(r"^\| [^|]+ \| `([\w/.+-]+)` \| ((?:`[\w.]+` ?)+) \| ([^|]*)\| ([^|]*)\|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("number", "unit", "module", "name"), LIMITS)
def test_a_limit_equals_the_constant_in_the_code(number: str, unit: str, module: str, name: str) -> None:
    stated = int(number.replace(",", "")) * UNITS.get(unit, 1)
    assert getattr(importlib.import_module(f"chalicelib.{module}"), name) == stated


def test_every_limit_of_the_page_is_compared() -> None:
    rows = PAGE.partition("## Limits")[2].partition("\n## ")[0].count("\n| ") - 1  # the heading
    assert len(LIMITS) == rows - 1, "all but the depth of archives, which is not a constant"


def test_the_page_lists_the_accepted_types() -> None:
    stated = {media_type: tuple(extensions.replace("`", "").split()) for media_type, extensions, _, _ in TYPES}
    assert stated == {row.media_type: row.extensions for row in types.ACCEPTED_TYPES.values()}


def test_the_page_says_which_types_have_a_view_copy_a_thumbnail_and_text() -> None:
    for media_type, _, shown_as, extracted in TYPES:
        row = types.ACCEPTED_TYPES[media_type]
        assert shown_as.startswith("a copy") == (row.copy_writer is not None), media_type
        assert ("thumbnail" in extracted) == (row.thumbnail is not None), media_type
        assert ("words" in extracted) == row.has_text, media_type


def test_every_rejection_code_is_explained() -> None:
    packages = (Path(types.__file__).parent, Path(types.__file__).parents[1] / "formats")
    codes = {
        code
        for package in packages
        for source in package.rglob("*.py")
        for code in re.findall(r"(?:Rejection|RejectedError|FormatError)\(\s*\"([a-z_]+)\"", source.read_text())
        if source.name != "guardduty.py"
    }
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()
    assert len(codes) > 15


def test_the_number_of_rules_is_right() -> None:
    assert f"({len(patterns.rejection_sentences())} rules in" in PAGE
