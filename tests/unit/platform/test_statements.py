"""Statements of the functions leave no state in a database session, so that RDS Proxy can share it.

The rules are AWS's: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("chalicelib")
# They connect as the owner role, to the database itself.
DIRECT = (ROOT / "migrations", ROOT / "maintenance/backup", ROOT / "platform/db/roles.py")
PINNING = re.compile(
    r"^\s*(SET|RESET|PREPARE|EXECUTE|DEALLOCATE|DISCARD|LISTEN|DECLARE|LOAD|CALL)\s[^=]"
    r"|\bCREATE\s+TEMP|\bset_config\s*\(|\bpg_(try_)?advisory_lock|\b(nextval|setval)\s*\("
)


def texts(path: Path) -> Iterator[str]:
    """Yield the strings of a module; a formatted one as a whole, with its values left out."""
    tree = ast.parse(path.read_text())
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in parts:
            yield node.value if isinstance(node.value, str) else node.value.decode(errors="replace")


def test_the_pattern_finds_what_pins_a_session() -> None:
    for statement in (
        "SET statement_timeout = 1",
        "SELECT set_config('a', 'b', true)",
        "LISTEN news",
        "CREATE TEMP TABLE x",
    ):
        assert PINNING.search(statement), statement
    for statement in ("UPDATE media SET title = 'x'", "BEGIN; SELECT app.set_current_owner('x')"):
        assert not PINNING.search(statement), statement


def test_no_statement_of_a_function_pins_its_session() -> None:
    files = [path for path in ROOT.rglob("*.py") if not any(path.is_relative_to(direct) for direct in DIRECT)]
    assert len(files) > 100
    assert [f"{path}: {text[:60]}" for path in files for text in texts(path) if PINNING.search(text)] == []


def test_statements_are_not_prepared() -> None:
    assert "prepare_threshold=None" in (ROOT / "platform/db/database.py").read_text()
