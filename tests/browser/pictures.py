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


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/pictures").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PICTURES"] = str(folder)
    stack = DeployedStack(Home.chosen())
    stack.up()  # with the current page, and erasures that are verified within seconds
    with tempfile.TemporaryDirectory() as files:
        for width, theme in itertools.product((1280, 390), ("light", "dark")):
            run_journey(stack, "chromium", "whole", width, theme, document=str(TARGET))
            run_journey(stack, "chromium", "uploads", width, theme, **test_page_uploads.write_files(Path(files)))
            for journey in account_fixtures.JOURNEYS:
                account_fixtures.run(stack, journey, Path(tempfile.mkdtemp(dir=files)), width, theme)
    print(f"{len(list(folder.iterdir()))} pictures in {folder}")  # noqa: T201 - the output of a command


if __name__ == "__main__":
    main()
