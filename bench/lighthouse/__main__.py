"""Lighthouse scores of every screen, as on a phone, on a running local stack (`make up`).

    python -m bench.lighthouse [--reports FOLDER] [--slowdown 2]

Needs Chromium (or CHROMIUM) and Node with npm. A busy machine lowers the performance: the load is printed with it. A stack that
was started by `nice -n 19 make up` leaves the processor to the page. A phone of the middle tier is a machine of power 1,500 to
2,000 slowed down by 4, or one of 1,000 to 1,500 slowed down by 2 (Lighthouse, docs/throttling.md); the power is printed, too.
"""

from __future__ import annotations

import argparse
import os
import uuid
from pathlib import Path
from typing import Any

from bench.illustrated_book import make_illustrated_book
from bench.page import upload
from bench.running_stack import running_stack
from localstack.sample import TARGET
from tests.browser import engines
from tests.fakes.speechify import mp3_of
from tests.support import account_fixtures, media_files, node_packages
from tests.support.api_uploader import Uploader


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.lighthouse", description=__doc__)
    parser.add_argument("--reports", type=Path, help="a folder for the reports as pages")
    parser.add_argument("--runs", type=int, default=3, help="for each screen, of which the median is shown")
    parser.add_argument("--slowdown", type=float, default=4, help="of the processor, for a phone of the middle tier")
    options = parser.parse_args()
    try:
        programs = engines.ENGINES["chromium"].programs()
        node_packages.install(Path(__file__).parent)
    except node_packages.MissingError as error:
        print(f"skipped: {error}")
        return
    stack = running_stack()
    user = f"bench-{uuid.uuid4().hex[:8]}"
    reader = Uploader(stack, user)
    files = {
        "pdf": (TARGET.read_bytes(), "lighthouse.pdf", "application/pdf"),
        "book": (make_illustrated_book(200_000, 100), "illustrated.epub", "application/epub+zip"),
        "text": (account_fixtures.LETTERS.encode(), "letters.txt", "text/plain"),
        "audio": (mp3_of(4_000), "sound.mp3", "audio/mpeg"),
        "image": (media_files.saved(media_files.drawn(size=(1200, 800)), "PNG"), "picture.png", "image/png"),
    }
    job = {
        "programs": programs,
        "web": stack.home.endpoints()["web"],
        "user": user,
        "password": stack.home.password(user),
        "media": {name: upload(reader, *file) for name, file in files.items()},
        "runs": options.runs,
        "slowdown": options.slowdown,
        "reports": str(options.reports.resolve()) if options.reports else None,
    }
    print_report(engines.run_script("../../bench/lighthouse/score.mjs", job, timeout_s=1800), options.slowdown)


def print_report(scores: dict[str, dict[str, Any]], slowdown: float) -> None:
    busy = f"{os.getloadavg()[0]:.1f} processes shared {os.cpu_count()} cores"
    powers = sorted(round(score["power"]) for score in scores.values())
    power = f"power {powers[0]:,} to {powers[-1]:,} slowed down by {slowdown:g}"
    print(f"Chromium as a phone with a slow network, the local stack; {busy}; {power}\n")
    print("screen       performance  accessibility  practices  SEO  layout shift  largest paint  blocked")
    for name, score in scores.items():
        print(
            f"{name:12} {score['performance']:11} {score['accessibility']:14} {score['bestPractices']:10} {score['seo']:4}"
            f" {score['layoutShift']:13.3f} {score['largestPaint']:11,.0f} ms {score['blocked']:5,.0f} ms"
            f" {', '.join(score['faults'])}"
        )


if __name__ == "__main__":
    main()
