"""The deployed local stack: rights, triggers, the gateway and the authorizer, repeated deployments."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import requests

from tests.support.local_stack import ACCOUNT, INCOMING, LIBRARY, DeployedStack, aws_error_code, wait_until

PROBLEM = {"type", "title", "status", "code", "detail", "message", "errors", "request_id"}
DENIED = {"AccessDenied", "403", "AccessDeniedException"}
UNSIGNED = "eyJhbGciOiJub25lIn0.e30."  # a token with the algorithm "none"  # pragma: allowlist secret


@pytest.fixture(scope="module")
def uninspected_upload(stack: DeployedStack) -> Iterator[str]:
    """Yield an object that awaits inspection, with the key of no upload, so that nothing deletes it."""
    key = "uploads/not-ours/waiting"
    stack.aws("s3").put_object(Bucket=INCOMING, Key=key, Body=b"not inspected yet")
    yield key
    stack.aws("s3").delete_object(Bucket=INCOMING, Key=key)


# ---- rights ----------------------------------------------------------------------------------------------------------


FUNCTIONS = (
    "authorize",
    "authorize-player",
    "api",
    "ingest",
    "fetch-import",
    "deliver-webhook",
    "recognize",
    "run-speech-job",
    "synthesize",
    "synthesize-built-in",
    "record-segment",
    "run-account-job",
    "sweep",
    "migrate",
    "backup",
)
READS_UPLOADS = ("ingest", "sweep")


@pytest.mark.parametrize("function", sorted(set(FUNCTIONS) - set(READS_UPLOADS)))
def test_only_the_inspection_can_read_uploads(stack: DeployedStack, uninspected_upload: str, function: str) -> None:
    s3 = stack.aws("s3", stack.role_credentials(function))
    assert aws_error_code(lambda: s3.get_object(Bucket=INCOMING, Key=uninspected_upload)) == "AccessDenied"
    assert aws_error_code(lambda: s3.head_object(Bucket=INCOMING, Key=uninspected_upload)) in DENIED
    copy = {"Bucket": INCOMING, "Key": uninspected_upload}
    assert (
        aws_error_code(lambda: s3.copy_object(Bucket=LIBRARY, Key="speech/stolen", CopySource=copy)) == "AccessDenied"
    )


@pytest.mark.parametrize("function", READS_UPLOADS)
def test_the_inspection_can_read_uploads(stack: DeployedStack, uninspected_upload: str, function: str) -> None:
    s3 = stack.aws("s3", stack.role_credentials(function))
    assert s3.get_object(Bucket=INCOMING, Key=uninspected_upload)["Body"].read() == b"not inspected yet"


def test_the_api_can_write_only_under_uploads(stack: DeployedStack) -> None:
    s3 = stack.aws("s3", stack.role_credentials("api"))
    assert aws_error_code(lambda: s3.put_object(Bucket=INCOMING, Key="uploads/not-ours/of-the-api", Body=b"x")) == ""
    assert aws_error_code(lambda: s3.put_object(Bucket=INCOMING, Key="elsewhere", Body=b"x")) == "AccessDenied"
    assert aws_error_code(lambda: s3.put_object(Bucket=LIBRARY, Key="media/forged", Body=b"x")) == "AccessDenied"
    assert aws_error_code(lambda: s3.delete_object(Bucket=LIBRARY, Key="media/forged")) == "AccessDenied"


def test_the_api_cannot_read_the_original_of_a_disarmed_document(stack: DeployedStack) -> None:
    stack.aws("s3").put_object(Bucket=LIBRARY, Key="withheld/of/a-user", Body=b"with its scripts")
    s3 = stack.aws("s3", stack.role_credentials("api"))
    assert aws_error_code(lambda: s3.get_object(Bucket=LIBRARY, Key="withheld/of/a-user")) == "AccessDenied"


def test_the_synthesizer_can_access_speech_but_not_documents(stack: DeployedStack) -> None:
    stack.aws("s3").put_object(Bucket=LIBRARY, Key="media/of/a-user", Body=b"private")
    s3 = stack.aws("s3", stack.role_credentials("synthesize"))
    assert aws_error_code(lambda: s3.get_object(Bucket=LIBRARY, Key="media/of/a-user")) == "AccessDenied"
    assert aws_error_code(lambda: s3.put_object(Bucket=LIBRARY, Key="speech/a-user/segments/x.mp3", Body=b"x")) == ""
    assert aws_error_code(lambda: s3.get_object(Bucket=LIBRARY, Key="speech/a-user/segments/none.mp3")) == "NoSuchKey"


FOLDERS = ("media", "withheld", "speech", "exports")
# Rights in the library by folder; all others are denied.
READS = {
    "api": {"media", "speech", "exports"},
    "ingest": {"media", "withheld"},
    "recognize": {"media"},
    "run-speech-job": {"speech"},
    "synthesize": {"speech"},
    "synthesize-built-in": {"speech"},
    "run-account-job": {"media", "speech", "exports"},
    "backup": set(FOLDERS),
}
WRITES = {
    "ingest": {"media", "withheld"},
    "recognize": {"media"},
    "synthesize": {"speech"},
    "synthesize-built-in": {"speech"},
    "run-speech-job": {"speech"},
    "run-account-job": {"speech", "exports"},
    "backup": set(FOLDERS),
}
DELETES = {"run-account-job": set(FOLDERS), "sweep": set(FOLDERS)}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_can_access_only_its_folders_of_the_library(stack: DeployedStack, function: str) -> None:
    as_root, as_function = stack.aws("s3"), stack.aws("s3", stack.role_credentials(function))
    for folder in FOLDERS:
        key = {"Bucket": LIBRARY, "Key": f"{folder}/of/a-user"}
        as_root.put_object(**key, Body=b"private")
        calls = {
            "read": (partial(as_function.get_object, **key), READS),
            "write": (partial(as_function.put_object, **key, Body=b"private"), WRITES),
            "delete": (partial(as_function.delete_object, **key), DELETES),
        }
        for right, (call, allowed) in calls.items():
            code = aws_error_code(call)
            expected = "" if folder in allowed.get(function, set()) else "AccessDenied"
            assert code == expected, f"{function}: {right} {folder}: {code or 'allowed'}"


QUEUES = (
    "ingest",
    "speech-jobs",
    "speech-express",
    "speech-bulk",
    "speech-built-in",
    "speech-results",
    "account",
    "recognition",
    "imports",
    "webhooks",
)
SENDS: dict[str, set[str]] = {
    "authorize": {"account"},
    "authorize-player": {"account"},
    "api": {"ingest", "speech-jobs", "speech-built-in", "account", "recognition", "imports", "webhooks"},
    "ingest": {"ingest", "account", "recognition", "webhooks"},
    "recognize": {"recognition"},
    "fetch-import": {"ingest"},
    "deliver-webhook": {"ingest", "webhooks"},
    "run-speech-job": {"speech-jobs", "speech-express", "speech-bulk", "speech-built-in", "speech-results", "webhooks"},
    "synthesize": {"speech-results"},
    "synthesize-built-in": {"speech-results"},
    "record-segment": {"speech-express", "speech-bulk", "speech-built-in", "speech-results", "speech-jobs", "webhooks"},
    "run-account-job": {"account", "webhooks"},
    "sweep": set(QUEUES),
    "migrate": set(),
    "backup": set(),
}
RECEIVES = {
    "ingest": {"ingest"},
    "recognize": {"recognition"},
    "fetch-import": {"imports"},
    "deliver-webhook": {"webhooks"},
    "run-speech-job": {"speech-jobs"},
    "synthesize": {"speech-express", "speech-bulk"},
    "synthesize-built-in": {"speech-built-in"},
    "record-segment": {"speech-results"},
    "run-account-job": {"account"},
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_can_send_only_to_its_queues(stack: DeployedStack, function: str) -> None:
    sqs = stack.aws("sqs", stack.role_credentials(function))
    for queue in QUEUES:
        url = stack.queue_url(queue)
        # Every consumer ignores this body: only the right is tested.
        code = aws_error_code(partial(sqs.send_message, QueueUrl=url, MessageBody="{}", DelaySeconds=900))
        assert (code in DENIED) is (queue not in SENDS[function]), f"{function} → {queue}: {code or 'allowed'}"
    for queue in SENDS[function]:
        stack.aws("sqs").purge_queue(QueueUrl=stack.queue_url(queue))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_can_receive_only_from_its_queues_and_purge_none(stack: DeployedStack, function: str) -> None:
    sqs = stack.aws("sqs", stack.role_credentials(function))
    for queue in QUEUES:
        url = stack.queue_url(queue)
        assert aws_error_code(partial(sqs.purge_queue, QueueUrl=url)) in DENIED
        if queue not in RECEIVES.get(function, set()):
            assert aws_error_code(partial(sqs.receive_message, QueueUrl=url)) in DENIED, (
                f"{function} can receive from {queue}"
            )


def test_no_function_can_change_users_rights_or_code(stack: DeployedStack) -> None:
    for function in FUNCTIONS:
        role = stack.role_credentials(function)
        assert aws_error_code(stack.aws("lambda", role).list_functions) in DENIED
        assert (
            aws_error_code(partial(stack.aws("lambda", role).invoke, FunctionName="visionary-local-migrate")) in DENIED
        )
        assert aws_error_code(stack.aws("secretsmanager", role).list_secrets) in DENIED
        assert aws_error_code(stack.aws("s3", role).list_buckets) in DENIED
        assert aws_error_code(stack.aws("iam", role).list_roles) in DENIED
        assert aws_error_code(partial(stack.aws("cognito-idp", role).list_user_pools, MaxResults=1)) in DENIED


def test_an_unknown_access_key_is_rejected(stack: DeployedStack) -> None:
    stranger = {"aws_access_key_id": f"AKIA{'STRANGER':0<16}", "aws_secret_access_key": "guessed"}
    assert aws_error_code(lambda: stack.aws("s3", stranger).list_buckets()) == "InvalidAccessKeyId"


# ---- the gateway -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "nonsense", f"Bearer {UNSIGNED}"])
def test_without_a_valid_token_the_response_is_a_401_problem_document(stack: DeployedStack, header: str | None) -> None:
    headers = {"Origin": "http://localhost:3000"} | ({"Authorization": header} if header else {})
    response = stack.call("GET", "/v1/media", headers=headers)
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"
    assert set(response.json()) == PROBLEM
    assert response.json()["code"] == "unauthorized"
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["X-Request-Id"] == response.json()["request_id"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_with_a_token_the_response_is_200(stack: DeployedStack) -> None:
    response = stack.call("GET", "/v1/media", user="any-user")
    assert response.status_code == 200, response.text
    assert response.json()["items"] == []


def test_an_unknown_route_is_a_404_problem_document(stack: DeployedStack) -> None:
    response = stack.call("GET", "/v1/nothing-like-this")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
    assert set(response.json()) == PROBLEM


def test_health_needs_no_token_and_checks_every_service(stack: DeployedStack) -> None:
    response = stack.call("GET", "/health")
    assert response.status_code == 200, response.text
    assert response.json()["status"] == "healthy"
    assert {"database", "storage", "queues"} <= set(response.json()["services"])


def test_the_apis_address_is_always_the_same(stack: DeployedStack) -> None:
    assert stack.api == f"{stack.url}/_aws/execute-api/visionary-local/api"


# ---- triggers --------------------------------------------------------------------------------------------------------


def has_logged(stack: DeployedStack, function: str, text: str) -> bool:
    """Return whether a function has logged a text."""
    logs = stack.aws("logs")
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/visionary-local-{function}", limit=10_000)["events"]
    return any(text in event["message"] for event in events)


def test_an_object_in_the_incoming_bucket_starts_the_inspection(stack: DeployedStack) -> None:
    key = f"uploads/{uuid.uuid4()}/{uuid.uuid4()}"
    stack.aws("s3").put_object(Bucket=INCOMING, Key=key, Body=b"an object without an upload")
    wait_until(lambda: has_logged(stack, "ingest", key), event="the inspection of an object")
    wait_until(lambda: stack.message_count("ingest") == 0, event="an empty queue")
    assert stack.message_count("dead") == 0


def test_an_object_outside_uploads_starts_no_inspection(stack: DeployedStack) -> None:
    stack.aws("s3").put_object(Bucket=INCOMING, Key="elsewhere/unseen", Body=b"x")
    stack.aws("s3").put_object(Bucket=INCOMING, Key="uploads/seen/after-it", Body=b"x")
    wait_until(lambda: has_logged(stack, "ingest", "uploads/seen/after-it"), event="the inspection of the later object")
    assert not has_logged(stack, "ingest", "elsewhere/unseen")


def test_only_the_incoming_bucket_can_send_to_the_ingest_queue(stack: DeployedStack) -> None:
    policy = stack.aws("sqs").get_queue_attributes(QueueUrl=stack.queue_url("ingest"), AttributeNames=["Policy"])
    (statement,) = json.loads(policy["Attributes"]["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == f"arn:aws:s3:::{INCOMING}"
    assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == ACCOUNT


@contextmanager
def short_visibility(stack: DeployedStack, queue: str) -> Iterator[str]:
    """Yield a queue with a visibility timeout of one second, so that five receives take five seconds."""
    sqs, url = stack.aws("sqs"), stack.queue_url(queue)
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    try:
        yield url
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


def test_only_a_poison_message_of_a_batch_goes_to_the_dead_letter_queue(stack: DeployedStack) -> None:
    poison = f"poison {uuid.uuid4()}"
    ids = {name: str(uuid.uuid4()) for name in ("owner_id", "job_id", "call_id")}  # of no account
    harmless = ids | {"index": 0, "voice": "espeak:en-us", "key": "none", "outcome": "spoken"}
    with short_visibility(stack, "speech-results") as url:
        entries = [{"Id": str(n), "MessageBody": json.dumps(harmless)} for n in range(5)]
        stack.aws("sqs").send_message_batch(QueueUrl=url, Entries=[*entries, {"Id": "5", "MessageBody": poison}])
        wait_until(lambda: stack.message_count("dead") == 1, seconds=60, event="the dead letter")
        wait_until(lambda: stack.message_count("speech-results") == 0, event="an empty queue")
    dead_queue = stack.queue_url("dead")
    (dead,) = stack.aws("sqs").receive_message(QueueUrl=dead_queue, MaxNumberOfMessages=10)["Messages"]
    assert dead["Body"] == poison
    stack.aws("sqs").delete_message(QueueUrl=dead_queue, ReceiptHandle=dead["ReceiptHandle"])


def test_the_sweep_runs_with_its_rights(stack: DeployedStack) -> None:
    event = {
        "version": "0",
        "account": ACCOUNT,
        "region": "us-east-1",
        "time": "2026-01-01T00:00:00Z",
        "id": str(uuid.uuid4()),
        "detail": {},
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/sweep"],
    }
    response = stack.aws("lambda").invoke(FunctionName="visionary-local-sweep", Payload=json.dumps(event))
    assert "FunctionError" not in response, response["Payload"].read()


# ---- deployments -----------------------------------------------------------------------------------------------------


def test_deploying_the_same_code_again_changes_nothing(stack: DeployedStack) -> None:
    stack.up()
    functions = stack.aws("lambda").list_functions()["Functions"]
    before = {f["FunctionName"]: (f["CodeSha256"], f["LastModified"]) for f in functions}
    assert before.keys() == {f"visionary-local-{function}" for function in FUNCTIONS}
    output = stack.up()
    for part in ("storage", "identity", "functions"):
        assert f"{part:10} unchanged" in output
    after = stack.aws("lambda").list_functions()["Functions"]
    assert {f["FunctionName"]: (f["CodeSha256"], f["LastModified"]) for f in after} == before


def test_the_database_is_at_the_latest_migration(stack: DeployedStack) -> None:
    completed = stack.command("revision")
    assert completed.returncode == 0, completed.stderr
    revision, mark = completed.stdout.split()
    assert revision >= "20240101000004"
    assert mark == "(head)"


def test_functions_inherit_nothing_from_the_shell_that_started_the_stack(stack: DeployedStack) -> None:
    configuration = stack.aws("lambda").get_function_configuration(FunctionName="visionary-local-synthesize")
    variables = configuration["Environment"]["Variables"]
    assert "DATABASE_URL" not in variables
    assert not [name for name in variables if name.startswith("AWS_")]


def test_any_origin_can_read_the_library_but_only_allowed_origins_can_upload(stack: DeployedStack) -> None:
    preflight = {"Access-Control-Request-Method": "PUT"}
    allowed = requests.options(
        f"{stack.url}/{INCOMING}/uploads/x", headers=preflight | {"Origin": stack.url}, timeout=10
    )
    assert allowed.headers["Access-Control-Allow-Origin"] in {stack.url, "*"}
    foreign = requests.options(
        f"{stack.url}/{INCOMING}/uploads/x", headers=preflight | {"Origin": "http://evil.example"}, timeout=10
    )
    assert foreign.status_code == 403
    read = {"Access-Control-Request-Method": "GET", "Origin": "null"}
    assert requests.options(f"{stack.url}/{LIBRARY}/speech/x", headers=read, timeout=10).status_code == 200
