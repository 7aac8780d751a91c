"""The role that a GitHub workflow assumes to deploy: the length of its sessions, and whom it trusts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

SUBJECT = "token.actions.githubusercontent.com:sub"
SESSION_S = 7200  # a first deployment takes 25 minutes, a slow one with its suite more than the default of an hour


def check_role(caller: str, stage: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what to change about the role of which the workflow is a session; `caller` is the session's ARN."""
    if ":assumed-role/" not in caller:
        return
    name = caller.split("/")[1]
    try:
        role: Any = boto3.client("iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        yield f"The workflow's role could not be checked ({error.response['Error']['Code']}): that requires iam:GetRole."
        return
    yield from session_notes(name, role["MaxSessionDuration"])
    yield from trust_notes(name, role["AssumeRolePolicyDocument"], subject(stage, environment))


def subject(stage: str, environment: Mapping[str, str]) -> str:
    """Return the immutable subject of this repository's tokens, which a rename does not change.

    Repositories created or renamed since 15 July 2026 have it, others if they opt in
    (docs.github.com/actions/reference/openid-connect-reference).
    """
    owner, _, repository = environment["GITHUB_REPOSITORY"].partition("/")
    owner_id, repository_id = environment["GITHUB_REPOSITORY_OWNER_ID"], environment["GITHUB_REPOSITORY_ID"]
    return f"repo:{owner}@{owner_id}/{repository}@{repository_id}:environment:{stage}"


def session_notes(role: str, max_session_s: int) -> Iterator[str]:
    """Yield how to lengthen the role's sessions if a deployment may take longer."""
    if max_session_s < SESSION_S:
        yield (
            f"Sessions of {role} end after {max_session_s} s, a deployment may take longer: aws iam update-role"
            f" --role-name {role} --max-session-duration {SESSION_S}; set the environment's variable AWS_SESSION_S={SESSION_S}."
        )


def trust_notes(role: str, policy: Mapping[str, Any], expected: str) -> Iterator[str]:
    """Yield which subject the role's trust policy lacks."""
    subjects = {value for statement in policy["Statement"] for value in _subjects(statement)}
    if expected not in subjects:
        trusted = ", ".join(sorted(subjects)) or "any subject"
        yield f"{role} trusts {trusted}; tokens with an immutable subject need {expected} in its trust policy."


def _subjects(statement: Mapping[str, Any]) -> Iterator[str]:
    for condition in statement.get("Condition", {}).values():
        value = condition.get(SUBJECT, [])
        yield from [value] if isinstance(value, str) else value
