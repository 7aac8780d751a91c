"""Deploy a stage, plan a deployment, or destroy a stage.

    python -m infra.deploy.deploy --stage prod   deploy everything, in order; after a failure the next run resumes
    python -m infra.deploy.deploy --stage prod --plan   show what that would change, and what the stage costs
    python -m infra.deploy.deploy --stage prod --destroy   delete the functions and what is in front of them; keep the data
    python -m infra.deploy.deploy --stage prod --destroy --with-data visionary-prod
    python -m infra.deploy.deploy --stage prod --restore-database 2026-11-22T10:00:00Z   or "latest": docs/backup-restore.md

Every stage is deployed the same way; only parameters differ, and AWS_ENDPOINT_URL, which points to the emulator of `make run`.
A parameter's value comes from the outputs of earlier stacks, then from the environment (SubnetIds is SUBNET_IDS), then from
the stage's settings in stages.json, then from the template's default. A stack whose output is in the environment is not
created: with SUBNET_IDS there is no network stack, with DATABASE_URL no database. Secrets are in Parameter Store and in no
template: a deployment creates those that are missing and overwrites none (secrets.py).

A release goes out in this order: migrate with the new code, update the functions, run the smoke test. If the migration fails,
nothing that serves has changed; if the smoke test fails, the last good release is restored.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy import costs, destroy, parameters, preflight, progress, release, restore, secrets, smoke
from infra.deploy.plan import report_plan
from infra.deploy.release import Artifacts, Release
from infra.deploy.secrets import Secret
from infra.deploy.stacks import DeployError, Template
from infra.deploy.stage import STAGES, Stage, template
from infra.packaging import web
from infra.packaging.wheels import BundleError


class Deployment:
    """One deployment of one stage: each step uses the outputs of the steps before it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.report = stage.report

    def run(self, *, suite: bool, on_release: Callable[[], None] | None = None) -> dict[str, str]:
        """Deploy everything; return every output of every stack. `on_release` is called once the functions serve, before
        the page is built. Raises DeployError or BundleError.
        """
        stage = self.stage
        stage.load_bucket_suffix()
        stage.load_addresses()
        stage.load_outputs("database")  # what it was restored from are also its parameters
        missing_secrets = stage.load_secrets()
        preflight.check(stage)
        is_update = stage.exists("functions")
        if not is_update and stage.name != "local":
            for line in costs.report_idle(costs.stage_settings(stage.name, stage.environment)):
                self.report(line)
        self._step("secrets", lambda: self._create_secrets(missing_secrets))
        for part in stage.parts[: stage.parts.index("functions")]:
            self._step(part, lambda part=part: self._apply(part))  # type: ignore[misc]
        artifacts = Artifacts(stage.outputs["ArtifactsBucket"])
        new = stage.build(artifacts)
        if is_update:
            function = f"visionary-{stage.name}-migrate"
            self._step(
                "migrate", lambda: self._record_revision(release.migrate_ahead(function, artifacts, new, self.report))
            )
        # CloudFront has to send a new secret before the API requires it; the first time there is no API yet.
        is_edge_first = is_update and "edge" in stage.parts and stage.exists("edge")
        if is_edge_first:
            self._step("edge", self._apply_edge)
        if not is_update:
            stage.outputs["TrafficShift"] = "AllAtOnce"  # there are no requests yet
        self._step("functions", lambda: self._apply_release(artifacts, new))
        # One of its alarms watches every further update of the functions; a first deployment may have one, below.
        if "monitoring" in stage.parts:
            self._step("monitoring", lambda: self._apply("monitoring"))
        if not is_update:
            self._step(
                "migrate", lambda: self._record_revision(release.migrate(stage.outputs["MigrateFunction"], self.report))
            )
        if "edge" in stage.parts and not is_edge_first:
            self._step("edge", self._apply_edge)
            self._publish_addresses(artifacts, new)
        self._step("smoke test", lambda: self._test(artifacts, new, suite=suite))
        if on_release is not None:
            on_release()
        self._step("page", lambda: self._publish_page(artifacts))
        return stage.outputs

    def restore_database(self, moment: datetime | None) -> dict[str, str]:
        """Restore the database to a moment, None for the latest, and make functions and alarms use the new one.

        The database that was in use is kept. Raises DeployError; the next run resumes.
        """
        stage = self.stage
        if "database" not in stage.parts or not stage.exists("database"):
            raise DeployError(f"{stage.name} has no database of its own to restore")
        for part in stage.parts:
            stage.load_outputs(part)
        stage.load_addresses()
        stage.load_secrets()
        artifacts = Artifacts(stage.outputs["ArtifactsBucket"])
        current = artifacts.last_good()
        if current is None:
            raise DeployError(f"{stage.name} has no release that passed its smoke test; deploy first")
        if changed := restore.parameters(stage.outputs, moment, datetime.now(UTC)):
            restore.check_restorable(stage.outputs, moment)
            stage.outputs |= changed
        self._step("database", lambda: self._apply("database"))
        stage.outputs["TrafficShift"] = "AllAtOnce"  # until then, requests use the database that was given up
        self._step("functions", lambda: self._apply_release(artifacts, current))
        self._step(
            "migrate", lambda: self._record_revision(release.migrate(stage.outputs["MigrateFunction"], self.report))
        )
        if "monitoring" in stage.parts:
            self._step("monitoring", lambda: self._apply("monitoring"))
        self._step("smoke test", lambda: self._confirm_health(current))
        self.report(f"{stage.outputs['RestoredFrom']} is kept, and billed, until you delete it")
        return stage.outputs

    def _step(self, name: str, work: Callable[[], str]) -> None:
        started = time.monotonic()
        outcome = work()
        self.report(f"{name:10} {outcome:24} {time.monotonic() - started:6.1f} s")

    def _create_secrets(self, missing: Sequence[Secret]) -> str:
        for secret in missing:
            secrets.create(self.stage.name, secret, self.stage.environment.get("SECRETS_KMS_KEY_ARN", ""))
            self.report(f"{secret.name}: {secret.origin}")
        return f"{len(missing)} created" if missing else "unchanged"

    def _apply(self, part: str) -> str:
        body = template(part)
        declared: dict[str, Any] = json.loads(body).get("Parameters", {})
        values = self.stage.parameters(part, declared)
        outcome = self.stage.stacks(part).apply(self.stage.stack_name(part), Template(body), values)
        self.stage.load_outputs(part)
        return outcome

    def _apply_release(self, artifacts: Artifacts, applied: Release) -> str:
        self.stage.outputs |= applied.parameters
        body = artifacts.read(applied.template_key).decode()
        values = self.stage.parameters("functions", json.loads(body)["Parameters"])
        functions = Template(body, artifacts.upload_template)
        outcome = self.stage.stacks("functions").apply(self.stage.stack_name("functions"), functions, values)
        self.stage.load_outputs("functions")
        return outcome

    def _record_revision(self, revision: str) -> str:
        self.stage.outputs["Revision"] = revision
        return revision

    def _apply_edge(self) -> str:
        self.stage.load_origin()
        outcome = self._apply("edge")
        if parameters.has_foreign_dns(self.stage.environment):
            domain, target = self.stage.environment["DOMAIN_NAME"], self.stage.outputs["DistributionDomain"]
            self.report(
                f"DNS: {domain} must be a CNAME of {target} (an ALIAS at the top of a zone); create it if it is missing"
            )
        return outcome

    def _publish_addresses(self, artifacts: Artifacts, new: Release) -> None:
        """Update storage and functions once the page's address is known: only after the first edge deployment."""
        if self.stage.load_addresses():
            self._step("storage", lambda: self._apply("storage"))
            self._step("functions", lambda: self._apply_release(artifacts, new))

    def _test(self, artifacts: Artifacts, new: Release, *, suite: bool) -> str:
        """Run the smoke test; record the release as the last good one, or roll back."""
        outputs = self.stage.outputs
        try:
            self._check_health(new)
            if suite:
                smoke.run_suite(
                    parameters.api_url(self.stage.environment, outputs),
                    outputs["UserPoolId"],
                    outputs["AuthClientId"],
                    outputs["CorsOrigins"].partition(",")[0],
                    self.report,
                )
        except DeployError as failure:
            raise DeployError(f"{self._roll_back(artifacts, new)}\n{failure}") from None
        artifacts.record_last_good(new)
        return new.version

    def _confirm_health(self, deployed: Release) -> str:
        self._check_health(deployed)
        return deployed.version

    def _check_health(self, deployed: Release) -> None:
        secret = parameters.origin_header(self.stage.secrets)
        api = parameters.api_url(self.stage.environment, self.stage.outputs)
        smoke.check(api, deployed.version, origin_secret=secret)

    def _roll_back(self, artifacts: Artifacts, new: Release) -> str:
        last_good = artifacts.last_good()
        if last_good is None or last_good.parameters == new.parameters:
            return f"{new.version} failed its smoke test, and there is no earlier release to restore."
        self.report(f"{new.version} failed its smoke test; rolling back to {last_good.version}")
        self.stage.outputs["TrafficShift"] = "AllAtOnce"  # until then, the failing release serves
        self._step("functions", lambda: self._apply_release(artifacts, last_good))
        self._check_health(last_good)
        return f"{new.version} failed its smoke test. {last_good.version} is restored; the database keeps its new revision."

    def _publish_page(self, artifacts: Artifacts) -> str:
        stage = self.stage
        if "identity" not in stage.parts:
            return "needs a user pool"
        try:
            with progress.reporting("page", self.report):
                page = web.build()
        except web.PageError as error:
            if stage.name != "local":
                raise DeployError(str(error)) from None
            self.report(f"The page could not be built; the API works without it. {error}")
            return "not built"
        configuration = web.configuration(
            **parameters.page_configuration(stage.environment, stage.outputs, stage.settings)
        )
        uploaded = web.publish(artifacts.s3(), stage.outputs["WebBucket"], page, configuration)
        return f"{uploaded} files uploaded" if uploaded else "unchanged"


