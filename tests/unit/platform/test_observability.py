"""Metrics have one set of names; log lines have their request's id and no private data."""

from __future__ import annotations

import ast
import io
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.events import batch
from chalicelib.platform import config
from chalicelib.platform.telemetry import observability, redaction
from chalicelib.platform.telemetry.observability import DIMENSIONS, Metric, correlated, correlation_id

SOURCES = sorted(Path(observability.__file__).parents[2].rglob("*.py"))
# Names of values that must never be logged.
PRIVATE = {
    "text", "body", "content", "filename", "title", "url", "headers", "token", "secret", "password", "authorization",
    "snippet", "words", "passage", "email",
}  # fmt: skip
# Objects that must never be logged whole; their attributes may be.
WHOLE = {"event", "record", "message", "request", "response", "params", "claim", "result", "report"}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


@pytest.fixture(autouse=True)
def _stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.setenv("INCOMING_BUCKET", "incoming")
    monkeypatch.setenv("LIBRARY_BUCKET", "library")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Visionary")
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]


def test_a_metric_with_a_dimension_is_published_with_and_without_it(capsys: pytest.CaptureFixture[str]) -> None:
    observability.record_metrics({Metric.COST_USD: 0.5, Metric.CHARACTERS: 1200}, dimension_value="polly")
    (line,) = emitted(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Visionary"
    assert {frozenset(labels) for labels in directive["Dimensions"]} == {
        frozenset({"service", "stage"}),
        frozenset({"service", "stage", "provider"}),
    }
    assert (line["stage"], line["provider"], line["cost_usd"]) == ("test", "polly", [0.5])


def test_metrics_of_different_dimensions_do_not_share_a_line() -> None:
    with pytest.raises(ValueError, match="too many values"):
        observability.record_metrics({Metric.COST_USD: 1, Metric.REJECTIONS: 1}, dimension_value="x")


def test_durations_are_milliseconds_and_the_rest_are_counts(capsys: pytest.CaptureFixture[str]) -> None:
    observability.record_metrics({Metric.SCAN_MS: 12.5})
    observability.record_metrics({Metric.SWEEP_STEPS_FAILED: 0})
    units = [line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Unit"] for line in emitted(capsys)]
    assert units == ["Milliseconds", "Count"]


def test_every_metric_is_published_somewhere() -> None:
    code = "".join(source.read_text() for source in SOURCES if source.name != "observability.py")
    by_name = {metric for metric in Metric if f"Metric.{metric.name}" in code}
    of_the_sweep = {Metric.OBJECTS_MISSING, Metric.CHAINS_BROKEN}  # published under the names of the sweep's steps
    assert by_name | of_the_sweep == set(Metric)
    assert set(DIMENSIONS) <= set(Metric)


def message(**attributes: str) -> dict[str, Any]:
    return {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": "{}",
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1000"},
        "messageAttributes": {name: {"dataType": "String", "stringValue": value} for name, value in attributes.items()},
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:visionary-test-speech-bulk",
    }


def test_a_message_keeps_the_id_of_the_request_that_caused_it(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str | None] = []
    batch.process_records(
        {"Records": [message(correlation_id="request-1"), message()]}, lambda _: seen.append(correlation_id())
    )
    assert seen == ["request-1", "m-1"]
    assert correlation_id() is None
    ages = [line for line in emitted(capsys) if "queue_age_ms" in line]
    assert [line["queue"] for line in ages] == ["speech-bulk", "speech-bulk"]


def test_a_delay_that_the_sender_asked_for_is_no_wait(capsys: pytest.CaptureFixture[str]) -> None:
    delayed = message(delay_s="390")
    delayed["attributes"]["SentTimestamp"] = str(round((time.time() - 395) * 1000))
    batch.process_records({"Records": [delayed]}, lambda _: None)
    (age,) = (line["queue_age_ms"][0] for line in emitted(capsys) if "queue_age_ms" in line)
    assert 4_000 <= age < 390_000


def test_a_failed_message_is_counted_by_its_queue(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("out of order")

    assert batch.process_records({"Records": [message()]}, fail) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    (line,) = [line for line in emitted(capsys) if "messages_failed" in line]
    assert (line["queue"], line["messages_failed"]) == ("speech-bulk", [1])


def test_a_long_id_is_cut() -> None:
    with correlated("x" * 10_000):
        assert len(correlation_id() or "") == observability.MAX_CORRELATION_CHARACTERS


def test_each_message_is_one_line_whether_it_is_handled_or_fails() -> None:
    stream = io.StringIO()
    handler = observability.logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(stream)

    def fail(_: object) -> None:
        raise RuntimeError("out of order")

    try:
        batch.process_records({"Records": [message(correlation_id="request-1")]}, lambda _: None)
        batch.process_records({"Records": [message(correlation_id="request-1")]}, fail)
    finally:
        handler.setStream(before)
    handled, failed = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (handled["message"], failed["message"]) == ("message handled", "message failed")
    assert failed["exception_name"] == "RuntimeError"
    for line in (handled, failed):
        assert (line["queue"], line["message_id"], line["receives"]) == ("speech-bulk", "m-1", 1)
        assert line["correlation_id"] == "request-1"
        assert line["duration_ms"] >= 0


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("cannot GET https://b.example/k?X-Amz-Signature=0f1e", "cannot GET https://b.example/k?…"),
        (f"refused {'eyJhbGciOiJIUzI1NiJ9.' * 4}", "refused …"),
        ('null value in column "x"\nDETAIL:  Failing row contains (the text)', "null value in column '…'"),
        ("1 validation error for Order\ntext\n  input_value='once upon a time'", "1 validation error for Order"),
        ("words without an end " * 60, ("words without an end " * 60)[:300]),
        ("", ""),
    ],
)
def test_a_logged_exception_is_redacted(text: str, redacted: str) -> None:
    error = ValueError(text)
    assert redaction.redacted_message(error) == redacted
    assert redaction.format_traceback(error).splitlines()[-1] == f"builtins.ValueError: {redacted}"


def log_calls() -> Iterator[tuple[Path, ast.Call]]:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in LEVELS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "logger"
            ):
                yield source, node


def names_in(value: ast.expr) -> Iterator[str]:
    """Yield the names that a value is made of; a length discloses nothing."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "len":
        return
    if isinstance(value, ast.Attribute):  # only the attribute is logged, not its object
        yield value.attr
        return
    if isinstance(value, ast.Name):
        yield value.id
    for child in ast.iter_child_nodes(value):
        if isinstance(child, ast.expr):
            yield from names_in(child)


def test_a_log_line_is_a_constant_event_with_named_values_and_none_is_private() -> None:
    calls = list(log_calls())
    assert len(calls) > 30
    for source, call in calls:
        where = f"{source.name}:{call.lineno}"
        assert len(call.args) == 1, where
        event = call.args[0]
        names = [event.body, event.orelse] if isinstance(event, ast.IfExp) else [event]
        assert all(isinstance(name, ast.Constant) for name in names), f"{where}: the event's name is not constant"
        for keyword in call.keywords:
            assert keyword.arg not in PRIVATE, f"{where}: {keyword.arg}"
            assert not (isinstance(keyword.value, ast.Name) and keyword.value.id in WHOLE), f"{where}: {keyword.arg}"
            inside = set(names_in(keyword.value))
            assert not inside & PRIVATE, f"{where}: {keyword.arg} is made of {inside & PRIVATE}"


def test_nothing_is_printed_outside_the_log() -> None:
    for source in SOURCES:
        calls = (node.func for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call))
        assert not [f for f in calls if isinstance(f, ast.Name) and f.id == "print"], source.name
