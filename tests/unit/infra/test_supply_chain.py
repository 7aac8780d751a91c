"""The supply chain: licences of dependencies, accepted findings, workflows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from infra.packaging import licences
from infra.packaging.bundle import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(path.read_text())
    return parsed


def test_every_shipped_package_has_an_allowed_licence() -> None:
    licences_of_packages = licences.shipped()
    assert len(licences_of_packages) > 25
    assert list(licences.disallowed(licences_of_packages)) == []


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("LGPL-3.0-only", True),
        ("GNU Lesser General Public License v3", True),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("GNU Affero General Public License v3", False),
        ("MIT AND GPL-2.0-only", False),
        ("unknown", False),
    ],
)
def test_licences_are_classified_by_name(text: str, allowed: bool) -> None:
    assert (list(licences.disallowed({"package": text})) == []) is allowed


def test_every_accepted_finding_has_its_reason() -> None:
    lines = (ROOT / "infra/checkov.yaml").read_text().splitlines()
    accepted = [number for number, line in enumerate(lines) if "- CKV" in line]
    assert len(accepted) > 10
    for number in accepted:
        above = next(line for line in reversed(lines[:number]) if "- CKV" not in line)
        assert above.strip().startswith("#"), lines[number]


def test_workflows_can_only_read_the_code_and_request_a_token_for_aws() -> None:
    for workflow in WORKFLOWS:
        allowed = read(workflow)["permissions"]
        assert allowed.pop("contents") == "read"
        assert set(allowed) <= {"id-token", "attestations"}
        text = workflow.read_text()
        assert not re.search(r"aws-(access-key-id|secret-access-key)|AWS_SECRET", text), "a key that could be stolen"
        for checkout in re.findall(r"actions/checkout.*\n(.*)", text):
            assert "persist-credentials: false" in checkout


def test_actions_are_pinned_to_a_commit_and_name_its_version() -> None:
    for workflow in WORKFLOWS:
        for action in re.findall(r"uses: ([^.\s].*)", workflow.read_text()):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+.*", action), action


def test_what_is_deployed_has_a_signed_provenance() -> None:
    steps = read(ROOT / ".github/workflows/stage.yml")["jobs"]["deploy"]["steps"]
    deployed = next(number for number, step in enumerate(steps) if "make deploy" in step.get("run", ""))
    attested = next(number for number, step in enumerate(steps) if "attest-build-provenance" in step.get("uses", ""))
    assert deployed < attested  # the bundle that was built for the deployment, not another one


def test_prod_is_deployed_after_dev_and_dev_after_the_checks() -> None:
    jobs = read(ROOT / ".github/workflows/deploy.yml")["jobs"]
    assert jobs["dev"]["needs"] == "check"
    assert jobs["prod"]["needs"] == "dev"
    stage = read(ROOT / ".github/workflows/stage.yml")["jobs"]["deploy"]
    assert stage["environment"] == "${{ inputs.stage }}", "the environment's reviewers are the gate"


def test_every_supported_python_is_tested() -> None:
    matrix = read(ROOT / ".github/workflows/check.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]


def test_commands_of_workflows_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for workflow in WORKFLOWS:
        for script in re.findall(r"(?<![\w/])\.ci/\w+", workflow.read_text()):
            assert (ROOT / script).exists(), script
        for target in re.findall(r"run: make ([a-z-]+)", workflow.read_text()):
            assert re.search(rf"^{target}:", makefile, flags=re.M), target
