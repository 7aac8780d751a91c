"""Screenshots of every screen of the page on a running local stack, light and dark, wide and narrow.

python -m tests.browser.pictures [FOLDER]
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from pathlib import Path

from localstack.home import Home
from localstack.sample import TARGET
from tests.browser import test_page_uploads
from tests.support import account_fixtures
from tests.support.local_stack import DeployedStack
from tests.support.page_driver import run_journey


def main() -> int:
    """Take all pictures; return how many journeys failed. One that fails leaves a picture of its last screen."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/pictures").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PICTURES"] = str(folder)
    stack = DeployedStack(Home.chosen())
    stack.up()  # with the current page, and erasures that are verified within seconds
    failed = []
    for width, theme in itertools.product((1280, 390), ("light", "dark")):
        for journey in ("whole", "uploads", *account_fixtures.JOURNEYS):
            try:
                with tempfile.TemporaryDirectory() as files:
                    take(stack, journey, Path(files), width, theme)
            except AssertionError as error:
                failed.append(f"{journey} {width} {theme}")
                print(f"{failed[-1]}: {error}", file=sys.stderr)  # noqa: T201 - the output of a command
    print(f"{len(list(folder.iterdir()))} pictures in {folder}; failed: {', '.join(failed) or 'none'}")  # noqa: T201
    return len(failed)


def take(stack: DeployedStack, journey: str, files: Path, width: int, theme: str) -> None:
    if journey == "whole":
        run_journey(stack, "chromium", journey, width, theme, document=str(TARGET))
    elif journey == "uploads":
        run_journey(stack, "chromium", journey, width, theme, **test_page_uploads.write_files(files))
    else:
        account_fixtures.run(stack, journey, files, width, theme)


if __name__ == "__main__":
    sys.exit(main())
