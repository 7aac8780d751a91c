"""A local stack keeps users, objects and rows when it is stopped, started twice, or killed."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from localstack.home import Home
from tests.support.api_uploader import Uploader
from tests.support.local_stack import LIBRARY, DeployedStack, wait_until

AUTOSAVED_S = 3.0  # the emulator saves two seconds after a change
TEXT = b"The rock has not moved.\n"


@dataclass(frozen=True)
class UserData:
    """The data of a user in a stack."""

    subject: str
    media_id: str
    version_id: str


def create_data(stack: DeployedStack, user: str) -> UserData:
    """Create an account, a row in Postgres, and an object with two versions."""
    response = stack.call(
        "POST",
        "/v1/uploads",
        user=user,
        json={"filename": "a.txt", "media_type": "text/plain", "size_bytes": 5},
    )
    assert response.status_code == 201, response.text
    s3 = stack.aws("s3")
    s3.put_object(Bucket=LIBRARY, Key=f"media/{user}", Body=b"first")
    version = s3.put_object(Bucket=LIBRARY, Key=f"media/{user}", Body=b"second", ContentType="text/plain")["VersionId"]
    return UserData(stack.subject(user), response.json()["media"]["id"], version)


def assert_data_is_kept(stack: DeployedStack, user: str, before: UserData) -> None:
    assert stack.subject(user) == before.subject
    response = stack.call("GET", f"/v1/media/{before.media_id}", user=user)
    assert response.status_code == 200, response.text
    assert response.json()["status"] == "pending"
    s3 = stack.aws("s3")
    stored = s3.get_object(Bucket=LIBRARY, Key=f"media/{user}")
    assert (stored["Body"].read(), stored["VersionId"], stored["ContentType"]) == (
        b"second",
        before.version_id,
        "text/plain",
    )
    versions = s3.list_object_versions(Bucket=LIBRARY, Prefix=f"media/{user}")["Versions"]
    assert len(versions) == 2


def supervisor(stack: DeployedStack) -> psutil.Process:
    pid = stack.home.holder()
    assert pid is not None
    return psutil.Process(pid)


def emulator(stack: DeployedStack) -> psutil.Process:
    (process,) = [p for p in supervisor(stack).children() if "localstack.emulator" in p.cmdline()]
    return process


def postmaster(stack: DeployedStack) -> psutil.Process:
    return psutil.Process(int((stack.home.postgres / "postmaster.pid").read_text().split()[0]))


def kill(*processes: psutil.Process) -> None:
    """Kill all processes without a shutdown."""
    for process in processes:
        process.kill()


def is_healthy(stack: DeployedStack) -> bool:
    try:
        return stack.call("GET", "/health").status_code == 200
    except OSError:
        return False


@pytest.mark.long
def test_nothing_is_lost_by_a_stop_and_a_start(disposable_stack: DeployedStack) -> None:
    before = create_data(disposable_stack, "stopped")
    api = disposable_stack.api
    assert disposable_stack.down() == "stopped\n"
    assert not disposable_stack.postgres().is_running()
    disposable_stack.up()
    assert disposable_stack.api == api
    assert_data_is_kept(disposable_stack, "stopped", before)


@pytest.mark.long
def test_a_stack_moves_to_another_port_if_its_own_is_taken(disposable_stack: DeployedStack) -> None:
    port = int(disposable_stack.url.rpartition(":")[2])
    disposable_stack.down()
    with socket.create_server(("127.0.0.1", port)):
        disposable_stack.up()
        assert not disposable_stack.url.endswith(f":{port}")
        user = Uploader(disposable_stack, "moved")
        started = user.start_upload(TEXT)
        target = started["upload"]
        requests.put(target["url"], data=TEXT, headers=target["headers"], timeout=30).raise_for_status()
        assert user.wait_until_inspected(started["media"]["id"])["status"] == "ready"


@pytest.mark.long
def test_a_second_start_uses_the_running_stack_and_a_second_supervisor_is_rejected(
    disposable_stack: DeployedStack,
) -> None:
    first = supervisor(disposable_stack)
    assert "is running" in disposable_stack.up()
    rejected = disposable_stack.command("serve")
    assert rejected.returncode != 0
    assert "make down" in rejected.stderr
    assert supervisor(disposable_stack) == first
    assert is_healthy(disposable_stack)


@pytest.mark.long
@pytest.mark.parametrize("victim", [emulator, postmaster], ids=["emulator", "postgres"])
def test_a_killed_service_is_restarted(
    disposable_stack: DeployedStack, victim: Callable[[DeployedStack], psutil.Process]
) -> None:
    user = f"killed-{victim.__name__}"
    before = create_data(disposable_stack, user)
    time.sleep(AUTOSAVED_S)
    killed = victim(disposable_stack)
    kill(killed)
    wait_until(lambda: is_healthy(disposable_stack), event="a healthy stack")
    assert victim(disposable_stack).pid != killed.pid
    assert_data_is_kept(disposable_stack, user, before)


@pytest.mark.long
def test_a_stack_starts_after_its_supervisor_was_killed(disposable_stack: DeployedStack) -> None:
    before = create_data(disposable_stack, "orphan")
    time.sleep(AUTOSAVED_S)
    kill(supervisor(disposable_stack))
    wait_until(lambda: disposable_stack.home.holder() is None, event="a free stack")
    disposable_stack.up()
    assert_data_is_kept(disposable_stack, "orphan", before)


@pytest.mark.long
def test_a_stack_starts_after_all_its_processes_were_killed(disposable_stack: DeployedStack) -> None:
    before = create_data(disposable_stack, "survivor")
    time.sleep(AUTOSAVED_S)
    kill(supervisor(disposable_stack), emulator(disposable_stack), postmaster(disposable_stack))
    disposable_stack.up()
    assert_data_is_kept(disposable_stack, "survivor", before)


def test_an_account_is_saved_before_its_creation_is_confirmed(disposable_stack: DeployedStack) -> None:
    before = disposable_stack.subject("brand-new")
    kill(emulator(disposable_stack))
    wait_until(lambda: is_healthy(disposable_stack), event="a healthy stack")
    assert disposable_stack.subject("brand-new") == before


@pytest.mark.long
def test_the_emulator_exits_with_its_supervisor_and_down_stops_postgres(disposable_stack: DeployedStack) -> None:
    orphan = emulator(disposable_stack)
    kill(supervisor(disposable_stack))
    wait_until(
        lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE, event="the end of the emulator"
    )
    assert disposable_stack.postgres().is_running()
    assert disposable_stack.down() == "not running\n"
    assert not disposable_stack.postgres().is_running()
    disposable_stack.up()
    assert is_healthy(disposable_stack)


@pytest.mark.long
@pytest.mark.parametrize(
    "reached",
    [
        pytest.param("deploy.lock", marks=pytest.mark.long),
        "emulator/s3/000000000000/visionary-local-artifacts-000000000000-us-east-1/code",
    ],
    ids=["when the deployment starts", "after the upload of the code"],
)
def test_a_first_start_that_is_killed_half_way_can_be_repeated(reached: str) -> None:
    with tempfile.TemporaryDirectory(prefix="visionary-") as folder:
        stack = DeployedStack(Home(Path(folder).resolve()))
        try:
            starting = psutil.Popen(
                [sys.executable, "-m", "localstack.stack", "serve"], env=os.environ | {"LOCAL_STACK": folder}
            )
            wait_until(lambda: (stack.home.folder / reached).exists(), event="the deployment")
            kill(*starting.children(recursive=True), starting)
            starting.wait(10)
            stack.up()
            assert is_healthy(stack)
        finally:
            stack.down()


@pytest.mark.long
def test_an_interrupt_during_a_start_stops_everything(disposable_stack: DeployedStack) -> None:
    disposable_stack.down()
    starting = psutil.Popen(
        [sys.executable, "-m", "localstack.stack", "serve"],
        env=os.environ | {"LOCAL_STACK": str(disposable_stack.home.folder)},
    )
    wait_until(lambda: disposable_stack.postgres().is_running(), event="the start of Postgres")
    starting.send_signal(signal.SIGINT)
    assert starting.wait(30) is not None
    assert not disposable_stack.postgres().is_running()
    disposable_stack.up()
    assert is_healthy(disposable_stack)
