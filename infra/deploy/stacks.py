"""CloudFormation, one stack at a time: create or update through a change set, and say why when it fails."""

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
MAX_TEMPLATE_BODY_BYTES = 51_200  # CloudFormation's limit; a longer template has to lie in a bucket
REPORT_EVERY_S = 10
PATIENCE_S = 45 * 60  # a first creation with a database takes about 20 minutes


class DeployError(Exception):
    """A deployment that did not end well; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template given as text or, when it is long, by the address of an object."""

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
        """Bring a stack to this template; answers "created", "updated" or "unchanged". Raises DeployError with the reasons."""
        stack = self._wait(name)
        if stack and stack["StackStatus"] in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}:
            self._report(f"removing what a failed creation left of {name}")
            self._client.delete_stack(StackName=name)
            stack = self._wait(name)
        if stack and stack["StackStatus"].endswith("ROLLBACK_FAILED"):
            raise DeployError(
                f"{name} is in {stack['StackStatus']}: an earlier roll-back did not succeed. Read its events, repair the"
                f" cause, then: aws cloudformation continue-update-rollback --stack-name {name}"
            )
        exists = stack is not None and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
        change_set = self._prepare(name, template, parameters, "UPDATE" if exists else "CREATE")
        if change_set is None:
            return "unchanged"
        self.report_changes(name, change_set)
        since = self._latest_event(name)
        self._client.execute_change_set(ChangeSetName=change_set)
        settled = self._wait(name, since)
        if not settled or settled["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            reasons = "\n".join(self._failures(name, since)) or "  (CloudFormation gives no reason)"
            raise DeployError(f"{name} ended in {settled['StackStatus'] if settled else 'DELETED'}:\n{reasons}")
        return "updated" if exists else "created"

    def plan(self, name: str, template: Template, parameters: Mapping[str, str]) -> list[str]:
        """What `apply` would do to a stack that exists, one line per resource; nothing is changed."""
        change_set = self._prepare(name, template, parameters, "UPDATE")
        if change_set is None:
            return []
        try:
            return list(self._changes(name, change_set))
        finally:
            self._client.delete_change_set(ChangeSetName=change_set)

    def report_changes(self, name: str, change_set: str) -> None:
        """Say what is about to be replaced or removed; the rest is no news."""
        for line in self._changes(name, change_set):
            if line.startswith(("remove", "replace")):
                self._report(line)

    def _changes(self, name: str, change_set: str) -> Iterator[str]:
        arguments: dict[str, Any] = {"ChangeSetName": change_set, "StackName": name}
        while True:
            answer = self._client.describe_change_set(**arguments)
            for change in answer["Changes"]:
                resource = change["ResourceChange"]
                action = resource["Action"].lower()
                if resource.get("Replacement") in {"True", "Conditional"}:
                    action = "replace" if resource["Replacement"] == "True" else "modify (may replace)"
                yield f"{action:9} {resource['LogicalResourceId']} ({resource['ResourceType']})"
            if "NextToken" not in answer:
                return
            arguments["NextToken"] = answer["NextToken"]

    def exists(self, name: str) -> bool:
        stack = self._describe(name)
        return stack is not None and stack["StackStatus"] != "REVIEW_IN_PROGRESS"

    def remove(self, name: str) -> str:
        """Delete a stack; answers "removed" or "was not there". Raises DeployError with what keeps it."""
        if self._wait(name) is None:
            return "was not there"
        since = self._latest_event(name)
        self._client.delete_stack(StackName=name)
        if self._wait(name) is not None:
            raise DeployError(f"{name} could not be removed:\n" + "\n".join(self._failures(name, since)))
        return "removed"

    def outputs(self, name: str) -> dict[str, str]:
        """What a stack tells the stacks after it."""
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
            answer = self._client.describe_change_set(ChangeSetName=change_set)
            if answer["Status"] == "CREATE_COMPLETE":
                return change_set
            if answer["Status"] == "FAILED":
                reason = answer.get("StatusReason", "")
                self._client.delete_change_set(ChangeSetName=change_set)
                if any(text in reason for text in NO_CHANGES):
                    return None
                raise DeployError(f"CloudFormation refuses the template of {name}: {reason}")
            time.sleep(self._poll_s)

    def _wait(self, name: str, since: str | None = None) -> StackTypeDef | None:
        """The stack once nothing goes on in it, or None when there is none. With `since`: and after that event."""
        started = reported = time.monotonic()
        while True:
            stack = self._describe(name)
            status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
            busy = status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
            if not busy and (since is None or self._latest_event(name) != since):
                return stack if status != "DELETE_COMPLETE" else None
            now = time.monotonic()
            if now - started > PATIENCE_S:
                raise DeployError(f"{name} has been in {status} for {PATIENCE_S // 60} minutes; look at its events")
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
        """The resources that failed after an event, the first failure first."""
        failed = []
        for event in self._events(name):
            if event["EventId"] == since:
                break
            reason = event.get("ResourceStatusReason", "")
            if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
                failed.append(f"  {event['LogicalResourceId']} ({event['ResourceType']}): {reason}")
        yield from reversed(failed)
