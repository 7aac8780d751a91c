"""Quotas of the account that a stage can exceed, and how to raise them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import boto3
from botocore.exceptions import ClientError

from chalicelib.events.consumer import SIZES, Size
from infra.packaging import sizes

CONCURRENT_EXECUTIONS = ("lambda", "L-B99A9384")  # codes of Service Quotas
VPCS = ("vpc", "L-F678F1CE")
RIGHTS = "lambda:GetAccountSettings, servicequotas:GetServiceQuota and ec2:DescribeVpcs"
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


@dataclass(frozen=True, slots=True)
class AccountQuotas:
    """Quotas of the account in this region; None is one that the deploying identity may not read."""

    concurrent_executions: int | None
    free_vpcs: int | None


def concurrent_executions() -> int:
    """Return how many copies of functions may run at once. Lambda says what it enforces; Service Quotas may show a default."""
    return boto3.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]


def free_vpcs() -> int:
    """Return how many more networks there may be."""
    service, code = VPCS
    quota = boto3.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]
    return int(quota) - len(boto3.client("ec2").describe_vpcs()["Vpcs"])


def read_if_allowed(read: Callable[[], int]) -> int | None:
    """Return a quota, or None if the deploying identity may not read it."""
    try:
        return read()
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIED:
            return None
        raise


def too_large(size: Size, executions: int) -> Iterator[str]:
    """Yield what to do if a size needs more concurrent executions than the account has; a small one always works."""
    needed = sizes.ALL[size].concurrent_executions
    if size == "small" or executions >= needed:
        return
    fitting = [smaller for smaller in SIZES if sizes.ALL[smaller].concurrent_executions <= executions]
    yield (
        f"Size {size} needs {needed} concurrent executions of Lambda, but the account has {executions}. Deploy a smaller"
        f" stage, SIZE={(fitting or ['small'])[-1]}, or request more and wait for it: {_request(CONCURRENT_EXECUTIONS, 1000)}"
    )


def tight(size: Size, executions: int) -> Iterator[str]:
    """Yield what to know about a small stage in an account that has fewer concurrent executions than it can use."""
    needed = sizes.ALL[size].concurrent_executions
    if size != "small" or executions >= needed:
        return
    yield (
        f"The account has {executions} concurrent executions of Lambda; a small stage can use {needed}. It works, but a burst is"
        f" throttled. Request more before users come: {_request(CONCURRENT_EXECUTIONS, 1000)}"
    )


def no_vpc_left(free: int) -> Iterator[str]:
    """Yield what to do if no network can be created."""
    if free < 1:
        yield f"The account has as many networks in this region as it may have. Request more: {_request(VPCS, 10)}"


def _request(quota: tuple[str, str], value: int) -> str:
    service, code = quota
    return (
        f"aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code}"
        f" --desired-value {value}"
    )
