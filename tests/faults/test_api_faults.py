"""The API while a service is broken: a 503 in good time, nothing half done, and the same request succeeds afterwards."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from tests.faults.deployment import Deployment
from tests.faults.matrix import Cell, cells, problem
from tests.faults.users import NEW_UPLOAD, TEXT, count, upload
from tests.support.tcp_proxy import Fault


@cells("api: read", ["postgres"], quick=[("postgres", Fault.HANGS)])
def test_a_read_is_a_503_and_then_works(cell: Cell) -> None:
    owner = uuid4()
    media_id = upload(cell.deployment, owner)
    with cell.broken():
        outcome = cell.deployment.request(owner, "GET", "/v1/media", limit_s=cell.limit_s)
    cell.observe(str(outcome.result and outcome.result["statusCode"]), outcome)
    problem(outcome)
    (item,) = cell.deployment.call(owner, "GET", "/v1/media")["items"]
    assert item["id"] == media_id


@cells("api: write", ["postgres"])
def test_a_write_happens_once(cell: Cell) -> None:
    owner, key, collection = uuid4(), str(uuid4()), {"name": "Books"}
    cell.deployment.call(owner, "GET", "/v1/collections")
    with cell.broken():
        outcome = cell.deployment.request(owner, "POST", "/v1/collections", collection, key=key, limit_s=cell.limit_s)
    cell.observe(str(outcome.result and outcome.result["statusCode"]), outcome)
    problem(outcome)
    created = cell.deployment.call(owner, "POST", "/v1/collections", collection, key=key)
    again = cell.deployment.call(owner, "POST", "/v1/collections", collection, key=key)
    assert created["id"] == again["id"]
    assert count(cell.deployment, "collections", owner) == 1


@cells("api: signed URL", ["postgres"])
def test_a_signed_url_is_given_afterwards(cell: Cell) -> None:
    owner = uuid4()
    route = f"/v1/media/{{media_id={upload(cell.deployment, owner)}}}/url"
    with cell.broken():
        outcome = cell.deployment.request(owner, "GET", route, limit_s=cell.limit_s)
    cell.observe(str(outcome.result and outcome.result["statusCode"]), outcome)
    problem(outcome)
    assert cell.deployment.call(owner, "GET", route)["url"]


@cells("api: upload in parts", ["postgres", "s3"], quick=[("s3", Fault.HANGS)])
def test_an_upload_starts_once(cell: Cell) -> None:
    owner, key, body = uuid4(), str(uuid4()), {**NEW_UPLOAD, "method": "MULTIPART"}
    cell.deployment.call(owner, "GET", "/v1/media")
    with cell.broken():
        outcome = cell.deployment.request(owner, "POST", "/v1/uploads", body, key=key, limit_s=cell.limit_s)
    cell.observe(str(outcome.result and outcome.result["statusCode"]), outcome)
    problem(outcome)
    cell.deployment.call(owner, "POST", "/v1/uploads", body, key=key)
    assert count(cell.deployment, "media", owner) == 1
    row = cell.deployment.owner.execute("SELECT sum(size_bytes) FROM media WHERE owner_id = %s", [owner]).fetchone()
    assert row == (len(TEXT),)


@cells("api: start speech", ["postgres", "sqs"], quick=[("sqs", Fault.WRONG)])
def test_a_speech_job_starts_once(cell: Cell) -> None:
    owner, key = uuid4(), str(uuid4())
    route = f"/v1/media/{{media_id={upload(cell.deployment, owner)}}}/speech"
    with cell.broken():
        outcome = cell.deployment.request(owner, "POST", route, {}, key=key, limit_s=cell.limit_s)
    cell.observe(str(outcome.result and outcome.result["statusCode"]), outcome)
    problem(outcome)
    job = cell.deployment.call(owner, "POST", route, {}, key=key)
    assert count(cell.deployment, "speech_jobs", owner) == 1
    assert any(job["id"] in message.body for message in cell.deployment.receive("speech_jobs"))
    assert count(cell.deployment, "outbox", owner) == 0


@cells("api: health", ["postgres", "s3", "sqs", "clamd"])
def test_the_health_check_names_the_broken_service(cell: Cell) -> None:
    assert cell.deployment.call(uuid4(), "GET", "/health")["status"] == "healthy"
    with cell.broken():
        outcome = cell.deployment.request(uuid4(), "GET", "/health", limit_s=cell.limit_s)
    cell.observe(str(outcome.result and outcome.result["statusCode"]), outcome)
    assert outcome.result is not None
    names = {"postgres": "database", "s3": "storage", "sqs": "queues", "clamd": "antivirus"}
    status = json.loads(outcome.result["body"])["services"][names[cell.dependency]]["status"]
    # A few bytes are enough: a slow "OK" of the scanner, and half of the head that says that the bucket exists.
    is_enough = (cell.dependency, cell.fault) in {("clamd", Fault.SLOW), ("s3", Fault.HALF)} and status == "healthy"
    assert is_enough or (outcome.result["statusCode"], status) == (503, "unhealthy")
    assert cell.deployment.call(uuid4(), "GET", "/health")["status"] == "healthy"


def authorize(deployment: Deployment, token: str, *, limit_s: float = 60) -> tuple[str, float, bool]:
    """Return the effect of a token: Allow, the error's text, and so on; the seconds; and whether it was killed."""
    event = {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:us-east-1:000000000000:api/api/GET/v1/media",
        "headers": {"Authorization": f"Bearer {token}"},
        "requestContext": {"requestId": str(uuid4()), "identity": {"sourceIp": "198.51.100.7"}},
    }
    outcome = deployment.functions["authorize"].invoke(event, limit_s=limit_s)
    effect = outcome.error or outcome.result["policyDocument"]["Statement"][0]["Effect"]
    return effect, outcome.seconds, outcome.is_killed


@pytest.mark.parametrize("is_fresh", [True, False], ids=["fresh", "with keys"])
@cells("authorize", ["jwks"], quick=[("jwks", Fault.HANGS)])
def test_no_user_is_signed_out_by_the_key_server(cell: Cell, is_fresh: bool) -> None:
    cell.function = f"authorize: {'first' if is_fresh else 'later'}"
    deployment, token = cell.deployment, cell.deployment.identity.token(uuid4())
    deployment.functions["authorize"].stop()
    if is_fresh:
        with cell.broken():
            deployment.functions["authorize"].start()
            effect, seconds, is_killed = authorize(deployment, token, limit_s=cell.limit_s)
        assert "Unauthorized" not in effect  # the gateway's 503: the page does not sign out
    else:
        assert authorize(deployment, token)[0] == "Allow"
        with cell.broken():
            effect, seconds, is_killed = authorize(deployment, token, limit_s=cell.limit_s)
        assert effect == "Allow"
    cell.observed = f"{effect.partition(':')[0]} {seconds:.1f} s"
    assert not is_killed
    assert authorize(deployment, token)[0] == "Allow"


@cells("authorize", ["sqs"])
def test_a_refused_token_is_refused_although_it_cannot_be_reported(cell: Cell) -> None:
    cell.deployment.functions["authorize"].stop()
    cell.deployment.functions["authorize"].start()
    with cell.broken():
        effect, seconds, is_killed = authorize(cell.deployment, "forged", limit_s=cell.limit_s)
    cell.observed = f"401 {seconds:.1f} s"
    assert (effect, is_killed) == ("Exception: Unauthorized", False)
