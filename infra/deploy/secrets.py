"""Store a secret, or generate a new one, and restart the functions that read it.

    python -m infra.deploy.secrets --stage prod speech SPEECHIFY_API_KEY   prompts for the value; no shell history contains it
    python -m infra.deploy.secrets --stage prod authorize SECRET_KEY
    python -m infra.deploy.secrets --stage prod signing SIGNING_SECRET --new   link tokens end, and cached audio is paid for again
    python -m infra.deploy.secrets --stage prod edge ORIGIN_SECRET --new   then `make deploy STAGE=prod`, which updates CloudFront

RDS manages the database's master password and rotates it every week; the functions connect with IAM tokens valid for 15 minutes.
"""

from __future__ import annotations

import argparse
import getpass
import json
import secrets
from datetime import UTC, datetime

import boto3

ENTRIES = ("signing", "authorize", "speech", "edge")
# Sent by one side and checked by the other: until both have the new value, the previous one stays valid.
OVERLAPPING = {"ORIGIN_SECRET"}
FUNCTIONS_BY_SECRET = {
    "signing": ("api", "authorize-player", "run-speech-job", "record-segment", "sweep"),
    "authorize": ("authorize", "authorize-player"),
    "edge": ("api", "authorize", "authorize-player"),
    "speech": ("synthesize",),
}


def put(stage: str, entry: str, name: str, value: str) -> None:
    """Change one value of an entry and keep the others. The previous entry is its version AWSPREVIOUS."""
    client = boto3.client("secretsmanager")
    values = json.loads(client.get_secret_value(SecretId=f"visionary/{stage}/{entry}")["SecretString"])
    if name in OVERLAPPING and values.get(name):
        value = f"{value},{values[name].partition(',')[0]}"
    client.put_secret_value(SecretId=f"visionary/{stage}/{entry}", SecretString=json.dumps(values | {name: value}))


def restart_readers(stage: str, entry: str) -> list[str]:
    """Restart the functions that read an entry; return their names.

    A function reads secrets only at a cold start.
    """
    client = boto3.client("lambda")
    names = [f"visionary-{stage}-{function}" for function in FUNCTIONS_BY_SECRET[entry]]
    for name in names:
        description = f"{entry} of {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        client.update_function_configuration(FunctionName=name, Description=description)
    return names


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Store a secret, or generate a new one.")
    parser.add_argument("--stage", choices=["local", "dev", "prod"], required=True)
    parser.add_argument("entry", choices=ENTRIES)
    parser.add_argument("name", help="such as SPEECHIFY_API_KEY")
    parser.add_argument("--new", action="store_true", help="generate the value instead of prompting for it")
    options = parser.parse_args(arguments)
    value = secrets.token_urlsafe(48) if options.new else getpass.getpass(f"{options.name}: ")
    put(options.stage, options.entry, options.name, value)
    print(f"{options.name} is stored; restarted: {', '.join(restart_readers(options.stage, options.entry))}")


if __name__ == "__main__":
    main()
