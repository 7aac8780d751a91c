"""The project's own command that deploys to a local stack under test, from this project or from a changed copy of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import requests

from chalicelib.api.origin_verification import HEADER
from localstack.environment import deployment_environment
from localstack.home import ROOT
from tests.support.local_stack import DeployedStack


@dataclass
class Deployer:
    """A stack, and the project's command that deploys to it."""

    stack: DeployedStack
    variables: dict[str, str] = field(default_factory=dict)

    def deploy(self, *arguments: str, project: Path = ROOT) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(*arguments),
            cwd=project,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def kill_at(self, step: str) -> None:
        """Start a deployment and kill it after a step."""
        with subprocess.Popen(
            self._command(), cwd=ROOT, env=self._environment(), stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert any(line.startswith(f"  {step} ") for line in process.stdout), f"there was no step {step}"
            process.kill()

    def steps(self, *arguments: str, project: Path = ROOT) -> dict[str, str]:
        """Deploy; return the outcome of each step. The deployment must succeed."""
        completed = self.deploy(*arguments, project=project)
        assert completed.returncode == 0, completed.stdout + completed.stderr
        lines = [line[2:].rsplit(maxsplit=2)[0] for line in completed.stdout.splitlines() if line.endswith(" s")]
        return {line[:10].strip(): line[10:].strip() for line in lines}

    def version(self) -> str:
        """Return the version that /health reports; the stack must be healthy."""
        headers = {HEADER: self.variables.get("ORIGIN_SECRET", "")}
        response = requests.get(f"{self.stack.api}/health", headers=headers, timeout=30)
        assert response.status_code == 200, response.text
        return str(response.json()["version"])

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "infra.deploy.deploy", "--stage", "local", *arguments]

    def _environment(self) -> dict[str, str]:
        # The page of the local stack has tests of its own.
        deployment = deployment_environment(self.stack.home) | {"PYTHONDONTWRITEBYTECODE": "1"}
        return deployment | dict(self.stack.settings) | self.variables


def copy_project(target: Path) -> Path:
    """Copy what a deployment needs of the project, for a test to change."""
    target.mkdir()
    for folder in ("chalicelib", "infra", ".chalice", "requirements"):
        shutil.copytree(ROOT / folder, target / folder, ignore=shutil.ignore_patterns("__pycache__", "deploy*ments"))
    for file in ("app.py", "pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / file, target)
    return target
