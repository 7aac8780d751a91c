"""Alarms: each signal raises one, whose value names it; and service levels, replayed on recorded metrics."""

from __future__ import annotations

import re
from typing import Any

import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from chalicelib.platform.telemetry.observability import DIMENSIONS, SERVICE, Metric
from infra.deploy import usage
from infra.deploy.stage import INFRA
from infra.packaging import traffic_shift
from tests.support.alarm_replay import Dimensions, Replay

TEMPLATE: dict[str, Any] = yaml_parse((INFRA / "monitoring.yaml").read_text())
AURORA = {"Stage": "prod", "DatabaseIdentifier": "visionary", "DatabaseDimension": "DBClusterIdentifier"}
POSTGRES = AURORA | {"DatabaseDimension": "DBInstanceIdentifier"}
OURS = {"service": SERVICE, "stage": "prod"}
API = {"ApiName": "visionary-prod", "Stage": "api"}
CLUSTER = {"DBClusterIdentifier": "visionary"}
INSTANCE = {"DBInstanceIdentifier": "visionary"}
HOUR = 60  # minutes
NOW = 7 * HOUR


@pytest.fixture
def replay() -> Replay:
    return Replay(TEMPLATE, AURORA)


def metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics that an alarm looks at."""
    if "AlarmRule" in alarm:
        return []
    queries = alarm.get("Metrics", [{"MetricStat": {"Metric": alarm}}])
    return [query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query]


def labels(metric: dict[str, Any]) -> dict[str, Any]:
    return {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}


# ---- the set -----------------------------------------------------------------------------------------------------------------


def test_there_are_at_most_ten_alarms_and_the_costs_count_their_metrics(replay: Replay) -> None:
    assert len(replay.alarms) <= 10
    assert sum(len(metrics(alarm)) for alarm in replay.alarms.values()) == usage.ALARM_METRICS
    assert sum("AlarmRule" in alarm for alarm in replay.alarms.values()) == usage.COMPOSITE_ALARMS


def test_every_alarm_notifies_the_topic_or_is_part_of_one_that_does(replay: Replay) -> None:
    rules = " ".join(alarm.get("AlarmRule", "") for alarm in replay.alarms.values())
    for alarm in replay.alarms.values():
        is_part = f'ALARM("{alarm["AlarmName"]}")' in rules
        assert is_part != (alarm.get("AlarmActions") == alarm.get("OKActions") == ["Alarms"]), alarm["AlarmName"]


def test_every_description_names_its_signals_and_the_section_of_the_runbook(replay: Replay) -> None:
    runbook = (INFRA.parent / "docs/runbook.md").read_text()
    for alarm in replay.alarms.values():
        description, name = alarm["AlarmDescription"], alarm["AlarmName"]
        section = re.search(r'See docs/runbook\.md, "(.+)"\.$', description)
        assert section or description.endswith("Part of service-level."), name
        assert not section or f"# {section[1]}\n" in runbook, name
        assert f"`{name.removeprefix('visionary-prod-')}`" in runbook, name
        expressions = " ".join(query.get("Expression", "") for query in alarm.get("Metrics", []))
        digits = {int(digit) for digit in re.findall(r", (10*), 0\)", expressions)}
        assert digits == {int(digit) for digit in re.findall(r"\b(10*): ", description)}, name
        assert not digits or len(digits) == len(metrics(alarm)), name


def test_alarms_on_our_own_metrics_name_metrics_and_dimensions_of_the_code(replay: Replay) -> None:
    ours = [m for alarm in replay.alarms.values() for m in metrics(alarm) if m["Namespace"] == "Visionary"]
    assert ours
    for metric in ours:
        values = labels(metric)
        assert {name: values.pop(name) for name in ("service", "stage")} == OURS
        assert set(values) <= {DIMENSIONS.get(Metric(metric["MetricName"]))}


def test_the_periods_of_a_metric_math_alarm_are_equal_as_cloudwatch_requires(replay: Replay) -> None:
    for name, alarm in replay.alarms.items():
        periods = {q["MetricStat"]["Period"] for q in alarm.get("Metrics", []) if "MetricStat" in q}
        assert len(periods) <= 1, name


def test_the_emulator_gets_only_alarms_that_it_supports() -> None:
    for name, resource in TEMPLATE["Resources"].items():
        if "Metrics" in resource["Properties"] or "AlarmRule" in resource["Properties"]:
            assert resource["Condition"] == "MetricMath", name


# ---- each signal -------------------------------------------------------------------------------------------------------------

SIGNALS = [
    ("Failures", 1, "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "visionary-prod-dead"}, 0, 1),
    ("Failures", 10, "AWS/Lambda", "Errors", {}, 0.5, 1),
    ("Failures", 100, "AWS/Lambda", "RecursiveInvocationsDropped", {}, 0, 1),
    ("Capacity", 1, "AWS/Lambda", "Throttles", {}, 1, 2),
    ("Capacity", 10, "AWS/ApiGateway", "Latency", API, 2_900, 3_100),
    ("Capacity", 100, "Visionary", "queue_age_ms", OURS, 299_000, 301_000),
    ("Capacity", 1_000, "Visionary", "scan_ms", OURS, 59_000, 61_000),
    ("Capacity", 10_000, "AWS/RDS", "CPUUtilization", CLUSTER, 84, 86),
    ("Capacity", 100_000, "AWS/RDS", "ACUUtilization", CLUSTER, 89, 91),
    ("Capacity", 100_000, "AWS/RDS", "FreeStorageSpace", INSTANCE, 2.1e9, 1.9e9),
    ("Capacity", 1_000_000, "AWS/RDS", "DatabaseConnections", CLUSTER, 80, 81),
    ("Findings", 1, "Visionary", "sweep_steps_failed", OURS, 0, 1),
    ("Findings", 10, "Visionary", "objects_missing", OURS, 0, 1),
    ("Findings", 100, "Visionary", "chains_broken", OURS, 0, 1),
    ("Findings", 1_000, "Visionary", "rejections", OURS | {"code": "malware"}, 0, 1),
    ("Findings", 10_000, "Visionary", "failovers", OURS, 0.2, 1),
    ("Findings", 100_000, "Visionary", "cost_usd", OURS, 0.1, 0.5),
]


@pytest.mark.parametrize(
    ("alarm", "digit", "namespace", "metric", "dimensions", "usual", "bad"),
    SIGNALS,
    ids=[f"{alarm}-{metric}" for alarm, _, _, metric, *_ in SIGNALS],
)
def test_a_signal_raises_its_alarm_and_the_value_names_it(
    alarm: str, digit: int, namespace: str, metric: str, dimensions: Dimensions, usual: float, bad: float
) -> None:
    def raised(value: float) -> bool:
        for minute in range(NOW - 30, NOW):
            replayed.record(namespace, metric, dimensions, minute, value)
        return replayed.is_raised(alarm, NOW - 1)

    for value, expected in ((usual, False), (bad, True)):
        replayed = Replay(TEMPLATE, POSTGRES if dimensions == INSTANCE else AURORA)
        assert raised(value) == expected
        assert (replayed.data_points(alarm, NOW - 1)[-1] == digit) == expected


def test_several_signals_of_one_alarm_are_all_named(replay: Replay) -> None:
    replay.record("Visionary", "chains_broken", OURS, NOW, 1)
    replay.record("Visionary", "rejections", OURS | {"code": "malware"}, NOW - 5, 1)
    assert replay.data_points("Findings", NOW) == [1_100]


def test_nothing_is_raised_without_any_data_but_the_silence_of_the_sweep(replay: Replay) -> None:
    assert {name for name in replay.alarms if replay.is_raised(name, NOW)} == {"SweepSilent"}


def hours_of_silence(*, errors: int) -> list[int]:
    """Return the hours with the alarm, after three daily runs with this many errors each."""
    replay, sweep = Replay(TEMPLATE, AURORA), {"FunctionName": "visionary-prod-sweep"}
    for hour in (0, 24, 48):
        replay.record("AWS/Lambda", "Invocations", sweep, hour * HOUR, 1)
        replay.record("AWS/Lambda", "Errors", sweep, hour * HOUR, errors)
    return [hour for hour in range(24, 96) if replay.is_raised("SweepSilent", hour * HOUR)]


def test_a_daily_sweep_is_silent_only_after_30_hours_without_one() -> None:
    assert hours_of_silence(errors=0) == list(range(48 + 30, 96))


def test_a_sweep_that_starts_but_always_fails_is_silent_too() -> None:
    assert hours_of_silence(errors=1) == list(range(24, 96))


def test_a_stage_without_a_database_of_ours_has_the_other_signals() -> None:
    replay = Replay(TEMPLATE, {"Stage": "prod"})
    for minute in range(NOW):
        replay.record("AWS/Lambda", "Throttles", {}, minute, 10)
    assert replay.data_points("Capacity", NOW)[0] == 1


def test_a_larger_stage_has_more_connections_without_an_alarm() -> None:
    for most in ("80", "400"):
        replay = Replay(TEMPLATE, AURORA | {"DatabaseConnectionsMost": most})
        for minute in range(NOW):
            replay.record("AWS/RDS", "DatabaseConnections", CLUSTER, minute, 81)
        assert replay.is_raised("Capacity", NOW) == (most == "80")


# ---- service levels ----------------------------------------------------------------------------------------------------------


def respond(replay: Replay, start: int, end: int, *, per_minute: int = 100, failed: float = 0.0) -> None:
    """Record responses of the API, of which a share are server errors."""
    for minute in range(start, end):
        errors = round(per_minute * failed)
        replay.record("AWS/ApiGateway", "5XXError", API, minute, *[1.0] * errors, *[0.0] * (per_minute - errors))


def start_recordings(replay: Replay, start: int, end: int, *, per_minute: int = 10, late: float = 0.0) -> None:
    """Record times to first audio, of which a share exceed the service level."""
    for minute in range(start, end):
        slow = round(per_minute * late)
        values = [40_000.0] * slow + [3_000.0] * (per_minute - slow)
        replay.record("Visionary", Metric.TIME_TO_FIRST_AUDIO_MS, OURS, minute, *values)


def raised(replay: Replay, minutes: range) -> list[int]:
    return [minute for minute in minutes if replay.is_raised("ServiceLevel", minute)]


def test_no_traffic_and_good_traffic_raise_nothing(replay: Replay) -> None:
    respond(replay, NOW, 2 * NOW, failed=0.0)
    start_recordings(replay, NOW, 2 * NOW, late=0.0)
    assert not raised(replay, range(0, 2 * NOW, 10))


def test_an_outage_is_raised_within_five_minutes_and_ends_five_minutes_after_it(replay: Replay) -> None:
    respond(replay, 0, NOW)
    respond(replay, NOW, NOW + 20, failed=1.0)
    respond(replay, NOW + 20, NOW + HOUR)
    alarms = raised(replay, range(NOW - 10, NOW + 5))
    assert alarms, "not within five minutes"
    assert min(alarms) > NOW
    assert replay.is_raised("BurnOneHour", NOW + 40), "the long window alone would go on"
    assert not replay.is_raised("ApiFailing", NOW + 25)


def test_a_slow_burn_is_raised_by_the_six_hours_only(replay: Replay) -> None:
    respond(replay, 0, NOW, per_minute=500, failed=0.008)
    assert not replay.is_raised("BurnOneHour", NOW - 1)
    assert replay.is_raised("ServiceLevel", NOW - 1)
    assert replay.data_points("BurnSixHours", NOW - 1) == [1]


def test_what_the_budget_allows_is_not_raised(replay: Replay) -> None:
    respond(replay, 0, NOW, per_minute=500, failed=0.004)
    assert not raised(replay, range(HOUR, NOW, 10))


def test_one_bad_minute_and_one_failed_request_of_an_idle_stage_are_not_raised(replay: Replay) -> None:
    respond(replay, 0, NOW)
    respond(replay, NOW, NOW + 1, failed=1.0)
    respond(replay, NOW + 1, 2 * NOW)
    assert not raised(replay, range(NOW, NOW + HOUR))
    idle = Replay(TEMPLATE, AURORA)
    respond(idle, NOW, NOW + 1, per_minute=1, failed=1.0)  # the database was paused
    respond(idle, NOW + 1, NOW + 2, per_minute=3)
    assert not raised(idle, range(NOW, 2 * NOW))


def test_late_starts_are_raised_and_named(replay: Replay) -> None:
    respond(replay, 0, NOW + HOUR)
    start_recordings(replay, 0, NOW)
    start_recordings(replay, NOW, NOW + HOUR, late=0.9)
    assert raised(replay, range(NOW, NOW + HOUR))
    assert replay.data_points("BurnOneHour", NOW + HOUR - 1) == [10]
    slow = Replay(TEMPLATE, AURORA)
    start_recordings(slow, 0, NOW, late=0.4)
    assert not slow.is_raised("BurnOneHour", NOW - 1)
    assert slow.is_raised("ServiceLevel", NOW - 1)


def test_a_few_late_starts_are_within_the_service_level(replay: Replay) -> None:
    start_recordings(replay, 0, NOW, per_minute=20, late=0.2)
    assert not raised(replay, range(HOUR, NOW, 10))


# ---- a release and its way back ----------------------------------------------------------------------------------------------


METRICS_DELAY = 4  # minutes until CloudWatch knows what the gateway did


def release(replay: Replay, *, failing: float) -> list[float]:
    """Shift requests to a release as CodeDeploy does; return the share that it had in each of its first minutes."""
    match = re.fullmatch(r"Canary(\d+)Percent(\d+)Minutes", traffic_shift.PARAMETERS["TrafficShift"]["Default"])
    assert match
    canary, canary_minutes = int(match[1]) / 100, int(match[2])
    alarm_name = traffic_shift.ALARM_NAME.replace("${Stage}", "prod")
    (alarm,) = [name for name, properties in replay.alarms.items() if properties["AlarmName"] == alarm_name]
    shares, is_back = [], False
    for elapsed in range(2 * canary_minutes):
        is_back = is_back or replay.is_raised(alarm, NOW + elapsed - METRICS_DELAY)
        share = 0.0 if is_back else canary if elapsed < canary_minutes else 1.0
        respond(replay, NOW + elapsed, NOW + elapsed + 1, failed=share * failing)
        shares.append(share)
    return shares


@pytest.mark.parametrize("failing", [1.0, 0.2])
def test_a_failing_release_goes_back_by_itself_and_never_gets_all_requests(replay: Replay, failing: float) -> None:
    respond(replay, 0, NOW)
    shares = release(replay, failing=failing)
    assert max(shares) == 0.1
    assert shares[-1] == 0.0
    assert not raised(replay, range(NOW, NOW + 10)), "this is within the budget"


def test_a_good_release_gets_all_requests(replay: Replay) -> None:
    respond(replay, 0, NOW)
    assert release(replay, failing=0.0)[-1] == 1.0


def test_a_slow_voice_provider_does_not_send_a_release_back(replay: Replay) -> None:
    respond(replay, 0, NOW)
    start_recordings(replay, 0, NOW + 20, late=1.0)
    assert release(replay, failing=0.0)[-1] == 1.0
