"""The threat model: every promise names tests that exist."""

from __future__ import annotations

import re

from infra.packaging.bundle import ROOT

PROMISES = (ROOT / "SECURITY.md").read_text().partition("| Promise |")[2].splitlines()[2:]


def test_every_promise_says_what_it_rests_on_and_which_tests_show_it() -> None:
    rows = [row.strip("|").split("|") for row in PROMISES if row.startswith("|")]
    assert len(rows) > 10
    for promise, basis, shown_by in rows:
        assert promise.strip()
        assert basis.strip()
        tests = re.findall(r"`([^`]+)`", shown_by)
        assert tests, promise
        assert [path for path in tests if not (ROOT / path).is_file()] == [], promise
