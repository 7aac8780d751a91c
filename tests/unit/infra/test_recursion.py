"""Lambda's recursion guard: who is exempt, and how chains of messages are counted."""

from typing import Any
from urllib.parse import quote

import pytest

from localstack import recursion
from tests.unit.infra.templates import lambdas, resolve_conditions
from tests.unit.infra.test_functions_template import complete


def test_only_a_consumer_that_sends_messages_may_recurse() -> None:
    resources = complete(
        RecordSegment={"SPEECH_BULK_QUEUE_URL": ""}, Ingest={}, APIHandler={"ACCOUNT_QUEUE_URL": ""}, Migrate={}
    )
    recursive = [n for n, r in resources.items() if r.get("Properties", {}).get("RecursiveLoop") == "Allow"]
    assert recursive == ["RecordSegment"]


def test_exactly_the_functions_in_a_cycle_of_messages_may_recurse(functions: dict[str, Any]) -> None:
    """Lambda would stop the others rightly: without a cycle they run once per chain."""
    consumers: dict[str, set[str]] = {}
    for name, function in lambdas(functions).items():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                consumers.setdefault(event["Properties"]["Queue"]["Ref"], set()).add(name)
    next_functions = {
        name: {consumer for queue in sent_queues(functions, function) for consumer in consumers[queue]}
        | invoked_functions(functions, function)
        for name, function in lambdas(functions).items()
    }

    def is_in_cycle(name: str) -> bool:
        reached: set[str] = set()
        waiting = list(next_functions[name])
        while waiting:
            function = waiting.pop()
            if function not in reached:
                reached.add(function)
                waiting += next_functions[function]
        return name in reached

    in_cycle = {name for name in next_functions if is_in_cycle(name)}
    assert {"Synthesize", "RecordSegment", "RunAccountJob", "Sweep"} <= in_cycle
    assert in_cycle == {n for n, function in lambdas(functions).items() if function.get("RecursiveLoop") == "Allow"}


def sent_queues(template: dict[str, Any], function: dict[str, Any]) -> set[str]:
    """Return the queues to which the function's role may send."""
    return {queue["Ref"] for s in statements(template, function, "sqs:SendMessage") for queue in s["Resource"]}


def invoked_functions(template: dict[str, Any], function: dict[str, Any]) -> set[str]:
    """Return the functions that the function's role may invoke."""
    arns = [s["Resource"]["Fn::Sub"] for s in statements(template, function, "lambda:InvokeFunction")]
    names = {properties["FunctionName"]["Fn::Sub"]: name for name, properties in lambdas(template).items()}
    return {names[arn.rpartition(":function:")[2]] for arn in arns}


def statements(template: dict[str, Any], function: dict[str, Any], action: str) -> list[dict[str, Any]]:
    role = template["Resources"][function["Role"]["Fn::GetAtt"][0]]["Properties"]
    granted = [s for p in resolve_conditions(template, role)["Policies"] for s in p["PolicyDocument"]["Statement"]]
    return [statement for statement in granted if statement["Action"] == action]


def test_a_lineage_survives_the_trace_header_as_botocore_quotes_it() -> None:
    invocations = {"synthesize": 16, "record-segment": 2}
    header = recursion.trace_header(invocations)
    assert recursion.lineage(header) == invocations
    assert recursion.lineage(quote(header, safe="-=;:+&[]{}\"',")) == invocations


@pytest.mark.parametrize("trace", ["", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"])
def test_a_message_from_outside_starts_a_chain(trace: str) -> None:
    assert recursion.extend("ingest", [trace]) == {"ingest": 1}


def test_in_a_batch_of_several_chains_the_longest_counts() -> None:
    traces = [recursion.trace_header({"synthesize": 3, "record": 1}), recursion.trace_header({"record": 5}), ""]
    assert recursion.extend("record", traces) == {"synthesize": 3, "record": 6}
