"""German telephone numbers: figure by figure, with a pause between their groups."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import numerals
from chalicelib.speech.normalization.rules import groups, rule

_GROUPS = re.compile(r"\d+")
_CALL = (
    r"(?:[Rr]uf(?:e|en|t)?|[Ww]ähl(?:e|en)?|[Nn]otruf|[Tt]el(?:efon)?|[Ff]ax|[Hh]andy|[Mm]obil|[Dd]urchwahl|unter)(?:\.:|[.:]|\b)"
    r"(?: (?:Sie|die))?"
)


def _number(match: re.Match[str]) -> str:
    written = match["number"]
    spoken = ", ".join(numerals.digits(part, "de") for part in _GROUPS.findall(written))
    return f"plus {spoken}" if written.startswith("+") else spoken


def _is_long_enough(match: re.Match[str]) -> str | None:
    return _number(match) if sum(map(str.isdecimal, match["number"])) >= 6 else None


RULES = [
    rule(r"(?<![\w.,])(?P<number>\+\d{1,3}(?:[ ./-]?\(?\d{1,6}\)?){1,7})(?![\w])", _is_long_enough),
    rule(r"(?<![\w.,])(?P<number>\(0\d{2,5}\) ?\d{2,9}(?:[ -]\d{1,6}){0,3})(?!\w)", _number),
    rule(r"(?<![\w.,])(?P<number>0\d{2,4}(?:[ /-]\d{1,9}){1,4})(?!\w)", _is_long_enough),
    rule(rf"\b{_CALL} (?P<it>(?P<number>\d{{2,5}}(?:[ /-]\d{{2,5}}){{1,4}}))(?![\w-])", _is_long_enough),
    rule(rf"\b{_CALL} (?P<it>-?(?P<number>\d{{2,3}}))(?![\w.,]\d|\w)", _number),
    groups(
        r"\b(?P<word>Tel(?:\.:|\.|:)|App\.|Hdy\.)(?= ?[+(\d]| und\b)",
        word=lambda match: (
            {"T": "Telefon", "A": "Apparat", "H": "Handy"}[match["word"][0]]
            + (":" if match["word"].endswith(":") else "")
        ),
    ),
]
