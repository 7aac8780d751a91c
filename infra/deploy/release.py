"""A release of the functions: upload, migration, and the record of the last good one."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.deploy.stacks import DeployError
from infra.packaging.bundle import Bundle

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MIGRATE_TIMEOUT_S = 310  # the function's own limit is 300
MAX_MIGRATE_INVOCATIONS = 72  # of five minutes: an index over a billion rows takes hours
LAYERS = {
    "audio_checks": "AudioChecksLayerKey",
    "audio_export": "AudioExportLayerKey",
    "documents": "DocumentsLayerKey",
    "migrations": "MigrationsLayerKey",
    "recognition": "RecognitionLayerKey",
    "voice": "VoiceLayerKey",
}
LAST_KNOWN_GOOD_KEY = "releases/good.json"


@dataclass(frozen=True, slots=True)
class Release:
    """A release in the artifacts bucket: the keys of its template and packages.

    `parameters` are values for the template: the version, and the keys of the packages.
    """

    version: str
    template_key: str
    parameters: Mapping[str, str]


class Artifacts:
    """The artifacts bucket. Keys contain a hash of the content, so that no object is ever overwritten."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    def upload(self, built: Bundle, version: str) -> Release:
        """Upload a bundle, except what is already in the bucket."""
        parameters = {"Version": version, "CodeKey": self._put("code/{}.zip", built.code.read_bytes())}
        for layer, parameter in LAYERS.items():
            archive = built.layer(layer)
            parameters[parameter] = self._put(f"layers/{layer}-{{}}.zip", archive.read_bytes()) if archive else ""
        return Release(version, self._put("templates/{}.json", built.template.read_bytes()), parameters)

    def upload_template(self, body: str) -> str:
        """Upload a template; return its URL."""
        key = self._put("templates/{}.json", body.encode())
        host = urlsplit(self.s3().meta.endpoint_url)
        return f"{host.scheme}://{host.netloc}/{self.bucket}/{key}"

    def read(self, key: str) -> bytes:
        return self.s3().get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def last_good(self) -> Release | None:
        """Return the last release that passed its smoke test."""
        try:
            return Release(**json.loads(self.read(LAST_KNOWN_GOOD_KEY)))
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchBucket", "404"}:
                return None
            raise

    def record_last_good(self, release: Release) -> None:
        self.s3().put_object(
            Bucket=self.bucket, Key=LAST_KNOWN_GOOD_KEY, Body=json.dumps(asdict(release), sort_keys=True).encode()
        )

    def s3(self) -> S3Client:
        return boto3.client("s3", config=Config(s3={"addressing_style": "path"}))

    def _put(self, key_pattern: str, content: bytes) -> str:
        key = key_pattern.format(hashlib.sha256(content).hexdigest())
        try:
            self.s3().head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            self.s3().put_object(Bucket=self.bucket, Key=key, Body=content)
        return key


def migrate(function: str, report: Callable[[str], None]) -> str:
    """Invoke `migrate` until no step is unfinished; return the database's revision.

    Raises DeployError if a migration was rolled back, or if a step takes too long: it continues in the database.
    """
    client = boto3.client("lambda", config=Config(read_timeout=MIGRATE_TIMEOUT_S, retries={"total_max_attempts": 1}))
    step = ""
    for _ in range(MAX_MIGRATE_INVOCATIONS):
        response = client.invoke(FunctionName=function, Payload=b"{}")
        payload: Any = json.loads(response["Payload"].read())
        if (
            response.get("FunctionError")
            or not isinstance(payload, dict)
            or not payload.keys() & {"revision", "unfinished"}
        ):
            raise DeployError(
                "A migration failed and was rolled back. Nothing that serves has changed; the deployment stops here."
                f" See the function's log for details: {json.dumps(payload)[:2000]}"
            )
        if "revision" in payload:
            return str(payload["revision"])
        step = payload["unfinished"]
        report(f"migrate is still {step}; nothing that serves is affected")
    raise DeployError(
        f"The database is still {step}. Nothing that serves has changed. Run the same command again to continue waiting."
    )


def migrate_ahead(function: str, artifacts: Artifacts, release: Release, report: Callable[[str], None]) -> str:
    """Migrate the database to a release's schema before that release serves any request.

    Only `migrate` gets the new code, and the old code again if it fails. The functions that serve keep running the old code,
    so a migration must leave that working (docs/deployment.md, "Expand and contract"). Raises DeployError.
    """
    client = boto3.client("lambda")
    current_sha256 = client.get_function_configuration(FunctionName=function)["CodeSha256"]
    code = artifacts.read(release.parameters["CodeKey"])
    if current_sha256 == base64.b64encode(hashlib.sha256(code).digest()).decode():
        return migrate(function, report)
    previous = artifacts.last_good()
    _update_code(function, artifacts.bucket, release)
    try:
        return migrate(function, report)
    except DeployError:
        if previous is not None:
            _update_code(function, artifacts.bucket, previous)
        raise


def _update_code(function: str, bucket: str, release: Release) -> None:
    client = boto3.client("lambda")
    client.update_function_code(FunctionName=function, S3Bucket=bucket, S3Key=release.parameters["CodeKey"])
    client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
