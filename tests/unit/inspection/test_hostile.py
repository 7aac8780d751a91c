"""Hostile files: each is rejected for its own reason, and damaged ones never crash an inspection."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.inspection import patterns, types
from chalicelib.inspection.previews import view_copy
from tests.support import hostile_files, valid_files
from tests.support.book_files import RTF
from tests.support.inspections import inspect

pytestmark = pytest.mark.independent

VALID = valid_files.files()
MB = 1024 * 1024


@pytest.mark.parametrize("name", hostile_files.CASES)
def test_a_hostile_file_is_rejected_for_its_reason(name: str, tmp_path: Path) -> None:
    case = hostile_files.CASES[name]
    content = case.build()
    report = inspect(tmp_path, content, case.media_type, case.filename, active_content="reject")
    assert report.rejection is not None, "it was accepted"
    assert (report.rejection.code, case.says in report.rejection.detail) == (case.code, True), report.rejection
    assert len(report.rejection.detail) > 40
    assert not re.search(r"[a-z](Error|Exception)\b", report.rejection.detail), "the owner does not know Python"
    assert not report.warnings


def test_there_are_more_than_180_hostile_files() -> None:
    assert len(hostile_files.CASES) > 180


def test_every_rule_matches_a_hostile_file() -> None:
    matched = {
        case.code.removeprefix("pattern:") for case in hostile_files.CASES.values() if case.code.startswith("pattern:")
    }
    assert set(patterns.rejection_sentences()) == matched


@pytest.mark.parametrize("family", ["media", "member", "pdf", "text"])
def test_no_rule_matches_random_bytes_by_chance(family: str, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(random.Random(3).randbytes(80 * MB))  # noqa: S311  repeatable, not secret
    assert patterns.matching_rules(tmp_path / "noise", family) == []


@pytest.mark.parametrize(
    "fragment", [b"<?=$x", b"<?=`\x81\x02\xff?>", b"<html>\x00\x91", b"<?ph", b"PK\1\2" + bytes(20)]
)
def test_a_few_bytes_that_occur_by_chance_do_not_match(fragment: bytes, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(bytes(99) + fragment + bytes(99))
    assert patterns.matching_rules(tmp_path / "noise", "media") == []


def test_every_accepted_type_has_hostile_files() -> None:
    assert {case.media_type for case in hostile_files.CASES.values()} | {"application/pdf", "text/markdown"} == set(
        types.ACCEPTED_TYPES
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(VALID)),
    damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=8)), min_size=1, max_size=4),
    kept_share=st.floats(0.3, 1.5),
)
def test_a_damaged_file_never_makes_an_inspection_or_a_view_copy_fail(
    name: str, damage: list[tuple[float, bytes]], kept_share: float, tmp_path: Path
) -> None:
    media_type, filename, build = VALID[name]
    content = bytearray(build())
    for share, replacement in damage:
        position = int(share * len(content))
        content[position : position + len(replacement)] = replacement
    report = inspect(tmp_path, bytes(content[: max(1, int(kept_share * len(content)))]), media_type, filename)
    file_type = types.ACCEPTED_TYPES[report.media_type]
    if report.rejection is None and file_type.is_shown_as_copy(report):
        rejection = view_copy.make_view_copy(
            tmp_path / "object", tmp_path / "view", file_type, encoding=report.encoding
        )
        assert rejection is None or rejection.code == "malformed"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(VALID)), content=st.binary(max_size=1_500), valid_bytes=st.integers(4, 38))
def test_a_valid_beginning_does_not_make_random_bytes_acceptable(
    name: str, content: bytes, valid_bytes: int, tmp_path: Path
) -> None:
    media_type, filename, build = VALID[name]
    if media_type.startswith("text/") or media_type in {"application/xhtml+xml", RTF}:
        return  # random characters are valid text
    if name == "AAC":
        valid_bytes = min(
            valid_bytes, 12
        )  # its frames are 13 bytes here: with more of them, random bytes may complete one
    report = inspect(tmp_path, build()[:valid_bytes] + content, media_type, filename)
    assert report.rejection is not None
