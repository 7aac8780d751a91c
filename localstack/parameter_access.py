"""IAM rights to read several parameters at once; MiniStack 1.5.33 checks GetParameters against all resources only.

AWS checks each parameter that a call names, and refuses the whole call if one of them is not allowed:
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
"""

from __future__ import annotations

import json
from typing import Any

ACTION = "AmazonSSM.GetParameters"


class _Parameters(str):
    """The ARN of the first parameter of a call, and those of all."""

    __slots__ = ("arns",)
    arns: list[str]


def check_each_parameter() -> None:
    """Make the emulator check the caller's right to each parameter of a call."""
    from ministack.core import iam_actions, iam_evaluator

    extract, enforce = iam_actions.extract_resource_arn, iam_evaluator.enforce

    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *others: Any) -> str:
        if service != "ssm" or headers.get("x-amz-target") != ACTION:
            resource: str = extract(service, method, path, headers, body, *others)
            return resource
        names = json.loads(body).get("Names", [])
        arns = [_named(extract, method, path, headers, name, *others) for name in names]
        parameters = _Parameters(arns[0] if arns else "*")
        parameters.arns = arns
        return parameters

    def enforce_each(*arguments: Any, resource_arn: str = "*", **others: Any) -> Any:
        arns = resource_arn.arns if isinstance(resource_arn, _Parameters) else [resource_arn]
        denials = (enforce(*arguments, resource_arn=arn, **others) for arn in arns)
        return next((denied for denied in denials if denied), None)

    iam_actions.extract_resource_arn = extract_resource_arn
    iam_evaluator.enforce = enforce_each


def _named(extract: Any, method: str, path: str, headers: Any, name: str, *others: Any) -> str:
    """Return the ARN that the emulator checks for GetParameter of this name."""
    arn: str = extract("ssm", method, path, headers, json.dumps({"Name": name}).encode(), *others)
    return arn
