"""The plan of a deployment: what it would change in each stack. Changes nothing."""

from __future__ import annotations

import json
from typing import Any

from infra.deploy import preflight
from infra.deploy.release import Artifacts
from infra.deploy.stacks import Template
from infra.deploy.stage import Stage, template
from infra.packaging import bundle


def report_plan(stage: Stage) -> None:
    """Report every change that a deployment would make."""
    stage.load_bucket_suffix()
    stage.load_addresses()
    stage.load_outputs("database")  # what it was restored from are also its parameters
    missing_secrets = stage.load_secrets()
    preflight.check(stage)
    for secret in missing_secrets:
        stage.report(f"secrets: {secret.name} created, {secret.origin}")
    for part in stage.parts:
        if part == "edge" and stage.exists("functions"):
            stage.load_origin()
        if stage.exists(part):
            _report_changes(stage, part)
        else:
            _report_creation(stage, part)


def _report_creation(stage: Stage, part: str) -> None:
    is_functions = part == "functions"
    body = bundle.build(stage.name, architecture=None).template.read_text() if is_functions else template(part)
    described: dict[str, Any] = json.loads(body)
    stage.report(f"{part}: created, {len(described['Resources'])} resources")
    stage.outputs = {output: f"<{output}>" for output in described.get("Outputs", {})} | stage.outputs


def _report_changes(stage: Stage, part: str) -> None:
    if part == "functions":
        artifacts = Artifacts(stage.outputs["ArtifactsBucket"])
        release = stage.build(artifacts)
        stage.outputs |= release.parameters
        body, upload = artifacts.read(release.template_key).decode(), artifacts.upload_template
    else:
        body, upload = template(part), None
    values = stage.parameters(part, json.loads(body).get("Parameters", {}))
    changes = stage.stacks(part).plan(stage.stack_name(part), Template(body, upload), values)
    stage.report(f"{part}: {f'{len(changes)} changes' if changes else 'unchanged'}")
    for change in changes:
        stage.report(f"  {change}")
    stage.load_outputs(part)
