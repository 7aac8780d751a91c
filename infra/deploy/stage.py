"""One stage: its stacks, the parameters of their templates, and the outputs of what is deployed."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from chalicelib.events.consumer import SIZES, Size
from chalicelib.platform.config import BUILT_IN_VOICE
from infra.deploy import parameters, progress, secrets
from infra.deploy.release import Artifacts, Release
from infra.deploy.stacks import DeployError, Stacks
from infra.packaging import bundle

INFRA = Path(__file__).resolve().parent.parent
STAGES = ("local", "dev", "prod")
ARCHITECTURE = "arm64"  # a fifth cheaper than x86_64 for the same work
EDGE_REGION = "us-east-1"  # the only region from which CloudFront takes certificates and firewalls
STACKS = ("network", "database", "storage", "identity", "functions", "edge", "monitoring")
# The local stack serves the page itself and needs no alarms; --all deploys these there, too.
NOT_DEPLOYED_LOCALLY = {"edge", "monitoring"}

Report = Callable[[str], None]


class Stage:
    """The stacks of one stage, and in `outputs` the outputs of all that are deployed so far."""

    def __init__(self, name: str, environment: Mapping[str, str], report: Report, *, everything: bool = False) -> None:
        parameters.check_target(name, environment)
        self.name = name
        self.environment = environment
        self.report = report
        self.outputs = {"Stage": name} | parameters.secrets_location(name, environment)
        self.secrets: Mapping[str, str] = environment  # until they are loaded from Parameter Store
        self.settings: dict[str, str] = json.loads((INFRA / "stages.json").read_text())[name]
        poll_s = 0.05 if name == "local" else 3
        self._stacks = Stacks(boto3.client("cloudformation"), report=report, poll_s=poll_s)
        edge_client = boto3.client("cloudformation", region_name=EDGE_REGION)
        self._edge_stacks = Stacks(edge_client, report=report, poll_s=poll_s)
        excluded = NOT_DEPLOYED_LOCALLY if name == "local" and not everything else set()
        # LocalStack has no user pools: SECRET_KEY identifies users.
        if name == "local" and "AUTH_ISSUER" in environment:
            excluded = excluded | {"identity"}
        provided = {part for part in STACKS if parameters.is_provided(part, environment, self.settings)}
        self.parts = [part for part in STACKS if part not in excluded | provided]

    def stack_name(self, part: str) -> str:
        return f"visionary-{self.name}-{part}"

    def stacks(self, part: str) -> Stacks:
        """Return the stacks of the region in which a part is deployed."""
        return self._edge_stacks if part == "edge" else self._stacks

    def setting(self, parameter: str) -> str:
        """Return a parameter's value from the environment, else from the stage's settings; empty if neither has it."""
        return self.environment.get(parameters.environment_name(parameter), self.settings.get(parameter, ""))

    @property
    def size(self) -> Size:
        size = self.setting("Size")
        if size not in SIZES:
            raise DeployError(f"SIZE is {size!r}, but must be one of {', '.join(SIZES)}")
        return size

    def exists(self, part: str) -> bool:
        return self.stacks(part).exists(self.stack_name(part))

    def load_outputs(self, part: str) -> dict[str, str]:
        """Add a deployed stack's outputs to those known; return them."""
        outputs = self.stacks(part).outputs(self.stack_name(part))
        self.outputs |= outputs
        return outputs

    def load_bucket_suffix(self) -> str:
        """Derive the end of the buckets' names from existing ones; the region's name in a new stage."""
        storage = self.stacks("storage").outputs(self.stack_name("storage"))
        suffix = parameters.bucket_suffix(storage.get("IncomingBucket"), boto3.session.Session().region_name)
        self.outputs["BucketSuffix"] = suffix
        return suffix

    def load_addresses(self) -> bool:
        """Derive the addresses of page and API from the edge's outputs. Returns whether they changed."""
        edge = self.stacks("edge").outputs(self.stack_name("edge")) if "edge" in self.parts else {}
        addresses = parameters.addresses(self.environment, edge)
        changed = bool(addresses.items() - self.outputs.items())
        self.outputs |= addresses
        return changed

    def load_origin(self) -> None:
        """Derive the API's address behind CloudFront, and the header that CloudFront sends there."""
        functions = self.stacks("functions").outputs(self.stack_name("functions"))
        region = boto3.session.Session().region_name
        self.outputs |= parameters.origin(self.environment, self.outputs, functions, region)
        self.outputs["OriginHeader"] = parameters.origin_header(self.secrets)

    def load_secrets(self) -> list[secrets.Secret]:
        """Load the secrets from Parameter Store; return those that a deployment has to create there."""
        if not self.outputs["SecretsPath"]:
            return []
        stored = secrets.load(self.name)
        former = parameters.from_environment(self.environment, secrets.FORMER_ENTRIES) | self.load_outputs("secrets")
        missing = secrets.missing(stored, self.environment, secrets.load_former(former, stored))
        self.secrets = stored | {secret.name: secret.value for secret in missing}
        if self.secrets.get(
            "SPEECHIFY_API_KEY"
        ):  # without TTS_PROVIDERS, its voices have spoken so far: users keep theirs
            self.settings.setdefault("TtsProviders", f"{BUILT_IN_VOICE},speechify")
        return missing

    def parameters(self, part: str, declared: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Return a value for every parameter of a template. Raises DeployError that names all that are missing."""
        values = parameters.values(
            f"The {part} stack of {self.name}",
            declared,
            outputs=self.outputs,
            environment=self.environment,
            settings=self.settings,
        )
        if "ConfigurationHash" in declared:
            values["ConfigurationHash"] = parameters.configuration_hash(values)
        return values

    def build(self, artifacts: Artifacts) -> Release:
        """Build the functions' bundle and upload it."""
        started = time.time()
        # The emulator runs functions where the packages are installed: its bundle contains our own code only.
        architecture = self.environment.get("BUNDLE_ARCHITECTURE") or (None if self.name == "local" else ARCHITECTURE)
        with progress.reporting("bundle", self.report):
            built = bundle.build(self.name, architecture=architecture, voices=self.environment.get("VOICES_FOLDER"))
        release = artifacts.upload(built, f"{project_version()}+{built.fingerprint[:8]}")
        is_reused = built.template.stat().st_mtime < started
        self.report(f"{'bundle':10} {'reused' if is_reused else 'built':24} {time.time() - started:6.1f} s")
        return release


def template(part: str) -> str:
    """Return a template as JSON: CloudFormation accepts no YAML aliases."""
    return json.dumps(yaml_parse((INFRA / f"{part}.yaml").read_text()), indent=1)


def project_version() -> str:
    """Return the version in pyproject.toml."""
    version: str = tomllib.loads((bundle.ROOT / "pyproject.toml").read_text())["project"]["version"]
    return version
