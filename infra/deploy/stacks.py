"""CloudFormation stacks: create or update one through a change set, and report the reasons of a failure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]  # roles with generated names, and the SAM transform
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
MAX_TEMPLATE_BODY_BYTES = 51_200  # CloudFormation's limit; a longer template must be in a bucket
REPORT_EVERY_S = 10
STACK_TIMEOUT_S = 45 * 60  # a first creation with a database takes about 20 minutes


class DeployError(Exception):
    """A failed deployment; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template, passed as text or, if too long, as the URL of an uploaded object."""

    body: str
    upload: Callable[[str], str] | None = field(default=None, repr=False)

    def argument(self) -> dict[str, str]:
        if len(self.body.encode()) <= MAX_TEMPLATE_BODY_BYTES:
            return {"TemplateBody": self.body}
        if self.upload is None:
            raise DeployError(f"The template exceeds {MAX_TEMPLATE_BODY_BYTES:,} bytes and there is no bucket for it")
        return {"TemplateURL": self.upload(self.body)}


class Stacks:
    """The stacks of one account and region."""

    def __init__(self, client: CloudFormationClient, *, report: Callable[[str], None], poll_s: float) -> None:
        self._client = client
        self._report = report
        self._poll_s = poll_s

    def apply(self, name: str, template: Template, parameters: Mapping[str, str]) -> str:
        """Create or update a stack; return "created", "updated" or "unchanged". Raises DeployError with the reasons."""
        stack = self._wait(name)
        if stack and stack["StackStatus"] in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}:
            self._report(f"deleting what a failed creation left of {name}")
            self._client.delete_stack(StackName=name)
            stack = self._wait(name)
        if stack and stack["StackStatus"].endswith("ROLLBACK_FAILED"):
            raise DeployError(
                f"{name} is in {stack['StackStatus']}: an earlier rollback failed. Read its events, fix the cause,"
                f" then run: aws cloudformation continue-update-rollback --stack-name {name}"
            )
        exists = stack is not None and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
        change_set = self._prepare(name, template, parameters, "UPDATE" if exists else "CREATE")
        if change_set is None:
            return "unchanged"
        self.report_changes(name, change_set)
        since = self._latest_event(name)
        self._client.execute_change_set(ChangeSetName=change_set)
        result = self._wait(name, since)
        if not result or result["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            reasons = "\n".join(self._failures(name, since)) or "  (CloudFormation gives no reason)"
            raise DeployError(f"{name} ended in {result['StackStatus'] if result else 'DELETED'}:\n{reasons}")
        return "updated" if exists else "created"

    def plan(self, name: str, template: Template, parameters: Mapping[str, str]) -> list[str]:
        """Return what `apply` would do to an existing stack, one line per resource. Changes nothing."""
        change_set = self._prepare(name, template, parameters, "UPDATE")
        if change_set is None:
            return []
        try:
            return list(self._changes(name, change_set))
        finally:
            self._client.delete_change_set(ChangeSetName=change_set)

    def report_changes(self, name: str, change_set: str) -> None:
        """Report the resources that are about to be replaced or removed."""
        for line in self._changes(name, change_set):
            if line.startswith(("remove", "replace")):
                self._report(line)

    def _changes(self, name: str, change_set: str) -> Iterator[str]:
        arguments: dict[str, Any] = {"ChangeSetName": change_set, "StackName": name}
        while True:
            response = self._client.describe_change_set(**arguments)
            for change in response["Changes"]:
                resource = change["ResourceChange"]
                action = resource["Action"].lower()
                if resource.get("Replacement") in {"True", "Conditional"}:
                    action = "replace" if resource["Replacement"] == "True" else "modify (may replace)"
                yield f"{action:9} {resource['LogicalResourceId']} ({resource['ResourceType']})"
            if "NextToken" not in response:
                return
            arguments["NextToken"] = response["NextToken"]

    def exists(self, name: str) -> bool:
        stack = self._describe(name)
        return stack is not None and stack["StackStatus"] != "REVIEW_IN_PROGRESS"

    def delete(self, name: str) -> str:
        """Delete a stack; return "deleted" or "does not exist". Raises DeployError with the reasons."""
        if self._wait(name) is None:
            return "does not exist"
        since = self._latest_event(name)
        self._client.delete_stack(StackName=name)
        if self._wait(name) is not None:
            raise DeployError(f"{name} could not be deleted:\n" + "\n".join(self._failures(name, since)))
        return "deleted"

    def outputs(self, name: str) -> dict[str, str]:
        """Return a stack's outputs; empty if there is no such stack."""
        stack = self._describe(name)
        return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])} if stack else {}

    def _prepare(self, name: str, template: Template, parameters: Mapping[str, str], kind: str) -> str | None:
        arguments: dict[str, Any] = {
            "StackName": name,
            "ChangeSetName": f"deploy-{time.time_ns()}",
            "ChangeSetType": kind,
            "Capabilities": CAPABILITIES,
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in sorted(parameters.items())],
            **template.argument(),
        }
        change_set = self._client.create_change_set(**arguments)["Id"]
        while True:
            response = self._client.describe_change_set(ChangeSetName=change_set)
            if response["Status"] == "CREATE_COMPLETE":
                return change_set
            if response["Status"] == "FAILED":
                reason = response.get("StatusReason", "")
                self._client.delete_change_set(ChangeSetName=change_set)
                if any(text in reason for text in NO_CHANGES):
                    return None
                raise DeployError(f"CloudFormation rejected the template of {name}: {reason}")
            time.sleep(self._poll_s)

    def _wait(self, name: str, since: str | None = None) -> StackTypeDef | None:
        """Wait until a stack is idle; return it, or None if it is deleted.

        With `since`, also wait for an event after that one.
        """
        started = reported = time.monotonic()
        while True:
            stack = self._describe(name)
            status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
            is_busy = status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
            if not is_busy and (since is None or self._latest_event(name) != since):
                return stack if status != "DELETE_COMPLETE" else None
            now = time.monotonic()
            if now - started > STACK_TIMEOUT_S:
                raise DeployError(
                    f"{name} has been in {status} for {STACK_TIMEOUT_S // 60} minutes; look at its events"
                )
            if now - reported > REPORT_EVERY_S:
                reported = now
                self._report(f"{name} is in {status} ({now - started:.0f} s)")
            time.sleep(self._poll_s)

    def _describe(self, name: str) -> StackTypeDef | None:
        try:
            return self._client.describe_stacks(StackName=name)["Stacks"][0]
        except self._client.exceptions.ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def _events(self, name: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("describe_stack_events").paginate(StackName=name)
        for page in pages:
            yield from page["StackEvents"]  # type: ignore[misc]

    def _latest_event(self, name: str) -> str:
        try:
            return next((event["EventId"] for event in self._events(name)), "")
        except self._client.exceptions.ClientError:
            return ""

    def _failures(self, name: str, since: str) -> Iterator[str]:
        """Yield the resources that failed after an event, the first failure first."""
        failed = []
        for event in self._events(name):
            if event["EventId"] == since:
                break
            reason = event.get("ResourceStatusReason", "")
            if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
                failed.append(f"  {event['LogicalResourceId']} ({event['ResourceType']}): {reason}")
        yield from reversed(failed)
