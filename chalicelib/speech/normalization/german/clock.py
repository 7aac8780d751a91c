"""German times of day, and durations of hours, minutes and seconds."""

from __future__ import annotations

import re

from chalicelib.speech.normalization.german.figures import DASH, cardinal
from chalicelib.speech.normalization.rules import groups, rule

_HOURS = r"(?:[01]?\d|2[0-4])"
_ZONES = r"(?:MEZ|MESZ|UTC|GMT)"


def _hours(written: str) -> str:
    return "ein" if int(written) == 1 else cardinal(written)


def _time(hours: str, minutes: str | None) -> str:
    words = f"{_hours(hours)} Uhr"
    return words if minutes in (None, "00") else f"{words} {cardinal(str(minutes))}"


def _duration(match: re.Match[str]) -> str:
    parts = [(match["hours"], "Stunde"), (match["minutes"], "Minute"), (match["seconds"], "Sekunde")]
    said = [f"eine {unit}" if int(value) == 1 else f"{cardinal(value)} {unit}n" for value, unit in parts]
    return f"{said[0]}, {said[1]} und {said[2]}"


def _zone(match: re.Match[str]) -> str:
    return " ".join(match["zone"])


RULES = [
    rule(r"(?<![\d:.])(?P<hours>\d{1,2}):(?P<minutes>[0-5]\d):(?P<seconds>[0-5]\d)(?![\d:])", _duration),
    groups(
        rf"(?<![\d:.,])(?P<first>(?P<hours>{_HOURS})[:.](?P<minutes>[0-5]\d))(?P<dash>{DASH})"
        rf"(?P<second>(?P<hours2>{_HOURS})[:.](?P<minutes2>[0-5]\d)) ?(?P<hour>Uhr|h)\b",
        first=lambda match: _time(match["hours"], match["minutes"]),
        dash=" bis ",
        second=lambda match: _time(match["hours2"], match["minutes2"]),
        hour="",
    ),
    groups(
        rf"(?<![\d:.,])(?P<first>{_HOURS})(?P<dash>{DASH}| bis )(?P<second>{_HOURS})(?= Uhr\b)",
        first=lambda match: _hours(match["first"]),
        dash=" bis ",
        second=lambda match: _hours(match["second"]),
    ),
    rule(
        rf"(?<![\d:.,])(?P<hours>{_HOURS})[:.](?P<minutes>[0-5]\d) ?(?:Uhr|h)\b",
        lambda match: _time(match["hours"], match["minutes"]),
    ),
    groups(
        rf"(?<![\d:.,])(?P<time>(?P<hours>{_HOURS}):(?P<minutes>[0-5]\d))(?![\d:])(?: (?P<zone>{_ZONES})\b)?",
        time=lambda match: _time(match["hours"], match["minutes"]),
        zone=_zone,
    ),
    rule(rf"(?<![\d:.,])(?P<it>(?P<hours>{_HOURS}))(?= Uhr\b)", lambda match: _hours(match["hours"])),
    rule(rf"(?<=\bum )(?P<hours>{_HOURS}) ?h\b", lambda match: f"{_hours(match['hours'])} Uhr"),
]
