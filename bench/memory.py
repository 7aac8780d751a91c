"""Memory of the page while it plays, on a running local stack (`make up`): an hour of playing takes 20 minutes at triple speed.

python -m bench.memory [--minutes 20] [--rate 3]

Needs Chromium (or CHROMIUM) and Node with npm. The sample document is played from its start again and again.
"""

from __future__ import annotations

import argparse
from typing import Any

from bench import chromium
from bench.running_stack import running_stack
from tests.support import account_fixtures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--minutes", type=int, default=20)
    parser.add_argument("--rate", type=int, default=3)
    options = parser.parse_args()
    if not chromium.is_installed():
        return
    stack = running_stack()
    reader = account_fixtures.UserWithMedia(stack, "sample.pdf")
    reader.record("sample.pdf", seconds=600)
    samples: list[dict[str, Any]] = chromium.measure(
        "memory.mjs",
        stack,
        reader.user,
        timeout_s=options.minutes * 60 + 300,
        mediaId=reader.media[0]["id"],
        minutes=options.minutes,
        rate=options.rate,
    )
    print("minute  heap MB  nodes  listeners  position")
    for sample in samples:
        heap_mb = sample["heapBytes"] / 1e6
        print(f"{sample['minute']:6} {heap_mb:8.1f} {sample['nodes']:6} {sample['listeners']:10}  {sample['position']}")


if __name__ == "__main__":
    main()
