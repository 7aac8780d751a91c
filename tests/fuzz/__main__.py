"""Fuzz the API with Schemathesis: requests that the OpenAPI document allows, and others.

    make fuzz-api                                 the local stack, as a new user
    make fuzz-api BASE_URL=… TOKEN=…              any deployment, as a user with disposable data

The document is made stricter first: responses may contain no undocumented field. Half of the generated ids exist, except in
requests that would delete them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from tests.api.client import Api
from tests.api.contract import Contract

REPORTS = Path("build/fuzz-api")
# Without positive_data_acceptance: a schema cannot express every rule for titles, ranges and states.
CHECKS = ",".join(
    (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "missing_required_header",
        "ignored_auth",
        "use_after_free",
    )
)
Json = Any


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the API.")
    parser.add_argument(
        "--examples", type=int, default=60, help="approximate number of requests per operation and phase"
    )
    options, passed_on = parser.parse_known_args()
    base, token = deployment()
    response = requests.get(f"{base}/openapi.json", timeout=30)
    response.raise_for_status()
    user = Api(base, token, Contract(response.json()), f"fuzz-{uuid4().hex[:8]}")
    try:
        document = close_schemas(response.json(), create_resources(user))
        raise SystemExit(run(base, token, document, options.examples, passed_on))
    finally:
        user.clean_up()


def deployment() -> tuple[str, str]:
    """Return URL and token from the environment, or of the local stack with a new user."""
    if base := os.environ.get("BASE_URL"):
        return base.rstrip("/"), os.environ["TOKEN"]
    from localstack.home import Home, NotRunningError
    from localstack.token import token

    try:
        home = Home.chosen()
        return home.endpoints()["api"], token(home, f"fuzz-{uuid4()}")
    except NotRunningError as error:
        raise SystemExit(f"{error}, or set a deployment: make fuzz-api BASE_URL=… TOKEN=…") from None


def create_resources(user: Api) -> dict[str, str]:
    """Create one resource of each kind; return the values of path parameters by name."""
    book = user.upload(b"The harbour light turns slowly over the water. Nobody counts how often.")
    recording = user.create_recording(book["id"])
    shelf = user.create_collection("shelf")
    user.call("PUT", f"/v1/collections/{shelf['id']}/media/{book['id']}", {}, expect=200)
    declaration = {"filename": f"{user.run} parts.txt", "type": "text/plain"}
    upload = user.call("POST", "/v1/s3/multipart", declaration, expect=200).json()
    user.created.media.append(upload["uploadId"])
    capability = user.call("POST", "/v1/uploads/capability", expect=200).json()
    return {
        "media_id": book["id"],
        "job_id": recording["id"],
        "collection_id": shelf["id"],
        "upload_id": upload["uploadId"],
        "key": upload["key"],
        "token": capability["token"],
        "export_id": user.call("POST", "/v1/account/export", expect=202).json()["id"],
    }


def close_schemas(document: Json, existing: dict[str, str]) -> Json:
    """Forbid undocumented fields in responses, and add existing ids to the parameters."""
    schemas = document["components"]["schemas"]
    for name in set(response_schemas(document)):
        if schemas[name].get("type") == "object" and "properties" in schemas[name]:
            schemas[name].setdefault("additionalProperties", False)
    for methods in document["paths"].values():
        for method, operation in methods.items():
            for parameter in operation["parameters"]:
                value = existing.get(parameter.get("name", ""))
                if value is not None and method != "delete":
                    parameter["example"] = value
                    any_other = [] if parameter["name"] == "token" else [parameter["schema"]]
                    parameter["schema"] = {"anyOf": [{"type": "string", "enum": [value]}, *any_other]}
    return document


def response_schemas(document: Json) -> Iterator[str]:
    """Yield the names of all schemas in responses."""
    pending = [operation["responses"] for methods in document["paths"].values() for operation in methods.values()]
    pending += [document["components"]["responses"]]
    names: set[str] = set()
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            reference = part.get("$ref", "")
            name = reference.removeprefix("#/components/schemas/")
            if reference != name and name not in names:
                names.add(name)
                pending.append(document["components"]["schemas"][name])
            pending += part.values()
        elif isinstance(part, list):
            pending += part
    yield from names


def run(base: str, token: str, document: Json, examples: int, arguments: list[str]) -> int:
    """Run Schemathesis; return its exit code."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    file = REPORTS / "openapi.json"
    file.write_text(json.dumps(document))
    command: list[str | Path] = [Path(sys.executable).with_name("schemathesis"), "run", file, "--url", base]
    command += ["--header", f"Authorization: Bearer {token}", "--max-redirects", "0", "--checks", CHECKS]
    command += ["--max-examples", str(examples), "--continue-on-failure", "--suppress-health-check", "all"]
    command += ["--report", "json", "--report-dir", REPORTS, *arguments]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    main()
