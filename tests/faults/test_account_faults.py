"""Exports, erasures and wake-ups while a service is broken: each is done once afterwards."""

from __future__ import annotations

from uuid import uuid4

from chalicelib.platform.db.sweep_schedule import SweepMessage
from tests.faults.deployment import Message, visibility_s
from tests.faults.matrix import Cell, cells
from tests.faults.users import count, upload

WITHIN_S = visibility_s("account")


def keep(cell: Cell, kind: str) -> Message:
    """Work until the account queue has a message of this kind; return it undelivered."""
    deployment = cell.deployment
    deployment.work_until(
        lambda: deployment.kept,
        within_s=60,
        keep=lambda message: message.queue == "account" and f'"kind":"{kind}"' in message.body,
    )
    return deployment.kept.pop(0)


@cells("run_account_job: export", ["postgres", "s3"])
def test_an_account_is_exported_once(cell: Cell) -> None:
    deployment, owner = cell.deployment, uuid4()
    upload(deployment, owner)
    export_id = deployment.call(owner, "POST", "/v1/account/export")["id"]
    message = keep(cell, "export")
    if not cell.deliver(message):
        cell.redeliver(message)

    def is_done() -> bool:
        return count(deployment, "exports", owner, status="done") == 1

    cell.recovered(deployment.work_until(is_done, within_s=WITHIN_S))
    assert deployment.call(owner, "GET", f"/v1/account/export/{{export_id={export_id}}}")["url"]
    assert deployment.s3.list_objects_v2(Bucket="library", Prefix=f"exports/{owner}/")["KeyCount"] == 1
    assert count(deployment, "audit_events", owner, action="export.finished") == 1


@cells("run_account_job: erasure", ["postgres", "s3", "sqs"])
def test_an_account_is_erased_completely(cell: Cell) -> None:
    deployment, owner = cell.deployment, uuid4()
    upload(deployment, owner)
    erasure_id = deployment.call(owner, "DELETE", f"/v1/account?confirm={owner}")["id"]
    message = keep(cell, "erasure")
    if not cell.deliver(message):
        cell.redeliver(message)

    def is_done() -> bool:
        status = deployment.owner.execute("SELECT status FROM erasures WHERE id = %s", [erasure_id]).fetchone()
        return bool(status == ("done",))

    cell.recovered(deployment.work_until(is_done, within_s=WITHIN_S))
    assert count(deployment, "media", owner) == 0
    for bucket in ("incoming", "library"):
        versions = deployment.s3.list_object_versions(Bucket=bucket).get("Versions", ())
        assert not [version["Key"] for version in versions if str(owner) in version["Key"]]


@cells("run_account_job: wake the sweep", ["lambda"])
def test_the_message_that_wakes_the_sweep_returns(cell: Cell) -> None:
    message = Message("account", str(uuid4()), SweepMessage().model_dump_json(), {})
    if not cell.deliver(message):
        cell.redeliver(message)
