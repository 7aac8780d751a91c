"""The deployment into the containers of docker-compose.yml: its address, its tokens, and the demo.

python -m localstack.docker api           print the API's URL
python -m localstack.docker token alice   print a bearer token for a user
python -m localstack.docker demo          upload a document, have it read aloud, download the audio

They need the variables of localstack/docker.env. LocalStack's free edition has no user pools: SECRET_KEY signs the tokens.
"""

from __future__ import annotations

import argparse
import os
import time

import boto3
import jwt

from infra.deploy import parameters
from infra.deploy.stacks import Stacks
from localstack import demo, sample
from localstack.home import ROOT
from localstack.release import FUNCTIONS_STACK

TOKEN_VALID_S = 24 * 60 * 60  # as long as the embedded stack's
AUDIO = ROOT / ".local" / "docker-sample.mp3"


def api_url() -> str:
    """Return the URL of the deployed API."""
    outputs = Stacks(boto3.client("cloudformation"), report=print, poll_s=1).outputs(FUNCTIONS_STACK)
    if not outputs:
        raise SystemExit('Nothing is deployed; the commands are in docs/deployment.md, "With Docker"')
    return parameters.api_url(os.environ, outputs)


def token(user: str, secret_key: str) -> str:
    """Return an access token for a user. Users need no account: the first request creates one."""
    now = int(time.time())
    return jwt.encode({"sub": user, "iat": now, "exp": now + TOKEN_VALID_S}, secret_key, algorithm="HS256")


def main() -> None:
    parser = argparse.ArgumentParser(description="Use the deployment into the containers of docker-compose.yml.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="print the API's URL")
    commands.add_parser("token", help="print a bearer token for a user").add_argument("user")
    commands.add_parser("demo", help="upload a document, have it read aloud, download the audio")
    options = parser.parse_args()
    if "SECRET_KEY" not in os.environ:
        raise SystemExit("Source the settings first: . localstack/docker.env")
    match options.command:
        case "api":
            print(api_url())
        case "token":
            print(token(options.user, os.environ["SECRET_KEY"]))
        case "demo":
            client = demo.Client(api_url(), token(demo.USER, os.environ["SECRET_KEY"]))
            demo.run_demo(client, sample.TARGET, AUDIO)


if __name__ == "__main__":
    main()
