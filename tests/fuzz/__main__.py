"""Let Schemathesis ask everything that the description allows, and what it does not.

    make fuzz-api                                 the local stack, as a user made for it
    make fuzz-api BASE_URL=… TOKEN=…              any deployment, as a user whose things may be changed and removed

The description is made stricter first: an answer may have no member that is not described. Half of the generated ids are those of
things that exist, except where they would be removed.
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
# Left out: positive_data_acceptance, since a schema cannot say all that a title, a range or a state must be.
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
        "--examples", type=int, default=60, help="generated requests of each operation and phase, about"
    )
    options, passed_on = parser.parse_known_args()
    base, token = deployment()
    answer = requests.get(f"{base}/openapi.json", timeout=30)
    answer.raise_for_status()
    user = Api(base, token, Contract(answer.json()), f"fuzz-{uuid4().hex[:8]}")
    try:
        described = stricter(answer.json(), seeds(user))
        raise SystemExit(run(base, token, described, options.examples, passed_on))
    finally:
        user.clean_up()


def deployment() -> tuple[str, str]:
    """Where to ask, and as whom: as the environment says, else the local stack and a new user of it."""
    if base := os.environ.get("BASE_URL"):
        return base.rstrip("/"), os.environ["TOKEN"]
    from localstack.home import Home, NotRunningError
    from localstack.token import token

    try:
        home = Home.chosen()
        return home.endpoints()["api"], token(home, f"fuzz-{uuid4()}")
    except NotRunningError as error:
        raise SystemExit(f"{error}, or name a deployment: make fuzz-api BASE_URL=… TOKEN=…") from None


def seeds(user: Api) -> dict[str, str]:
    """Values of parameters by name: of things that exist."""
    book = user.upload(b"The harbour light turns slowly over the water. Nobody counts how often.")
    reading = user.create_recording(book["id"])
    shelf = user.create_collection("shelf")
    user.call("PUT", f"/v1/collections/{shelf['id']}/media/{book['id']}", {}, expect=200)
    announced = {"filename": f"{user.run} parts.txt", "type": "text/plain"}
    parts = user.call("POST", "/v1/s3/multipart", announced, expect=200).json()
    user.created.media.append(parts["uploadId"])
    capability = user.call("POST", "/v1/uploads/capability", expect=200).json()
    return {
        "media_id": book["id"],
        "job_id": reading["id"],
        "collection_id": shelf["id"],
        "upload_id": parts["uploadId"],
        "key": parts["key"],
        "token": capability["token"],
        "export_id": user.call("POST", "/v1/account/export", expect=202).json()["id"],
    }


def stricter(document: Json, known: dict[str, str]) -> Json:
    """The description with closed answers, and with what exists among the parameters."""
    schemas = document["components"]["schemas"]
    for name in set(answered(document)):
        if schemas[name].get("type") == "object" and "properties" in schemas[name]:
            schemas[name].setdefault("additionalProperties", False)
    for methods in document["paths"].values():
        for method, operation in methods.items():
            for parameter in operation["parameters"]:
                value = known.get(parameter.get("name", ""))
                if value is not None and method != "delete":
                    parameter["example"] = value
                    any_other = [] if parameter["name"] == "token" else [parameter["schema"]]
                    parameter["schema"] = {"anyOf": [{"type": "string", "enum": [value]}, *any_other]}
    return document


def answered(document: Json) -> Iterator[str]:
    """The names of all schemas that answers are made of."""
    waiting = [operation["responses"] for methods in document["paths"].values() for operation in methods.values()]
    waiting += [document["components"]["responses"]]
    found: set[str] = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            reference = part.get("$ref", "")
            name = reference.removeprefix("#/components/schemas/")
            if reference != name and name not in found:
                found.add(name)
                waiting.append(document["components"]["schemas"][name])
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    yield from found


def run(base: str, token: str, described: Json, examples: int, arguments: list[str]) -> int:
    """Schemathesis; answers its exit code."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    file = REPORTS / "openapi.json"
    file.write_text(json.dumps(described))
    command: list[str | Path] = [Path(sys.executable).with_name("schemathesis"), "run", file, "--url", base]
    command += ["--header", f"Authorization: Bearer {token}", "--max-redirects", "0", "--checks", CHECKS]
    command += ["--max-examples", str(examples), "--continue-on-failure", "--suppress-health-check", "all"]
    command += ["--report", "json", "--report-dir", REPORTS, *arguments]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    main()
