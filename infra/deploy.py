"""Deploy a stage, or take it away.

    python -m infra.deploy --stage prod                    everything, in order; again after a failure it goes on where it stopped
    python -m infra.deploy --stage prod --plan             what that would change, and what the stage costs
    python -m infra.deploy --stage prod --destroy          the functions and what stands in front of them; data stay
    python -m infra.deploy --stage prod --destroy --with-data visionary-prod

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
import re
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from awscli.customizations.cloudformation.yamlhelper import yaml_parse
from botocore.exceptions import BotoCoreError, ClientError

from infra import bundle, costs, destroy, release, smoke, web
from infra.release import Artifacts, Release
from infra.stacks import DeployError, Stacks, Template
from infra.wheels import BundleError

INFRA = Path(__file__).resolve().parent
STAGES = ("local", "dev", "prod")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
ARCHITECTURE = "arm64"  # a fifth cheaper than x86_64 for the same work
EDGE_REGION = "us-east-1"  # CloudFront takes certificates and firewalls from there only
NOBODYS_ORIGIN = "https://page.invalid"  # until CloudFront has given the page its name

STACKS = ("network", "database", "secrets", "storage", "identity", "functions", "edge", "monitoring")
STATEFUL = (
    "identity",
    "storage",
    "secrets",
    "database",
    "network",
)  # kept by --destroy; the order in which they can go
# The stack is not made when one of these is given.
GIVEN_INSTEAD = {
    "network": {"SubnetIds"},
    "database": {"DatabaseUrl"},
    "secrets": {"SigningSecret", "SigningSecretsArn"},
}
# A laptop's stack serves the page itself, and nobody watches it; --all deploys them there, too.
LOCAL_LEAVES_OUT = {"edge", "monitoring"}

# A secret comes by value or by the ARN of the Secrets Manager's entry that holds it.
NEEDS_ONE_OF = (frozenset({"SigningSecret", "SigningSecretsArn"}),)

Report = Callable[[str], None]


class Deployment:
    """One deployment of one stage: each step takes what the steps before it made known."""

    def __init__(self, stage: str, environment: Mapping[str, str], report: Report, *, everything: bool = False) -> None:
        check_target(stage, environment)
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
        self.parts = [part for part in STACKS if part not in left_out and not self._given_instead(part)]

    # ---- what is done ----------------------------------------------------------------------------------------------------

    def run(self, *, suite: bool) -> dict[str, str]:
        """Do it all; answers every output of every stack. Raises DeployError or BundleError."""
        self.known["CorsOrigins"] = self._origins()
        if self.stage != "local" and not self.stacks.exists(self.name("functions")):
            self._report_costs()
        for part in self.parts[: self.parts.index("functions")]:
            self._step(part, lambda part=part: self._apply(part))  # type: ignore[misc]
        artifacts = Artifacts(self.known["ArtifactsBucket"])
        new = self._built(artifacts)
        ahead = self.stacks.exists(self.name("functions"))
        if ahead:
            function = f"visionary-{self.stage}-migrate"
            self._step("migrate", lambda: self._note_revision(release.migrate_ahead(function, artifacts, new)))
        self._step("functions", lambda: self._apply_release(artifacts, new))
        if not ahead:
            self._step("migrate", lambda: self._note_revision(release.migrate(self.known["MigrateFunction"])))
        if "edge" in self.parts:
            self._step("edge", self._apply_edge)
            self._tell_origins(artifacts, new)
        if "monitoring" in self.parts:
            self._step("monitoring", lambda: self._apply("monitoring"))
        self._step("smoke test", lambda: self._test(artifacts, new, suite=suite))
        self._step("page", lambda: self._publish_page(artifacts))
        return self.known

    def plan(self) -> None:
        """Say what `run` would change."""
        self.known["CorsOrigins"] = self._origins()
        self._report_costs()
        for part in self.parts:
            if part == "edge" and self.stacks.exists(self.name("functions")):
                self._know_api_origin()
            self._plan(part)

    def remove(self, *, with_data: str | None) -> None:
        """Take the stage away; the stacks that hold data only when their name was typed. Raises DeployError."""
        names = [(self.name(part), self.where[part]) for part in ("monitoring", "edge", "functions")]
        if with_data is not None:
            destroy.confirm(self.stage, with_data)
            account = boto3.client("sts").get_caller_identity()["Account"]
            known = self.stacks.outputs(self.name("identity")) | self.stacks.outputs(self.name("database"))
            destroy.remove_stacks(names, self.report)
            destroy.unprotect(known.get("DatabaseIdentifier"), known.get("DatabaseDimension"))
            destroy.remove_buckets(self.stage, account, self.report)
            destroy.remove_secrets(self.stage)
            destroy.remove_users(known.get("UserPoolId"))
            names = [(self.name(part), self.where[part]) for part in STATEFUL]
        destroy.remove_stacks(names, self.report)

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
        self._know_api_origin()
        return self._apply("edge")

    def _know_api_origin(self) -> None:
        """Where CloudFront finds the API, and what the page may talk to; the emulator has everything at one address."""
        functions = self.stacks.outputs(self.name("functions"))
        endpoint = self.environment.get("AWS_ENDPOINT_URL")
        region = boto3.session.Session().region_name
        if endpoint:
            address = urlsplit(endpoint)
            self.known["ApiOriginDomain"] = address.hostname or ""
            self.known["ApiOriginPort"] = str(address.port)
            self.known["ApiOriginPath"] = f"/_aws/execute-api/{functions['RestAPIId']}"
            storage = identity = endpoint
        else:
            self.known["ApiOriginDomain"] = functions["ApiOriginDomain"]
            buckets = (self.known[name] for name in ("IncomingBucket", "LibraryBucket"))
            hosts = ("s3.{region}.amazonaws.com", "s3.dualstack.{region}.amazonaws.com")
            storage = " ".join(f"https://{b}.{h.format(region=region)}" for b in buckets for h in hosts)
            issuer = urlsplit(self.known["AuthIssuer"])
            identity = f"{issuer.scheme}://{issuer.netloc}"
        self.known["PagePolicy"] = web.security_headers(storage, identity)["Content-Security-Policy"]

    def _tell_origins(self, artifacts: Artifacts, new: Release) -> None:
        """The first time, the page's origin is known only now: storage and the API are told."""
        before, self.known["CorsOrigins"] = self.known["CorsOrigins"], self._origins()
        if self.known["CorsOrigins"] != before:
            self._step("storage", lambda: self._apply("storage"))
            self._step("functions", lambda: self._apply_release(artifacts, new))

    def _test(self, artifacts: Artifacts, new: Release, *, suite: bool) -> str:
        """Keep the release as the last good one, or go back to that."""
        try:
            smoke.check(self._api(), new.version)
            if suite:
                origin = self.known["CorsOrigins"].partition(",")[0]
                smoke.run_suite(self._api(), self.known["UserPoolId"], self.known["AuthClientId"], origin, self.report)
        except DeployError as failure:
            raise DeployError(f"{self._go_back(artifacts, new)}\n{failure}") from None
        artifacts.keep_as_good(new)
        return new.version

    def _go_back(self, artifacts: Artifacts, new: Release) -> str:
        good = artifacts.last_good()
        if good is None or good.parameters == new.parameters:
            return f"{new.version} failed its smoke test, and there is no earlier release to go back to."
        self.report(f"{new.version} failed its smoke test; going back to {good.version}")
        self._step("functions", lambda: self._apply_release(artifacts, good))
        smoke.check(self._api(), good.version)
        return f"{new.version} failed its smoke test. {good.version} serves again; the database keeps its new revision."

    def _publish_page(self, artifacts: Artifacts) -> str:
        try:
            page = web.build()
        except web.PageError as error:
            if self.stage != "local":
                raise DeployError(str(error)) from None
            self.report(f"The page could not be built; the API works without it. {error}")
            return "not built"
        issuer = urlsplit(self.known["AuthIssuer"])
        known = {
            "client_id": self.known["AuthClientId"],
            "identity": self.environment.get("IDENTITY_ENDPOINT") or f"{issuer.scheme}://{issuer.netloc}",
            "sign_up": (self.environment.get("SELF_SIGN_UP") or self.settings.get("SelfSignUp")) == "true",
            "local": json.loads(self.environment.get("PAGE_LOCAL", "null")),
        }
        new = web.publish(artifacts.s3(), self.known["WebBucket"], page, web.configuration(**known))
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
        values, missing = {}, []
        for name, definition in declared.items():
            variable = environment_name(name)
            for source, key in ((self.known, name), (self.environment, variable), (self.settings, name)):
                if key in source:
                    values[name] = source[key]
                    break
            else:
                if "Default" not in definition:
                    missing.append(f"  {variable:24} {definition.get('Description', '')}".rstrip())
        missing += [
            "  " + " or ".join(sorted(map(environment_name, alternatives)))
            for alternatives in NEEDS_ONE_OF
            if alternatives <= declared.keys() and not any(values.get(name) for name in alternatives)
        ]
        if missing:
            raise DeployError(
                f"The {part} stack of {self.stage} needs these settings in the environment:\n" + "\n".join(missing)
            )
        return values

    def _given_instead(self, part: str) -> bool:
        names = GIVEN_INSTEAD.get(part, set())
        return any(environment_name(name) in self.environment or name in self.settings for name in names)

    def _origins(self) -> str:
        """The operator's origins, and the page's own once it has one."""
        given = self.environment.get("CORS_ORIGINS", "").split(",")
        domain = self.environment.get("DOMAIN_NAME")
        site = self.where["edge"].outputs(self.name("edge")).get("SiteUrl") if "edge" in self.parts else None
        origins = [f"https://{domain}" if domain else site, *given]
        return ",".join(dict.fromkeys(o.strip() for o in origins if o and o.strip())) or NOBODYS_ORIGIN

    def _api(self) -> str:
        """Where clients reach the API."""
        if endpoint := self.environment.get("AWS_ENDPOINT_URL"):
            return f"{endpoint}/_aws/execute-api/{self.known['RestAPIId']}/api"
        return f"{self.known['SiteUrl']}/api"

    def _report_costs(self) -> None:
        if self.stage != "local":
            variables = {name: environment_name(name) for name in costs.DEPENDS_ON}
            chosen = {name: self.environment[v] for name, v in variables.items() if v in self.environment}
            for line in costs.table(costs.idle(self.settings | chosen)):
                self.report(line)


def template(part: str) -> str:
    """A template as JSON: CloudFormation takes no YAML aliases."""
    return json.dumps(yaml_parse((INFRA / f"{part}.yaml").read_text()), indent=1)


def check_target(stage: str, environment: Mapping[str, str]) -> None:
    """Raise DeployError when stage and endpoint do not belong together: a slip must not reach an account."""
    endpoint = environment.get("AWS_ENDPOINT_URL", "")
    here = urlsplit(endpoint).hostname in LOOPBACK
    if stage == "local" and not here:
        raise DeployError("The local stage is for the emulator: set AWS_ENDPOINT_URL to it, or use `make up`")
    if stage != "local" and endpoint:
        raise DeployError(f"{stage} is for AWS, but AWS_ENDPOINT_URL points to {endpoint}; unset it")
    if not (environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")):
        raise DeployError("Set AWS_DEFAULT_REGION to the region to deploy to, such as us-east-1")


def environment_name(parameter: str) -> str:
    """The environment variable of a parameter: SubnetIds is SUBNET_IDS."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).upper()


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
