"""`make token` prints the token of a user who was named, never of the shell's own user."""

import os
import subprocess
import sys

from localstack.home import ROOT


def command(*arguments: str) -> str:
    """Return the last command that make would run in a shell of the user root."""
    completed = subprocess.run(
        ["make", "-n", "token", *arguments],
        cwd=ROOT,
        env=os.environ | {"USER": "root"},
        capture_output=True,
        text=True,
        check=True,
    )
    return completed.stdout.strip().splitlines()[-1]


def test_only_a_user_on_the_command_line_is_passed_on() -> None:
    assert command("USER=alice").endswith('-m localstack.token "alice"')
    assert command().endswith("-m localstack.token")


def test_without_a_user_the_command_says_how_to_name_one() -> None:
    for arguments in ([], [""]):
        completed = subprocess.run(
            [sys.executable, "-m", "localstack.token", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert completed.returncode == 1
        assert "make -s token USER=alice" in completed.stderr
        assert completed.stdout == ""
