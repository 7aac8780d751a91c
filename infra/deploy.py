"""Deploy the platform: storage, identity, functions, the database's migrations, then the page.

    python -m infra.deploy --stage prod

It is the same for every stage; only parameters differ, and AWS_ENDPOINT_URL, which leads to the emulator of `make run`.
A parameter is looked for among the outputs of the earlier stacks, then in the environment (SubnetIds is SUBNET_IDS),
then among the settings of the stage in stages.json; the template's default comes last.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from awscli.customizations.cloudformation.yamlhelper import yaml_parse
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra import bundle, web
from infra.stacks import DeployError, Stacks, Template
from infra.wheels import BundleError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INFRA = Path(__file__).resolve().parent
STAGES = ("local", "dev", "prod")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
ARCHITECTURE = "arm64"  # a fifth cheaper than x86_64 for the same work
MIGRATE_TIMEOUT_S = 310  # the function's own limit is 300

# A secret comes by value or by the ARN of the Secrets Manager's entry that holds it.
NEEDS_ONE_OF = (frozenset({"SigningSecret", "SigningSecretsArn"}),)

Report = Callable[[str], None]


class Deployment:
    """One deployment of one stage: each step takes what the steps before it made known."""

    def __init__(self, stage: str, environment: Mapping[str, str], report: Report) -> None:
        check_target(stage, environment)
        self.stage = stage
        self.environment = environment
        self.report = report
        self.known = {"Stage": stage}
        self.settings: dict[str, str] = json.loads((INFRA / "stages.json").read_text())[stage]
        self.stacks = Stacks(boto3.client("cloudformation"), report=report, poll_s=0.05 if stage == "local" else 3)

    def run(self) -> dict[str, str]:
        """Do it all; answers every output of every stack. Raises DeployError or BundleError."""
        self._step("storage", lambda: self._apply("storage", (INFRA / "storage.yaml").read_text()))
        self._step("identity", lambda: self._apply("identity", (INFRA / "identity.yaml").read_text()))
        self._step("bundle", self._bundle)
        self._step("functions", lambda: self._apply("functions", self._template, self._upload_template))
        self._step("migrate", self._migrate)
        self._step("page", self._publish_page)
        return self.known

    def _step(self, name: str, work: Callable[[], str]) -> None:
        started = time.monotonic()
        outcome = work()
        self.report(f"{name:10} {outcome:24} {time.monotonic() - started:6.1f} s")

    def _apply(self, part: str, body: str, upload: Callable[[str], str] | None = None) -> str:
        name = f"visionary-{self.stage}-{part}"
        declared: dict[str, Any] = yaml_parse(body).get("Parameters", {})
        outcome = self.stacks.apply(name, Template(body, upload), self.parameters(part, declared))
        self.known |= self.stacks.outputs(name)
        return outcome

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
            if alternatives <= values.keys() and not any(values[name] for name in alternatives)
        ]
        if missing:
            raise DeployError(
                f"The {part} stack of {self.stage} needs these settings in the environment:\n" + "\n".join(missing)
            )
        return values

    def _bundle(self) -> str:
        started = time.time()
        built = bundle.build(self.stage, architecture=None if self.stage == "local" else ARCHITECTURE)
        self._template = built.template.read_text()
        self.known["Version"] = f"{project_version()}+{built.fingerprint[:8]}"
        self.known["CodeKey"] = self._upload(f"code/{_digest(built.code.read_bytes())}.zip", built.code.read_bytes())
        for layer, parameter in (("documents", "DocumentsLayerKey"), ("migrations", "MigrationsLayerKey")):
            archive = built.layer(layer)
            content = archive.read_bytes() if archive else b""
            self.known[parameter] = self._upload(f"layers/{layer}-{_digest(content)}.zip", content) if archive else ""
        return "built" if built.template.stat().st_mtime >= started else "as built before"

    def _upload_template(self, body: str) -> str:
        key = self._upload(f"templates/{_digest(body.encode())}.json", body.encode())
        host = urlsplit(self._s3().meta.endpoint_url)
        return f"{host.scheme}://{host.netloc}/{self.known['ArtifactsBucket']}/{key}"

    def _upload(self, key: str, content: bytes) -> str:
        """Put an artefact under a key that names its content, unless it lies there already."""
        bucket = self.known["ArtifactsBucket"]
        try:
            self._s3().head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            self._s3().put_object(Bucket=bucket, Key=key, Body=content)
        return key

    def _s3(self) -> S3Client:
        return boto3.client("s3", config=Config(s3={"addressing_style": "path"}))

    def _migrate(self) -> str:
        client = boto3.client(
            "lambda", config=Config(read_timeout=MIGRATE_TIMEOUT_S, retries={"total_max_attempts": 1})
        )
        answer = client.invoke(FunctionName=self.known["MigrateFunction"], Payload=b"{}")
        payload: Any = json.loads(answer["Payload"].read())
        if answer.get("FunctionError") or not isinstance(payload, dict) or "revision" not in payload:
            raise DeployError(
                f"The migrations failed; the functions are new, the database is not: {json.dumps(payload)}"
            )
        self.known["Revision"] = str(payload["revision"])
        return self.known["Revision"]

    def _publish_page(self) -> str:
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
        new = web.publish(self._s3(), self.known["WebBucket"], page, web.configuration(**known))
        return f"{new} files new" if new else "unchanged"


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


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Deploy a stage.")
    parser.add_argument("--stage", choices=STAGES, required=True)
    parser.add_argument("--outputs", type=Path, help="write every output of every stack to this JSON file")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        known = Deployment(options.stage, os.environ, lambda line: print(f"  {line}", flush=True)).run()
    except (DeployError, BundleError) as error:
        raise SystemExit(f"\n{error}") from None
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"\nThe deployment stopped: {error}") from None
    if options.outputs:
        options.outputs.write_text(json.dumps(known, indent=2, sort_keys=True))
    print(f"  deployed {options.stage} in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
