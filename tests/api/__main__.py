"""Run the live suite against a deployment, once or several times at once.

    make test-api                                              the local stack, with its own test users
    make test-api BASE_URL=… TOKEN=… OTHER_TOKEN=…             any deployment, as two of its users
                  LEAVING_TOKEN=…                              and as a third one, whose account is exported and erased
    make test-api RUNS=10                                      ten runs at once; on the local stack each as users of its own

Every run writes a report as JSON and as Markdown. ORIGIN is an origin that the deployment allows, for the checks of CORS.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

USERS = {"TOKEN": "api-suite", "OTHER_TOKEN": "api-suite-other", "LEAVING_TOKEN": "api-suite-leaving"}
LOCAL_ORIGIN = "http://localhost:3000"
REPORTS = Path("build/test-api")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.api", description="Run the live suite.")
    parser.add_argument("--runs", type=int, default=1, help="number of runs at once")
    parser.add_argument("--reports", type=Path, default=REPORTS, help="folder of the reports")
    options, pytest_arguments = parser.parse_known_args()
    started = time.strftime("%Y%m%d-%H%M%S")
    files = [options.reports / f"{started}-{os.getpid()}-{number}.json" for number in range(options.runs)]
    with ExitStack() as users:
        targets = [users.enter_context(deployment(os.environ, file.stem)) | {"REPORT": str(file)} for file in files]
        suites = [start(target, pytest_arguments, quiet=options.runs > 1) for target in targets]
        codes = [wait(suite) for suite in suites]
    reports = [json.loads(file.read_text()) if file.exists() else {} for file in files]
    sys.stdout.write("".join(line(report, file) for report, file in zip(reports, files, strict=True)))
    raise SystemExit(any(codes) or any(report.get("left_behind", True) for report in reports))


@contextmanager
def deployment(environment: Mapping[str, str], run: str) -> Iterator[dict[str, str]]:
    """Yield address and tokens, of the environment or the local stack.

    On the local stack, each run has users of its own: runs that shared them would wait for each other's limits.
    """
    if environment.get("BASE_URL"):
        yield {}
        return
    from localstack.home import Home, NotRunningError
    from localstack.token import delete_user, token

    users = {variable: f"{user}-{run}" for variable, user in USERS.items()}
    try:
        home = Home.chosen()
        tokens = {variable: token(home, user) for variable, user in users.items()}
    except NotRunningError as error:
        raise SystemExit(f"{error}, or name a deployment: make test-api BASE_URL=… TOKEN=… OTHER_TOKEN=…") from None
    try:
        yield {"BASE_URL": home.endpoints()["api"], "ORIGIN": LOCAL_ORIGIN, **tokens}
    finally:
        for user in users.values():
            delete_user(home, user)


def start(settings: Mapping[str, str], arguments: list[str], *, quiet: bool) -> subprocess.Popen[bytes]:
    """Start a run in a process of its own."""
    command = [sys.executable, "-m", "pytest", str(Path(__file__).parent), "-n0", "-p", "no:cacheprovider", *arguments]
    return subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL if quiet else None)


def wait(suite: subprocess.Popen[bytes]) -> int:
    """Wait for a run. Ctrl-C reaches the run as well, which then cleans up."""
    try:
        return suite.wait()
    except KeyboardInterrupt:
        return suite.wait()


def line(report: Mapping[str, Any], file: Path) -> str:
    """Return the result of a run as one line."""
    if not report:
        return f"no report: the run ended before its first check ({file})\n"
    counts = f"{report['passed']} passed, {report['failed']} failed, {report['skipped']} skipped"
    waited_s = sum(wait["wait_s"] for wait in report["waits"])
    waited = f", waited {waited_s:.0f} s for limits" if waited_s else ""
    left_behind = f", left behind: {', '.join(report['left_behind'])}" if report["left_behind"] else ""
    return f"{report['run']}  {counts}, {report['duration_s']:.0f} s{waited}{left_behind}  {file.with_suffix('.md')}\n"


if __name__ == "__main__":
    main()
