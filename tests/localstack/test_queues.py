"""Queues on LocalStack: groups, delays, depth, and the dead-letter queue of the template."""

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from tests.localstack.conftest import LocalStack
from tests.support.local_stack import wait_until


def test_a_message_keeps_its_group(localstack: LocalStack) -> None:
    queues.send(Queue.SPEECH_BULK, "{}", group="owner")
    (message,) = localstack.receive(Queue.SPEECH_BULK)
    assert message["Attributes"]["MessageGroupId"] == "owner"


def test_a_delayed_message_is_not_visible_at_once(localstack: LocalStack) -> None:
    queues.send(Queue.SPEECH_RESULTS, "{}", group="owner", delay_s=3)
    assert localstack.receive(Queue.SPEECH_RESULTS, wait_s=0) == []
    assert wait_until(lambda: localstack.receive(Queue.SPEECH_RESULTS), event="the delayed message")


def test_the_depth_of_a_queue_counts_waiting_messages(localstack: LocalStack) -> None:
    assert queues.depth(Queue.SPEECH_EXPRESS) == 0
    queues.send(Queue.SPEECH_EXPRESS, "{}", group="owner")
    wait_until(lambda: queues.depth(Queue.SPEECH_EXPRESS) == 1, event="the message")
    assert localstack.receive(Queue.SPEECH_EXPRESS)


def test_a_message_that_fails_too_often_goes_to_the_dead_letter_queue(localstack: LocalStack) -> None:
    sqs, url = localstack.aws("sqs"), Queue.ACCOUNT.url
    queues.send(Queue.ACCOUNT, "fails", group="owner")
    dead_url = sqs.get_queue_url(QueueName="visionary-local-dead")["QueueUrl"]

    def is_dead() -> bool:
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", []):
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        messages = sqs.receive_message(QueueUrl=dead_url, WaitTimeSeconds=1).get("Messages", [])
        return [message["Body"] for message in messages] == ["fails"]

    wait_until(is_dead, seconds=60, event="the move to the dead-letter queue")
