"""The house: who may import whom, and what importing the application must not cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FLOORS = (
    {"app"},
    {"api", "events"},
    {"uploads", "library", "speech", "account"},
    {"inspection", "reading"},
    {"platform"},
)
APART = ({"api", "events"}, {"inspection", "reading"})  # neighbours that know nothing of each other
HEAVY = {
    "pikepdf",
    "pypdf",
    "pypdfium2",
    "PIL",
    "lxml",
    "yara_x",
    "alembic",
    "sqlalchemy",
    "langdetect",
    "selectolax",
    "markdown_it",
    "defusedxml",
    "sentencex",
    "lameenc",
}
SOURCES = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]


def room(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] == "app":
        return "app"
    return parts[1] if parts[0] == "chalicelib" and len(parts) > 1 else None


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if name in rooms)


def imports(source: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_the_house_only(source: Path) -> None:
    here = room(".".join(source.relative_to(ROOT).with_suffix("").parts))
    if here in {None, "migrations", "__init__"}:
        return
    assert here is not None
    wrong = []
    for module in imports(source):
        there = room(module)
        if there in {None, "__init__", here}:
            continue
        assert there is not None
        upwards = floor(there) < floor(here)
        apart = any({here, there} == pair for pair in APART)
        if upwards or apart:
            wrong.append(module)
    assert not wrong, f"{source.relative_to(ROOT)} reaches up or across to {wrong}"


def test_importing_the_application_loads_nothing_heavy() -> None:
    script = "import sys, app; print(*{name.partition('.')[0] for name in sys.modules})"
    environment = {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library", "PATH": "/usr/bin:/bin"}
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert HEAVY.isdisjoint(loaded), f"loaded with the application: {HEAVY & set(loaded)}"
    assert {"boto3", "psycopg"}.isdisjoint(loaded), "the authorizer and the synthesizer do not need them at start"
