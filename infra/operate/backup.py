"""Back up a stage, restore it into an empty one, and check that rows and objects match.

    python -m infra.operate.backup save [NAME] [--stage prod]     a consistent snapshot of all rows, and the library's objects
    python -m infra.operate.backup restore NAME [--stage prod]    into a newly deployed, empty stage
    python -m infra.operate.backup check [--stage prod]           every row has its object

The stage's function `backup` does the work inside the network and writes to the stage's bucket for backups; this command
invokes it until it is finished. When interrupted, the same command with the same name resumes. Users and passwords are in the
user pool and cannot be exported.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

INVOCATION_TIMEOUT_S = 910  # the function's own limit is 900
STAGES = ("local", "dev", "prod")


class BackupError(Exception):
    """The function rejected the request or failed; the message says why."""


def run(stage: str, command: str, name: str) -> int:
    """Save or restore until nothing is left; return how many objects were copied. Raises BackupError."""
    copied = 0
    while True:
        progress = invoke(stage, command, name=name)
        copied += int(progress["copied"])
        if progress["is_finished"]:
            return copied
        print(f"  {copied:,} objects copied", flush=True)


def invoke(stage: str, command: str, **name: str) -> dict[str, Any]:
    """Invoke the stage's function once; return its answer. Raises BackupError."""
    # Only one attempt: a second one beside a first that is still running would do the same work.
    client = boto3.client("lambda", config=Config(read_timeout=INVOCATION_TIMEOUT_S, retries={"total_max_attempts": 1}))
    response = client.invoke(
        FunctionName=f"visionary-{stage}-backup", Payload=json.dumps({"command": command} | name).encode()
    )
    answer: dict[str, Any] = json.loads(response["Payload"].read())
    if response.get("FunctionError"):
        raise BackupError(f"The function failed: {answer.get('errorMessage', answer)}")
    if "rejected" in answer:
        raise BackupError(answer["rejected"])
    return answer


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Back up, restore or check a stage.")
    parser.add_argument("command", choices=["save", "restore", "check"])
    parser.add_argument("name", nargs="?", default="", help="of the backup; a new one is named after the time")
    parser.add_argument("--stage", choices=STAGES, default="local")
    options = parser.parse_args(arguments)
    name = options.name
    if options.command == "restore" and not name:
        parser.error("restore requires the name of a backup")
    if options.command == "save" and not name:
        name = f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
    try:
        if options.command == "save":
            print(f"Backing up {options.stage} as {name}; if this is interrupted, NAME={name} resumes it", flush=True)
            print(f"{run(options.stage, 'save', name):,} objects copied, and all rows")
        elif options.command == "restore":
            print(f"{run(options.stage, 'restore', name):,} objects copied, and all rows")
        report = invoke(options.stage, "check")
    except BackupError as error:
        raise SystemExit(str(error)) from None
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"The stage's function cannot be reached: {error}") from None
    print(f"{report['rows']:,} objects are expected; {report['missing']:,} are missing, {report['changed']:,} differ")
    for key in report["keys"]:
        print(f"  {key}")
    raise SystemExit(bool(report["missing"] or report["changed"]))


if __name__ == "__main__":
    main()
