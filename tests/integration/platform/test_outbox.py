"""The outbox during a deployment: messages that the version before wrote are sent, and handled by this one."""

import json
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.platform.db import outbox
from tests.integration.conftest import Cloud, Platform, Sweeping, User

LONG_AGO = "2020-01-01T00:00:00Z"
SEGMENT = {
    "index": 0, "voice": "espeak:en", "key": "speech/x/segments/ab/cd", "call_id": str(uuid4()), "probe": False,
    "language": "en", "text": "Rock.", "pause_ms": 0, "begins_at": LONG_AGO, "ends_by": LONG_AGO,
}  # fmt: skip


@pytest.mark.parametrize(
    ("queue", "function", "members"),
    [
        ("speech_plan", "run_speech_job", {"job_id": str(uuid4())}),
        ("speech_express", "synthesize", {"job_id": str(uuid4()), **SEGMENT}),
        ("speech_finish", "run_speech_job", {"kind": "finish", "job_id": str(uuid4())}),
        ("speech_finish", "run_speech_job", {"kind": "cut", "job_id": str(uuid4())}),
        ("account", "run_account_job", {"kind": "export", "export_id": str(uuid4())}),
        ("account", "run_account_job", {"kind": "speech_export", "export_id": str(uuid4())}),
    ],
)
def test_a_message_of_the_version_before_is_sent_and_handled(
    platform: Platform,
    cloud: Cloud,
    alice: User,
    sweeping: Sweeping,
    queue: str,
    function: str,
    members: dict[str, Any],
) -> None:
    body = {"owner_id": str(alice.id), **members}
    cloud.owner.execute(
        "INSERT INTO outbox (id, owner_id, queue, body, created_at) VALUES (%s, %s, %s, %s, %s)",
        [uuid4(), alice.id, queue, json.dumps(body), LONG_AGO],
    )
    with sweeping():
        assert outbox.send_overdue() == 1
    (message,) = cloud.messages(outbox.RENAMED_QUEUES.get(queue, queue))
    assert json.loads(message["Body"]) == body
    assert message["Attributes"]["MessageGroupId"] == str(alice.id)
    assert platform.deliver(function, [message["Body"]]) == []
    assert cloud.owner.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
