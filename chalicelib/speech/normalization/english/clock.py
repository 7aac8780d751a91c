"""English times of day, and durations of hours, minutes and seconds."""

from __future__ import annotations

import re

from chalicelib.speech.normalization.english.figures import DASH, cardinal
from chalicelib.speech.normalization.rules import groups, rule

_HALF = r"(?:[ap]\.?\s?m\b\.?|[AP]\.?\s?M\b\.?)"


def _time(hours: str, minutes: str | None, *, has_half: bool) -> str:
    if minutes is None or minutes == "00":
        return cardinal(hours) + ("" if has_half or minutes is None else " o'clock")
    tail = f"oh {cardinal(minutes)}" if minutes[0] == "0" else cardinal(minutes)
    return f"{cardinal(hours)} {tail}"


def _half(match: re.Match[str]) -> str:
    """Return the letters of a.m. and p.m.; its full stop stays where a sentence ends."""
    written = match["half"]
    rest = match.string[match.end("half") :]
    ends_sentence = written.endswith(".") and (not rest.strip() or re.match(r"\s+[A-Z“\"]", rest) is not None)
    return f" {written[0].upper()} M" + ("." if ends_sentence else "")


def _duration(match: re.Match[str]) -> str:
    parts = [(match["hours"], "hour"), (match["minutes"], "minute"), (match["seconds"], "second")]
    said = [f"{cardinal(value)} {unit}{'' if int(value) == 1 else 's'}" for value, unit in parts]
    return f"{said[0]}, {said[1]} and {said[2]}"


def _half_of_range(match: re.Match[str]) -> str:
    letters = re.sub(r"[\s.]", "", match["half"]).upper()
    ends_sentence = match["half"].endswith(".") and re.match(r"\s+[A-Z“\"]", match.string[match.end() :]) is not None
    return f" {letters[0]} M" + ("." if ends_sentence else "")


RULES = [
    rule(r"(?<![\d:.])(?P<hours>\d{1,2}):(?P<minutes>[0-5]\d):(?P<seconds>[0-5]\d)(?![\d:])", _duration),
    groups(
        r"(?<![\d:.,])(?P<first>(?P<hours>[01]?\d|2[0-4])(?::(?P<minutes>[0-5]\d))?)"
        rf"(?P<dash>{DASH})(?P<second>(?P<hours2>[01]?\d|2[0-4])(?::(?P<minutes2>[0-5]\d))?)(?P<half>\s?{_HALF})",
        first=lambda match: _time(match["hours"], match["minutes"], has_half=True),
        dash=" to ",
        second=lambda match: _time(match["hours2"], match["minutes2"], has_half=True),
        half=_half_of_range,
    ),
    groups(
        r"(?<![\d:.,])(?P<first>(?P<hours>[01]?\d|2[0-4]):(?P<minutes>[0-5]\d))"
        rf"(?P<dash>{DASH})(?P<second>(?P<hours2>[01]?\d|2[0-4]):(?P<minutes2>[0-5]\d))(?![\d:])",
        first=lambda match: _time(match["hours"], match["minutes"], has_half=False),
        dash=" to ",
        second=lambda match: _time(match["hours2"], match["minutes2"], has_half=False),
    ),
    groups(
        rf"(?<![\d:.,])(?P<time>(?P<hours>[01]?\d|2[0-4]):(?P<minutes>[0-5]\d))(?:(?P<gap>\s?)(?P<half>{_HALF}))?(?![\d:])",
        time=lambda match: _time(match["hours"], match["minutes"], has_half=match["half"] is not None),
        gap="",
        half=_half,
    ),
    groups(
        rf"(?<![\d:.,])\b(?P<hours>1?\d)(?P<gap>\s?)(?P<half>{_HALF})(?!\w)",
        hours=lambda match: cardinal(match["hours"]),
        gap="",
        half=_half,
    ),
]