def main(arguments: list[str] | None = None, *, on_release: Callable[[], None] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Deploy a stage, plan a deployment, or destroy a stage.")
    parser.add_argument("--stage", choices=STAGES, required=True)
    parser.add_argument("--plan", action="store_true", help="show what would change; change nothing")
    parser.add_argument("--destroy", action="store_true", help="destroy the stage, but keep its data")
    parser.add_argument("--with-data", metavar="NAME", help="with --destroy: data, too; NAME is visionary-<stage>")
    parser.add_argument(
        "--restore-database", metavar="TIME", help='restore the database to this time, or to the "latest"'
    )
    parser.add_argument("--no-suite", action="store_true", help="check only /health; skip the live suite")
    parser.add_argument("--all", action="store_true", help="local: also deploy the stacks that `make up` leaves out")
    parser.add_argument("--outputs", type=Path, help="write every output of every stack to this JSON file")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    if options.plan and options.stage != "local":  # needs no account
        print("\n".join(costs.report(costs.stage_settings(options.stage, os.environ))), flush=True)
    try:
        stage = Stage(options.stage, os.environ, lambda line: print(f"  {line}", flush=True), everything=options.all)
        if options.plan:
            report_plan(stage)
            return
        if options.destroy:
            destroy.destroy_stage(stage, with_data=options.with_data)
            return
        if options.restore_database:
            Deployment(stage).restore_database(restore.parse_moment(options.restore_database))
            return
        has_suite = options.stage != "local" and not options.no_suite
        outputs = Deployment(stage).run(suite=has_suite, on_release=on_release)
    except (DeployError, BundleError) as error:
        raise SystemExit(f"\n{error}") from None
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"\nThe deployment failed: {error}") from None
    if options.outputs:
        options.outputs.write_text(json.dumps(outputs, indent=2, sort_keys=True))
    print(f"  deployed {options.stage} in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
