"""The architecture: which package may import which, and what importing the application must not load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LAYERS = (
    {"app"},
    {"api", "events"},
    {"maintenance"},
    {"opds"},
    {"search", "trash", "account", "exports", "changes"},
    {"imports", "sharing"},
    {"uploads", "speech", "annotations"},
    {"recognition"},
    {"library"},
    {"metadata", "illustrations", "webhooks"},
    {"inspection", "extraction", "audit", "auth"},
    {"formats"},
    {"platform"},
)
HEAVY = {
    "chardet",
    "pikepdf",
    "pypdf",
    "pypdfium2",
    "PIL",
    "lxml",
    "readability",
    "yara_x",
    "alembic",
    "sqlalchemy",
    "langcodes",
    "latex2mathml",
    "numpy",
    "soundfile",
    "py3langid",
    "selectolax",
    "markdown_it",
    "mathra",
    "nh3",
    "defusedxml",
    "sentencex",
    "lameenc",
    "tesserocr",
}
SOURCES = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]


def package_of(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] == "app":
        return "app"
    return parts[1] if parts[0] == "chalicelib" and len(parts) > 1 and parts[1] != "__init__" else None


def layer_of(package: str) -> int:
    return next(number for number, packages in enumerate(LAYERS) if package in packages)


def imported_modules(source: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


@pytest.mark.parametrize("source", sorted((ROOT / "infra").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_infra_does_not_import_the_local_stack(source: Path) -> None:
    assert not [name for name in imported_modules(source) if name.partition(".")[0] == "localstack"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_package_imports_only_from_layers_below(source: Path) -> None:
    package = package_of(".".join(source.relative_to(ROOT).with_suffix("").parts))
    if package in {None, "migrations"}:
        return
    assert package is not None
    imported = {name: package_of(name) for name in imported_modules(source)}
    wrong = sorted(
        name for name, other in imported.items() if other and other != package and layer_of(other) <= layer_of(package)
    )
    assert not wrong, f"{source.relative_to(ROOT)} imports {wrong} from its own layer or from above"


def test_importing_the_application_loads_nothing_heavy() -> None:
    script = "import sys, app; print(*{name.partition('.')[0] for name in sys.modules})"
    environment = {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library", "PATH": "/usr/bin:/bin"}
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert HEAVY.isdisjoint(loaded), f"loaded with the application: {HEAVY & set(loaded)}"
    assert {"boto3", "psycopg"}.isdisjoint(loaded), "the authorizer and the synthesizer do not need them at start"
