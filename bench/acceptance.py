"""Share of valid files that inspection takes, by format, of those that the generators of the tests make.

python -m bench.acceptance [--files 200] [--seed 7] [--only PDF]

`opens` are the files that a program of the field opens (pdfium, Pillow, readers of ZIP and XML); `taken` those of them
that are accepted, with a copy where one is shown; `withheld` those whose original is kept back; `unclean` copies in which
an independent parser finds something dangerous. The reasons of refusals follow. The exit code is 1 below 99 %.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from chalicelib.platform import sandbox
from tests.support.corpus import acceptance, specimens

MIN_TAKEN_SHARE = 0.99


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, default=200, help="of each format")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--only", choices=sorted(specimens.GENERATORS), help="one format")
    options = arguments.parse_args()
    names = [options.only] if options.only else list(specimens.GENERATORS)
    reasons: list[str] = []
    worst = 1.0
    print(
        f"{'format':12} {'files':>6} {'opens':>6} {'taken':>6} {'share':>8} {'copies':>7} {'withheld':>9} {'unclean':>8}"
    )
    with tempfile.TemporaryDirectory(prefix="bench-acceptance-") as folder:
        for name in names:
            outcome = acceptance.measure(name, options.files, Path(folder), options.seed)
            worst = min(worst, outcome.share)
            unclean = sum(outcome.dangers.values())
            print(
                f"{name:12} {outcome.files:6} {outcome.opened:6} {outcome.taken:6} {outcome.share:8.2%} {outcome.copies:7} "
                f"{outcome.withheld:9} {unclean:8}",
                flush=True,
            )
            reasons += [f"{name}: {reason}" for reason in (*outcome.refusals, *outcome.dangers)]
    sandbox.stop()
    print("\n".join(["", *reasons]))
    sys.exit(worst < MIN_TAKEN_SHARE)


if __name__ == "__main__":
    main()
