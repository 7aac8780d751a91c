"""CloudWatch's evaluation of alarms, replayed on recorded metrics: statistics, metric math, M of N, missing data.

It follows the documentation of CloudWatch for what infra/monitoring.yaml uses. An alarm's windows slide: a period of an hour
covers the 60 minutes before the evaluation. Not modelled: with missing data, CloudWatch looks further back than N periods.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

DataPoints = list[float | None]  # one per period, the oldest first; None is missing
Dimensions = Mapping[str, str]
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
}
STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Average": statistics.fmean,
    "Maximum": max,
    "Minimum": min,
    "Sum": math.fsum,
}
OPERATORS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
}


class Replay:
    """The alarms of a template, and the values that metrics had in each minute."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        defaults = {name: str(p["Default"]) for name, p in template["Parameters"].items() if "Default" in p}
        self._template = template
        self._parameters = {"AWS::NoValue": None, **defaults, **parameters}
        self.alarms: dict[str, Any] = {
            name: self._resolve(resource["Properties"])
            for name, resource in template["Resources"].items()
            if resource["Type"] in {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}
        }
        self._values: dict[tuple[str, str, frozenset[tuple[str, str]]], dict[int, list[float]]] = defaultdict(dict)

    def record(self, namespace: str, metric: str, dimensions: Dimensions, minute: int, *values: float) -> None:
        """Record what a metric published in one minute."""
        series = self._values[namespace, metric, frozenset(dimensions.items())]
        series.setdefault(minute, []).extend(values)

    def is_raised(self, alarm: str, minute: int) -> bool:
        """Return whether an alarm is in the state ALARM at the end of a minute."""
        properties = self.alarms[alarm]
        if "AlarmRule" in properties:
            return self._is_rule_met(properties["AlarmRule"], minute)
        points = self.data_points(alarm, minute)
        exceeds, threshold = COMPARISONS[properties["ComparisonOperator"]], float(properties["Threshold"])
        is_missing_bad = properties["TreatMissingData"] == "breaching"
        breaching: int = sum(is_missing_bad if point is None else exceeds(point, threshold) for point in points)
        required: int = properties.get("DatapointsToAlarm", properties["EvaluationPeriods"])
        return breaching >= required

    def data_points(self, alarm: str, minute: int) -> DataPoints:
        """Return the data points that an alarm evaluates at the end of a minute."""
        properties = self.alarms[alarm]
        count = int(properties["EvaluationPeriods"])
        if "Metrics" not in properties:
            statistic = properties.get("Statistic") or properties["ExtendedStatistic"]
            return self._statistics(properties, statistic, int(properties["Period"]), count, minute)
        queries = {query["Id"]: query for query in properties["Metrics"]}
        (returned,) = [query["Id"] for query in properties["Metrics"] if query.get("ReturnData", True)]
        return self._query(queries, returned, count, minute)

    def _is_rule_met(self, rule: str, minute: int) -> bool:
        names = {properties["AlarmName"]: alarm for alarm, properties in self.alarms.items()}

        def is_met(node: ast.expr) -> bool:
            match node:
                case ast.BoolOp(op=ast.And(), values=parts):
                    return all(map(is_met, parts))
                case ast.BoolOp(op=ast.Or(), values=parts):
                    return any(map(is_met, parts))
                case ast.Call(func=ast.Name(id="ALARM"), args=[ast.Constant(value=str() as name)]):
                    return self.is_raised(names[name], minute)
            raise NotImplementedError(ast.unparse(node))

        return is_met(ast.parse(rule.replace("AND", "and").replace("OR", "or").strip(), mode="eval").body)

    def _query(self, queries: Mapping[str, Any], name: str, count: int, minute: int) -> DataPoints:
        query = queries[name]
        if "MetricStat" in query:
            stat = query["MetricStat"]
            return self._statistics(stat["Metric"], stat["Stat"], int(stat["Period"]), count, minute)
        parsed = ast.parse(query["Expression"].strip(), mode="eval").body
        evaluate = _Expression(count, lambda reference: self._query(queries, reference, count, minute))
        return evaluate(parsed)

    def _statistics(
        self, metric: Mapping[str, Any], statistic: str, period_s: int, count: int, minute: int
    ) -> DataPoints:
        labels = frozenset((str(d["Name"]), str(d["Value"])) for d in metric.get("Dimensions", []))
        series = self._values.get((metric["Namespace"], metric["MetricName"], labels), {})
        length = period_s // 60
        windows = [range(minute - (k + 1) * length + 1, minute - k * length + 1) for k in reversed(range(count))]
        return [_statistic(statistic, [v for m in window for v in series.get(m, [])]) for window in windows]

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [resolved for item in value if (resolved := self._resolve(item)) is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return self._reference(argument)
            if name == "Fn::If":
                condition, yes, no = argument
                return self._resolve(yes if self._is_true(condition) else no)
            if name == "Fn::Sub":
                text, variables = (argument, {}) if isinstance(argument, str) else argument
                resolved = {key: self._resolve(variable) for key, variable in variables.items()}
                return re.sub(r"\$\{([\w:]+)\}", lambda m: str(resolved.get(m[1]) or self._reference(m[1])), text)
        return {key: self._resolve(item) for key, item in value.items()}

    def _reference(self, name: str) -> Any:
        if name in self._parameters:
            return self._parameters[name]
        resource = self._template["Resources"][name]["Properties"]
        return self._resolve(resource["AlarmName"]) if "AlarmName" in resource else name

    def _is_true(self, condition: Any) -> bool:
        if isinstance(condition, str):
            return self._is_true(self._template["Conditions"][condition])
        ((name, argument),) = condition.items()
        if name == "Condition":
            return self._is_true(argument)
        if name == "Fn::Not":
            return not self._is_true(argument[0])
        if name == "Fn::And":
            return all(map(self._is_true, argument))
        left, right = map(self._resolve, argument)
        return bool(left == right)


class _Expression:
    """Metric math: FILL, IF, SUM of an array, subtraction, comparisons, numbers, and ids of other queries."""

    def __init__(self, count: int, query: Callable[[str], DataPoints]) -> None:
        self._count = count
        self._query = query

    def __call__(self, node: ast.expr) -> DataPoints:
        match node:
            case ast.Constant(value=int() | float() as number):
                return [float(number)] * self._count
            case ast.Name(id=reference):
                return self._query(reference)
            case ast.Compare(left=left, ops=[comparison], comparators=[right]):
                compare = OPERATORS[type(comparison)]
                pairs = zip(self(left), self(right), strict=True)
                return [None if a is None or b is None else float(compare(a, b)) for a, b in pairs]
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                pairs = zip(self(left), self(right), strict=True)
                return [None if a is None or b is None else a - b for a, b in pairs]
            case ast.Call(func=ast.Name(id="FILL"), args=[series, replacement]):
                pairs = zip(self(series), self(replacement), strict=True)
                return [fill if point is None else point for point, fill in pairs]
            case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
                choices = zip(self(condition), self(yes), self(no), strict=True)
                return [None if chosen is None else (a if chosen else b) for chosen, a, b in choices]
            case ast.Call(func=ast.Name(id="SUM"), args=[ast.List(elts=array)]):
                columns = zip(*map(self, array), strict=True)
                present = [[point for point in column if point is not None] for column in columns]
                return [math.fsum(column) if column else None for column in present]
        raise NotImplementedError(ast.unparse(node))


def _statistic(name: str, values: Sequence[float]) -> float | None:
    if not values:
        return None
    if name in STATISTICS:
        return STATISTICS[name](values)
    if percentile := re.fullmatch(r"p(\d+)", name):
        return sorted(values)[math.ceil(len(values) * int(percentile[1]) / 100) - 1]
    if rank := re.fullmatch(r"PR\((\d+):(\d+)\)", name):
        return 100 * sum(float(rank[1]) < value <= float(rank[2]) for value in values) / len(values)
    raise NotImplementedError(name)
