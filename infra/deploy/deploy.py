"""Deploy a stage, or take it away.

    python -m infra.deploy.deploy --stage prod   everything, in order; again after a failure it goes on where it stopped
    python -m infra.deploy.deploy --stage prod --plan   what that would change, and what the stage costs
    python -m infra.deploy.deploy --stage prod --destroy   the functions and what stands in front of them; data stay
    python -m infra.deploy.deploy --stage prod --destroy --with-data visionary-prod

It is the same for every stage; only parameters differ, and AWS_ENDPOINT_URL, which leads to the emulator of `make run`.
A parameter is looked for among the outputs of the earlier stacks, then in the environment (SubnetIds is SUBNET_IDS), then
among the settings of the stage in stages.json; the template's default comes last. A stack whose output the environment gives
is not made: with SUBNET_IDS there is no network stack, with DATABASE_URL no database, with SIGNING_SECRETS_ARN no secrets.

A release goes out in this order: the migration with the new code, the functions, the smoke test. A migration that fails ends it
before anything that serves has changed; a smoke test that fails brings the last good release back.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from awscli.customizations.cloudformation.yamlhelper import yaml_parse
from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy import costs, destroy, parameters, release, smoke
from infra.deploy.release import Artifacts, Release
from infra.deploy.stacks import DeployError, Stacks, Template
from infra.packaging import bundle, web
from infra.packaging.wheels import BundleError

INFRA = Path(__file__).resolve().parent.parent
STAGES = ("local", "dev", "prod")
ARCHITECTURE = "arm64"  # a fifth cheaper than x86_64 for the same work
EDGE_REGION = "us-east-1"  # CloudFront takes certificates and firewalls from there only

STACKS = ("network", "database", "secrets", "storage", "identity", "functions", "edge", "monitoring")
# Kept by --destroy; the order in which they can go.
STATEFUL = ("identity", "storage", "secrets", "database", "network")
# A laptop's stack serves the page itself, and nobody watches it; --all deploys them there, too.
LOCAL_LEAVES_OUT = {"edge", "monitoring"}

Report = Callable[[str], None]


class Deployment:
    """One deployment of one stage: each step takes what the steps before it made known."""

    def __init__(self, stage: str, environment: Mapping[str, str], report: Report, *, everything: bool = False) -> None:
        parameters.check_target(stage, environment)
        self.stage = stage
        self.environment = environment
        self.report = report
        self.known = {"Stage": stage}
        self.settings: dict[str, str] = json.loads((INFRA / "stages.json").read_text())[stage]
        poll_s = 0.05 if stage == "local" else 3
        self.stacks = Stacks(boto3.client("cloudformation"), report=report, poll_s=poll_s)
        edge = Stacks(boto3.client("cloudformation", region_name=EDGE_REGION), report=report, poll_s=poll_s)
        self.where = dict.fromkeys(STACKS, self.stacks) | {"edge": edge}
        left_out = LOCAL_LEAVES_OUT if stage == "local" and not everything else set()
        given = {part for part in STACKS if parameters.given_instead(part, environment, self.settings)}
        self.parts = [part for part in STACKS if part not in left_out | given]

    # ---- what is done ----------------------------------------------------------------------------------------------------

    def run(self, *, suite: bool) -> dict[str, str]:
        """Do it all; answers every output of every stack. Raises DeployError or BundleError."""
        self._know_addresses()
        if not self.stacks.exists(self.name("functions")):
            self._report_costs()
        for part in self.parts[: self.parts.index("functions")]:
            self._step(part, lambda part=part: self._apply(part))  # type: ignore[misc]
        artifacts = Artifacts(self.known["ArtifactsBucket"])
        new = self._built(artifacts)
        ahead = self.stacks.exists(self.name("functions"))
        if ahead:
            function = f"visionary-{self.stage}-migrate"
            self._step("migrate", lambda: self._note_revision(release.migrate_ahead(function, artifacts, new)))
        # What the API wants to hear from CloudFront, CloudFront says before; the first time there is no API to speak of.
        speaks_first = ahead and "edge" in self.parts and self.where["edge"].exists(self.name("edge"))
        if speaks_first:
            self._step("edge", self._apply_edge)
        self._step("functions", lambda: self._apply_release(artifacts, new))
        if not ahead:
            self._step("migrate", lambda: self._note_revision(release.migrate(self.known["MigrateFunction"])))
        if "edge" in self.parts and not speaks_first:
            self._step("edge", self._apply_edge)
            self._tell_addresses(artifacts, new)
        if "monitoring" in self.parts:
            self._step("monitoring", lambda: self._apply("monitoring"))
        self._step("smoke test", lambda: self._test(artifacts, new, suite=suite))
        self._step("page", lambda: self._publish_page(artifacts))
        return self.known

    def plan(self) -> None:
        """Say what `run` would change."""
        self._know_addresses()
        self._report_costs()
        for part in self.parts:
            if part == "edge" and self.stacks.exists(self.name("functions")):
                self._know_origin()
            self._plan(part)

    def remove(self, *, with_data: str | None) -> None:
        """Take the stage away; the stacks that hold data only when their name was typed. Raises DeployError."""
        passing = [(self.name(part), self.where[part]) for part in ("monitoring", "edge", "functions")]
        lasting = [(self.name(part), self.where[part]) for part in STATEFUL]
        known = self.stacks.outputs(self.name("identity")) | self.stacks.outputs(self.name("database"))
        destroy.stage(self.stage, passing, lasting, known, with_data=with_data, report=self.report)

    # ---- steps -----------------------------------------------------------------------------------------------------------

    def _step(self, name: str, work: Callable[[], str]) -> None:
        started = time.monotonic()
        outcome = work()
        self.report(f"{name:10} {outcome:24} {time.monotonic() - started:6.1f} s")

    def _apply(self, part: str) -> str:
        body = template(part)
        declared: dict[str, Any] = json.loads(body).get("Parameters", {})
        outcome = self.where[part].apply(self.name(part), Template(body), self.parameters(part, declared))
        self.known |= self.where[part].outputs(self.name(part))
        return outcome

    def _built(self, artifacts: Artifacts) -> Release:
        started = time.time()
        built = bundle.build(self.stage, architecture=self._architecture())
        new = artifacts.upload(built, f"{project_version()}+{built.fingerprint[:8]}")
        before = built.template.stat().st_mtime < started
        self.report(f"{'bundle':10} {'as built before' if before else 'built':24} {time.time() - started:6.1f} s")
        return new

    def _architecture(self) -> str | None:
        """None: our own code only, for an emulator that runs functions where the packages are installed."""
        return self.environment.get("BUNDLE_ARCHITECTURE") or (None if self.stage == "local" else ARCHITECTURE)

    def _apply_release(self, artifacts: Artifacts, which: Release) -> str:
        self.known |= which.parameters
        body = artifacts.read(which.template_key).decode()
        declared: dict[str, Any] = json.loads(body)["Parameters"]
        functions = Template(body, artifacts.upload_template)
        outcome = self.stacks.apply(self.name("functions"), functions, self.parameters("functions", declared))
        self.known |= self.stacks.outputs(self.name("functions"))
        return outcome

    def _note_revision(self, revision: str) -> str:
        self.known["Revision"] = revision
        return revision

    def _apply_edge(self) -> str:
        self._know_origin()
        return self._apply("edge")

    def _know_origin(self) -> None:
        functions, region = self.stacks.outputs(self.name("functions")), boto3.session.Session().region_name
        self.known |= parameters.origin(self.environment, self.known, functions, region)
        self.known["OriginHeader"] = parameters.origin_header(self.environment, self.known)

    def _know_addresses(self) -> dict[str, str]:
        edge = self.where["edge"].outputs(self.name("edge")) if "edge" in self.parts else {}
        addresses = parameters.addresses(self.environment, edge)
        self.known |= addresses
        return addresses

    def _tell_addresses(self, artifacts: Artifacts, new: Release) -> None:
        """The first time, the page's address is known only now: storage and the API are told."""
        before = dict(self.known)
        if self._know_addresses().items() - before.items():
            self._step("storage", lambda: self._apply("storage"))
            self._step("functions", lambda: self._apply_release(artifacts, new))

    def _test(self, artifacts: Artifacts, new: Release, *, suite: bool) -> str:
        """Keep the release as the last good one, or go back to that."""
        try:
            self._check_health(new)
            if suite:
                origin = self.known["CorsOrigins"].partition(",")[0]
                smoke.run_suite(
                    parameters.api(self.environment, self.known),
                    self.known["UserPoolId"],
                    self.known["AuthClientId"],
                    origin,
                    self.report,
                )
        except DeployError as failure:
            raise DeployError(f"{self._go_back(artifacts, new)}\n{failure}") from None
        artifacts.keep_as_good(new)
        return new.version

    def _check_health(self, which: Release) -> None:
        says = parameters.origin_header(self.environment, self.known)
        smoke.check(parameters.api(self.environment, self.known), which.version, says=says)

    def _go_back(self, artifacts: Artifacts, new: Release) -> str:
        good = artifacts.last_good()
        if good is None or good.parameters == new.parameters:
            return f"{new.version} failed its smoke test, and there is no earlier release to go back to."
        self.report(f"{new.version} failed its smoke test; going back to {good.version}")
        self._step("functions", lambda: self._apply_release(artifacts, good))
        self._check_health(good)
        return f"{new.version} failed its smoke test. {good.version} serves again; the database keeps its new revision."

    def _publish_page(self, artifacts: Artifacts) -> str:
        try:
            page = web.build()
        except web.PageError as error:
            if self.stage != "local":
                raise DeployError(str(error)) from None
            self.report(f"The page could not be built; the API works without it. {error}")
            return "not built"
        told = web.configuration(**parameters.page(self.environment, self.known, self.settings))
        new = web.publish(artifacts.s3(), self.known["WebBucket"], page, told)
        return f"{new} files new" if new else "unchanged"

    def _plan(self, part: str) -> None:
        name, where = self.name(part), self.where[part]
        if not where.exists(name):
            built = (
                bundle.build(self.stage, architecture=None).template.read_text()
                if part == "functions"
                else template(part)
            )
            described: dict[str, Any] = json.loads(built)
            self.report(f"{part}: created, {len(described['Resources'])} resources")
            self.known = {output: f"<{output}>" for output in described.get("Outputs", {})} | self.known
            return
        if part == "functions":
            artifacts = Artifacts(self.known["ArtifactsBucket"])
            new = self._built(artifacts)
            self.known |= new.parameters
            body, upload = artifacts.read(new.template_key).decode(), artifacts.upload_template
        else:
            body, upload = template(part), None
        changes = where.plan(
            name, Template(body, upload), self.parameters(part, json.loads(body).get("Parameters", {}))
        )
        self.report(f"{part}: {f'{len(changes)} changes' if changes else 'unchanged'}")
        for change in changes:
            self.report(f"  {change}")
        self.known |= where.outputs(name)

    # ---- what is known ---------------------------------------------------------------------------------------------------

    def name(self, part: str) -> str:
        return f"visionary-{self.stage}-{part}"

    def parameters(self, part: str, declared: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """A value for every parameter of a template. Raises DeployError that names all that are missing."""
        return parameters.values(
            f"The {part} stack of {self.stage}",
            declared,
            known=self.known,
            environment=self.environment,
            settings=self.settings,
        )

    def _report_costs(self) -> None:
        if self.stage != "local":
            for line in costs.table(costs.idle(self.settings | parameters.chosen(self.environment, costs.DEPENDS_ON))):
                self.report(line)


def template(part: str) -> str:
    """A template as JSON: CloudFormation takes no YAML aliases."""
    return json.dumps(yaml_parse((INFRA / f"{part}.yaml").read_text()), indent=1)


def project_version() -> str:
    """The version in pyproject.toml."""
    version: str = tomllib.loads((bundle.ROOT / "pyproject.toml").read_text())["project"]["version"]
    return version


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Deploy a stage, or take it away.")
    parser.add_argument("--stage", choices=STAGES, required=True)
    parser.add_argument("--plan", action="store_true", help="say what would change, and change nothing")
    parser.add_argument("--destroy", action="store_true", help="take the stage away; data stay")
    parser.add_argument("--with-data", metavar="NAME", help="with --destroy: data, too; NAME is visionary-<stage>")
    parser.add_argument(
        "--no-suite", action="store_true", help="only /health as the smoke test, without the live suite"
    )
    parser.add_argument("--all", action="store_true", help="local: also the stacks that `make up` leaves out")
    parser.add_argument("--outputs", type=Path, help="write every output of every stack to this JSON file")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        deployment = Deployment(
            options.stage, os.environ, lambda line: print(f"  {line}", flush=True), everything=options.all
        )
        if options.plan:
            deployment.plan()
            return
        if options.destroy:
            deployment.remove(with_data=options.with_data)
            return
        known = deployment.run(suite=options.stage != "local" and not options.no_suite)
    except (DeployError, BundleError) as error:
        raise SystemExit(f"\n{error}") from None
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"\nThe deployment stopped: {error}") from None
    if options.outputs:
        options.outputs.write_text(json.dumps(known, indent=2, sort_keys=True))
    print(f"  deployed {options.stage} in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
