"""Print a bearer token for a user of the local stack, who is created if missing.

make -s token USER=alice
"""

from __future__ import annotations

import sys
from typing import Any

import boto3
from botocore.config import Config

from localstack.emulator import CREDENTIALS, REGION
from localstack.home import Home, NotRunningError

DEMO_USER = "demo"  # the local page signs this user in with a click


def token(home: Home, user: str) -> str:
    """Return an access token for a user. Raises NotRunningError."""
    client, pool = _pool(home)
    password = home.password(user)
    try:
        client.admin_create_user(UserPoolId=pool, Username=user, MessageAction="SUPPRESS")
        client.admin_set_user_password(UserPoolId=pool, Username=user, Password=password, Permanent=True)
    except client.exceptions.UsernameExistsException:
        pass
    response = client.initiate_auth(
        ClientId=home.endpoints()["auth"]["client_id"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": password},
    )
    return str(response["AuthenticationResult"]["AccessToken"])


def delete_user(home: Home, user: str) -> None:
    """Delete a user from the user pool; the account's data is kept. Raises NotRunningError."""
    client, pool = _pool(home)
    client.admin_delete_user(UserPoolId=pool, Username=user)


def _pool(home: Home) -> tuple[Any, str]:
    endpoints = home.endpoints()
    session = boto3.Session(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
    client = session.client(
        "cognito-idp", endpoint_url=endpoints["s3"], config=Config(retries={"total_max_attempts": 2})
    )
    return client, endpoints["auth"]["issuer"].rsplit("/", 1)[-1]


def main() -> None:
    if len(sys.argv) != 2 or not sys.argv[1]:
        # Make passes it on only from the command line: a shell's own USER is the developer, and no user of the stack.
        raise SystemExit("Name a user of the local stack: make -s token USER=alice")
    try:
        print(token(Home.chosen(), sys.argv[1]))
    except NotRunningError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
