"""The deployment checklist and the pages for operators: what they name exists, and their sums are right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.deploy import costs, parameters
from infra.deploy.stage import STACKS
from infra.packaging import traffic_shift
from infra.packaging.bundle import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md")) + [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
]
CHECKLIST = (ROOT / "docs/deployment-checklist.md").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))


def code_spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def is_program(module: str) -> bool:
    """Return whether `python -m` finds the module, or the package with its `__main__`."""
    path = ROOT / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def test_every_row_of_the_checklist_says_where_it_is_met_and_what_shows_it() -> None:
    rows = [line for line in CHECKLIST.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(rows) > 60
    for row in rows:
        assert all(cell.strip() for cell in row.strip("|").split("|")), row


def test_every_file_in_the_checklist_exists() -> None:
    paths = [word for word in code_spans(CHECKLIST) if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?|[A-Z]+\.md", word)]
    assert len(paths) > 60
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_command_in_the_checklist_exists() -> None:
    commands = [word for word in code_spans(CHECKLIST) if word.split()[0] in {"make", "pytest", "python"}]
    assert len(commands) > 50
    for command in commands:
        tool, target, *_ = command.split()
        if tool == "make":
            assert target in TARGETS, command
        elif tool == "pytest":
            assert (ROOT / target).is_file(), command
        else:
            assert is_program(command.split()[2]), command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_links_and_programs_of_a_page_exist(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"`make (?:-s )?([a-z][a-z-]+)", text):
        assert target in TARGETS, target
    for link in re.findall(r"\]\((?!https?:|#|/)([^)#\s]+)", text):
        assert (page.parent / link).exists(), link
    for path in re.findall(r"`((?:chalicelib|infra|localstack|tests|web|docs|bench|\.ci)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path
    for module in re.findall(r"python -m ((?:infra|bench)\.[\w.]*\w)", text):
        assert is_program(module), module


def test_settings_on_the_pages_for_operators_are_parameters() -> None:
    declared = {parameters.environment_name(name) for name in traffic_shift.PARAMETERS}
    for part in STACKS:
        names = re.findall(r"^  ([A-Z]\w+):", (ROOT / f"infra/{part}.yaml").read_text(), flags=re.M)
        declared |= {parameters.environment_name(name) for name in names}
    for page in ("deployment", "cost", "runbook", "troubleshooting", "decisions"):
        text = (ROOT / f"docs/{page}.md").read_text()
        for name in re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`", text):
            assert name in declared | {"SECRET_KEY", "AWS_ROLE", "AWS_REGION", "AWS_SESSION_S", "SPEECHIFY_API_KEY"}, (
                f"{page}.md: {name}"
            )


def test_the_tables_of_the_cost_page_are_those_of_the_program() -> None:
    page, settings = costs.PAGE.read_text(), costs.stage_settings("prod", {})
    assert page == costs.with_tables(page, settings), "python -m infra.deploy.costs --page"
    for kind in ("idle", *costs.KINDS):
        assert f"<!-- {kind} -->\n|" in page
