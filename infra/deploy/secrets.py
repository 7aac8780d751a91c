"""Put a secret in, or make a new one, and let every function read it.

    python -m infra.deploy.secrets --stage prod speech SPEECHIFY_API_KEY   asks for the value; it stands in no history
    python -m infra.deploy.secrets --stage prod authorize SECRET_KEY
    python -m infra.deploy.secrets --stage prod signing SIGNING_SECRET --new   capabilities end, and kept audio is bought again
    python -m infra.deploy.secrets --stage prod edge ORIGIN_SECRET --new   then `make deploy STAGE=prod`, which tells CloudFront

The database's first password is RDS's, which rotates it every week; the functions sign in with IAM tokens of 15 minutes.
"""

from __future__ import annotations

import argparse
import getpass
import json
import secrets
from datetime import UTC, datetime

import boto3

ENTRIES = ("signing", "authorize", "speech", "edge")
# Said by one side and checked by the other: until both know the new one, the one before still counts.
OVERLAPPING = {"ORIGIN_SECRET"}
READERS = {
    "signing": ("api", "authorize-player", "plan-speech", "record-segment", "sweep"),
    "authorize": ("authorize", "authorize-player"),
    "edge": ("api", "authorize", "authorize-player"),
    "speech": ("synthesize",),
}


def put(stage: str, entry: str, name: str, value: str) -> None:
    """Change one value of an entry; the others stay. The one before can be had as its version AWSPREVIOUS."""
    client = boto3.client("secretsmanager")
    known = json.loads(client.get_secret_value(SecretId=f"visionary/{stage}/{entry}")["SecretString"])
    if name in OVERLAPPING and known.get(name):
        value = f"{value},{known[name].partition(',')[0]}"
    client.put_secret_value(SecretId=f"visionary/{stage}/{entry}", SecretString=json.dumps(known | {name: value}))


def reread(stage: str, entry: str) -> list[str]:
    """Replace the running copies of the functions that read an entry once, when they start; answers their names."""
    client = boto3.client("lambda")
    names = [f"visionary-{stage}-{function}" for function in READERS[entry]]
    for name in names:
        said = f"{entry} of {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        client.update_function_configuration(FunctionName=name, Description=said)
    return names


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Put a secret in, or make a new one.")
    parser.add_argument("--stage", choices=["local", "dev", "prod"], required=True)
    parser.add_argument("entry", choices=ENTRIES)
    parser.add_argument("name", help="such as SPEECHIFY_API_KEY")
    parser.add_argument("--new", action="store_true", help="make the value instead of asking for it")
    options = parser.parse_args(arguments)
    value = secrets.token_urlsafe(48) if options.new else getpass.getpass(f"{options.name}: ")
    put(options.stage, options.entry, options.name, value)
    print(f"{options.name} is stored; read anew by {', '.join(reread(options.stage, options.entry))}")


if __name__ == "__main__":
    main()
