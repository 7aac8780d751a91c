"""Lines without punctuation end in a stop for voices that would read on."""

from __future__ import annotations

import pytest

from chalicelib.speech.normalization.normalize import Extent, normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("a lamp\n\ntwo cans\n\nRope", "a lamp,\n\ntwo cans.\n\nRope"),
        ("The lamp is low\nthe tide is slow.\n\nIt rained.", "The lamp is low,\nthe tide is slow.\n\nIt rained."),
        ("oil [12]\n\nrope", "oil,\n\nrope"),
        ("Masts: 3\n\nAnna", "Masts: three.\n\nAnna"),
        ("One.\n\n* * *\n\nTwo", "One.\n\n\n\nTwo"),
        ("He said “yes”\n\nThen he left.", "He said “yes”\n\nThen he left."),
        ("The keeper slept.\n\nThe sea rose.\n", "The keeper slept.\n\nThe sea rose.\n"),
    ],
)
def test_a_line_ends_in_a_stop(written: str, spoken: str) -> None:
    assert normalize(written, "en").text == spoken


def test_a_voice_that_reads_well_gets_lines_as_they_are() -> None:
    assert normalize("a lamp\n\nRope", "en", Extent.MARKS).replacements == ()


def test_scripts_with_stops_of_their_own_are_left_alone() -> None:
    assert normalize("灯台の光\n\n海の音", "ja").replacements == ()
