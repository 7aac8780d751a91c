"""The emulator stops recursive chains of messages as Lambda does, unless the deployed template allows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from localstack import emulator
from localstack.emulator import Emulator
from tests.support.local_stack import wait_until

MAX_INVOCATIONS = (
    16  # of a function in one chain: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
)
# Every other time the function invokes itself instead of sending itself a message, as the account's function runs the sweep.
CODE = """
import json, os, boto3
def handler(event, context):
    for record in event["Records"]:
        count = int(record["body"]) + 1
        boto3.client("sqs").send_message(QueueUrl=os.environ["COUNTED"], MessageBody=str(count))
        if count == 20:
            return
        if count % 2:
            again = json.dumps({"Records": [{"body": str(count)}]})
            boto3.client("lambda").invoke(FunctionName="again", InvocationType="Event", Payload=again)
        else:
            boto3.client("sqs").send_message(QueueUrl=os.environ["AGAIN"], MessageBody=str(count))
"""


def template(**recursive_loop: str) -> str:
    """Return a template with a function that starts itself again until it has run 20 times."""
    queue_arn, dead_arn = {"Fn::GetAtt": ["Again", "Arn"]}, {"Fn::GetAtt": ["Dead", "Arn"]}
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    statement = {"Effect": "Allow", "Action": ["sqs:*", "lambda:InvokeFunction"], "Resource": "*"}
    role = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [
            {"PolicyName": "work", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}},
        ],
    }
    redrive = {"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}
    function = {
        "FunctionName": "again",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Timeout": 10,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": CODE},
        "Environment": {"Variables": {"AGAIN": {"Ref": "Again"}, "COUNTED": {"Ref": "Counted"}}},
        **recursive_loop,
    }
    resources = {
        "Counted": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "counted"}},
        "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
        "Again": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": "again", "VisibilityTimeout": 10, "RedrivePolicy": redrive},
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {"FunctionName": {"Ref": "Function"}, "EventSourceArn": queue_arn, "BatchSize": 1},
        },
    }
    return json.dumps({"Resources": resources})


class Account:
    """A new emulator, without any of the project's stacks."""

    def __init__(self, port: int) -> None:
        self._url = f"http://{emulator.HOST}:{port}"

    def aws(self, service: str) -> Any:
        keys = {name.lower(): value for name, value in emulator.CREDENTIALS.items()}
        return boto3.client(service, endpoint_url=self._url, region_name=emulator.REGION, **keys)  # type: ignore[call-overload]

    def deploy(self, body: str, *, is_new: bool) -> None:
        """Create or update the stack, and wait for it."""
        cloudformation = self.aws("cloudformation")
        action = cloudformation.create_stack if is_new else cloudformation.update_stack
        action(StackName="guarded", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        waiter = cloudformation.get_waiter("stack_create_complete" if is_new else "stack_update_complete")
        waiter.wait(StackName="guarded", WaiterConfig={"Delay": 0.1})

    def message_count(self, queue: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.aws("sqs").get_queue_attributes(QueueUrl=self._queue_url(queue), AttributeNames=names)[
            "Attributes"
        ]
        return sum(int(attributes[name]) for name in names)

    def send(self, queue: str, body: str) -> None:
        self.aws("sqs").send_message(QueueUrl=self._queue_url(queue), MessageBody=body)

    def _queue_url(self, queue: str) -> str:
        return str(self.aws("sqs").get_queue_url(QueueName=queue)["QueueUrl"])

    def stopped_invocations(self) -> float:
        """Return the metric on which the operator's alarm stands."""
        now = datetime.now(UTC)
        points = self.aws("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="RecursiveInvocationsDropped",
            Dimensions=[{"Name": "FunctionName", "Value": "again"}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    listener = emulator.listen(range(14566, 14666))
    process = Emulator(Path(tmp_path_factory.mktemp("emulator")), listener)
    process.start()
    try:
        yield Account(process.port)
    finally:
        process.stop()


def test_the_seventeenth_invocation_of_a_chain_is_stopped_unless_the_template_allows_it(account: Account) -> None:
    account.deploy(template(), is_new=True)
    account.send("again", "0")
    wait_until(lambda: account.message_count("dead") == 1, event="the message in the dead-letter queue")
    assert account.message_count("counted") == MAX_INVOCATIONS
    assert account.stopped_invocations() == 1

    account.deploy(template(RecursiveLoop="Allow"), is_new=False)
    account.send("again", "0")
    wait_until(lambda: account.message_count("counted") == MAX_INVOCATIONS + 20, event="the end of the chain")
    assert (account.message_count("dead"), account.stopped_invocations()) == (1, 1)
