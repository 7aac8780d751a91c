"""The monthly costs of an idle stage and of its use: without any allowance, and with those that are always free.

python -m infra.deploy.costs --stage prod    prints them
python -m infra.deploy.costs --page          writes the tables of docs/cost.md
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.deploy import parameters, prices, usage
from infra.deploy.usage import Use

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/cost.md"
NUMBERS = (1_000, 100_000)
KINDS: Mapping[str, Callable[[int, Mapping[str, str]], list[Use]]] = {
    "uploads": usage.uploads,
    "pages": usage.pages,
    "recordings": usage.recordings,
    "users": usage.users,
}


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of the bill: `usd` without any allowance, `billed_usd` with those that are always free."""

    name: str
    usd: float
    billed_usd: float
    calculation: str


def idle(settings: Mapping[str, str]) -> list[CostLine]:
    """Return the monthly costs of an idle stage.

    `settings` are parameters of its templates; missing ones have the templates' defaults.
    """
    return _bill(usage.idle(settings))


def of(kind: str, number: int, settings: Mapping[str, str]) -> list[CostLine]:
    """Return what so many uploads, pages, recordings or users add to an idle month. It has used its part of the allowances."""
    return _bill(KINDS[kind](number, settings), after=usage.idle(settings))


def _bill(uses: Iterable[Use], *, after: Iterable[Use] = ()) -> list[CostLine]:
    """Sum uses by their names. Allowances are for the whole account: earlier uses consume them first."""
    free: dict[prices.Price, float] = {}

    def billed(use: Use) -> float:
        left = free.get(use.price, use.price.always_free)
        free[use.price] = max(0.0, left - use.quantity)
        return max(0.0, use.quantity - left)

    for use in after:
        billed(use)
    lines: dict[str, CostLine] = {}
    for use in uses:
        line = lines.get(use.name, CostLine(use.name, 0.0, 0.0, use.calculation))
        usd, billed_usd = use.quantity * use.price.usd, billed(use) * use.price.usd
        lines[use.name] = CostLine(use.name, line.usd + usd, line.billed_usd + billed_usd, line.calculation)
    return list(lines.values())


def total(lines: Sequence[CostLine]) -> CostLine:
    return CostLine("together", sum(line.usd for line in lines), sum(line.billed_usd for line in lines), "")


# ---- on the terminal -----------------------------------------------------------------------------------------------------


def report_idle(settings: Mapping[str, str]) -> list[str]:
    """Return the costs of an idle stage as text."""
    lines = idle(settings)
    heading = f"{'USD a month when idle':24} {'no allowance':>13} {'always free':>13}"
    return [heading, *(_text(line) for line in [*lines, total(lines)])]


def report(settings: Mapping[str, str]) -> list[str]:
    """Return all costs as text."""
    text = report_idle(settings)
    for kind in KINDS:
        for number in NUMBERS:
            lines = of(kind, number, settings)
            text += ["", f"{number:,} {kind} in their month", *(_text(line) for line in [*lines, total(lines)])]
    return text


def _text(line: CostLine) -> str:
    return f"{line.name:24} {line.usd:13,.2f} {line.billed_usd:13,.2f}   {line.calculation}".rstrip()


# ---- on the page ---------------------------------------------------------------------------------------------------------


def with_tables(page: str, settings: Mapping[str, str]) -> str:
    """Return docs/cost.md with its tables, which lie between comments, written anew."""
    for name, rows in {"idle": _idle_rows(settings), **{kind: _use_rows(kind, settings) for kind in KINDS}}.items():
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        page = re.sub(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end -->)", f"{table}\n", page, count=1, flags=re.DOTALL)
    return page


def _idle_rows(settings: Mapping[str, str]) -> list[list[str]]:
    lines = idle(settings)
    rows = [["", "no allowance", "always free", ""], ["---", "---:", "---:", "---"]]
    rows += [[line.name, f"{line.usd:.2f}", f"{line.billed_usd:.2f}", line.calculation] for line in lines]
    return [*rows, _bold("together", f"{total(lines).usd:.2f}", f"{total(lines).billed_usd:.2f}", "")]


def _use_rows(kind: str, settings: Mapping[str, str]) -> list[list[str]]:
    bills = [of(kind, number, settings) for number in NUMBERS]
    rows = [["USD", *(f"{number:,}{note}" for number in NUMBERS for note in ("", ", always free")), ""]]
    rows.append(["---", *["---:"] * 2 * len(NUMBERS), "---"])
    for lines in zip(*bills, strict=True):
        sums = (f"{usd:,.2f}" for line in lines for usd in (line.usd, line.billed_usd))
        rows.append([lines[0].name, *sums, lines[0].calculation])
    totals = [total(lines) for lines in bills]
    return [*rows, _bold("together", *(f"{usd:,.2f}" for t in totals for usd in (t.usd, t.billed_usd)), "")]


def _bold(*cells: str) -> list[str]:
    return [f"**{cell}**" if cell else "" for cell in cells]


def stage_settings(stage: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that change the costs, as stages.json and the environment set them."""
    settings: dict[str, str] = json.loads((ROOT / "infra/stages.json").read_text())[stage]
    return settings | parameters.from_environment(environment, usage.DEPENDS_ON)


def main() -> None:
    parser = argparse.ArgumentParser(description="Print the monthly costs of a stage.")
    parser.add_argument("--stage", choices=["dev", "prod"], default="prod")
    parser.add_argument("--page", action="store_true", help="write the tables of docs/cost.md instead")
    options = parser.parse_args()
    if options.page:
        PAGE.write_text(with_tables(PAGE.read_text(), stage_settings("prod", {})))
    else:
        print("\n".join(report(stage_settings(options.stage, os.environ))))


if __name__ == "__main__":
    main()
