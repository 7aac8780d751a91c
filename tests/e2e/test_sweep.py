"""The sweep of the deployed stack: the message that a request armed wakes it through the account queue."""

from __future__ import annotations

import psycopg
import pytest

from chalicelib.platform.db import sweep_schedule
from chalicelib.platform.db.sweep_schedule import SweepMessage
from tests.support.api_listener import start_speech, upload, wait_until_finished, wait_until_inspected
from tests.support.api_uploader import Uploader
from tests.support.crash_workers import pause_consumer
from tests.support.local_stack import DeployedStack, aws_error_code, wait_until

TEXT = b"The keeper wound the apparatus at dusk. The beam swept over the bay until the morning came."
AGE = """UPDATE speech_jobs SET updated_at = updated_at - interval '1 hour' WHERE id = %s"""


def test_a_job_with_a_lost_message_finishes_because_its_request_armed_the_sweep(stack: DeployedStack) -> None:
    listener = Uploader(stack, "lost-event")
    with psycopg.connect(stack.postgres().url("postgres"), autocommit=True) as database:
        media_id = upload(listener, TEXT, "light.txt", "text/plain")
        wait_until_inspected(listener, media_id)
        with pause_consumer(stack, "run-speech-job"):
            job_id = start_speech(listener, media_id)
            wait_until(lambda: stack.message_count("speech-jobs") > 0, event="the message to lose")
            stack.aws("sqs").purge_queue(QueueUrl=stack.queue_url("speech-jobs"))
        (wake_in_s,) = database.execute(
            "SELECT extract(epoch FROM last_wake_at - now())::float FROM sweep_schedule"
        ).fetchone() or (None,)
        assert wake_in_s == pytest.approx(sweep_schedule.WAKE_AFTER_S / 2, abs=sweep_schedule.WAKE_AFTER_S / 2)

        # The time passes: the job is stalled, and the message is due.
        database.execute(AGE, [job_id])
        database.execute("UPDATE sweep_schedule SET first_wake_at = now()")
        stack.aws("sqs").send_message(
            QueueUrl=stack.queue_url("account"), MessageBody=SweepMessage().model_dump_json(), MessageGroupId="sweep"
        )
        assert wait_until_finished(listener, job_id)["status"] == "done"


@pytest.mark.parametrize(("function", "is_allowed"), [("run-account-job", True), ("api", False), ("ingest", False)])
def test_only_the_function_that_wakes_the_sweep_may_run_it(
    stack: DeployedStack, function: str, is_allowed: bool
) -> None:
    as_function = stack.aws("lambda", stack.role_credentials(function))
    code = aws_error_code(
        lambda: as_function.invoke(FunctionName="visionary-local-sweep", Payload=b'{"kind": "sweep"}')
    )
    assert (code == "") is is_allowed, code
