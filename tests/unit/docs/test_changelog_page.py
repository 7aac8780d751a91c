"""CHANGELOG.md agrees with the code: renamed error codes, audit actions and functions of the database."""

import importlib.util
import re

from chalicelib.api.openapi import introduction
from chalicelib.audit.model import RENAMED_ACTIONS
from infra.packaging.bundle import ROOT

PAGE = (ROOT / "CHANGELOG.md").read_text()
MIGRATION = ROOT / "chalicelib/migrations/versions/20240101000016_function_names.py"


def test_clients_get_the_new_error_codes_only() -> None:
    table = PAGE.partition("- Error codes")[2].partition("- Actions")[0]
    codes = dict(re.findall(r"^  \| `(\w+)` \| `(\w+)` \|$", table, re.MULTILINE))
    assert len(codes) == 11
    described = set(re.findall(r"^\| `(\w+)` \| \d+ \|", introduction.TEXT, re.MULTILINE))
    assert set(codes.values()) <= described
    assert described.isdisjoint(codes)


def test_every_renamed_audit_action_is_listed() -> None:
    for old, new in RENAMED_ACTIONS.items():
        assert f"`{old}` is `{new}`" in PAGE


def test_every_renamed_function_of_the_database_is_listed() -> None:
    spec = importlib.util.spec_from_file_location("migration", MIGRATION)
    assert spec
    assert spec.loader
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    for functions in migration.RENAMED.values():
        for old, _, new in functions:
            assert f"`app.{old}`" in PAGE, old
            assert f"`app.{new}`" in PAGE, new
