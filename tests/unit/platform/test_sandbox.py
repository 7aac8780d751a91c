"""The sandbox: the parent reports and survives whatever happens in the child, and keeps no trace of it."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from chalicelib.extraction.recognition import trained_data
from chalicelib.platform import sandbox
from chalicelib.platform.sandbox import child
from tests.support import late_imports

T = TypeVar("T")
MB = 1024 * 1024
ROOT = Path(__file__).parent.parent.parent.parent


def run(function: Callable[..., T], *args: object, wall_s: float = 10.0) -> T:
    return sandbox.run(function, *args, cpu_s=1, memory_bytes=200 * MB, wall_s=wall_s)


@dataclass(frozen=True, slots=True)
class Report:
    number: int
    words: tuple[str, ...]
    nothing: None = None


def report(number: int) -> Report:
    return Report(number, ("naïve", "日本", "a\nb"))


def crash_by_abort() -> int:
    os.abort()


def crash_by_invalid_memory() -> int:
    return len(ctypes.string_at(0))


def loop_forever() -> int:
    while True:
        pass


def sleep() -> int:
    time.sleep(60)
    return 0


def allocate_2_gb() -> int:
    return len(bytearray(2_000 * MB))


def recurse_forever() -> int:
    return 1 + recurse_forever()


def fail() -> int:
    raise ValueError("the secret plans of page 7")


def raise_system_exit() -> int:
    raise SystemExit(0)


def exit_without_result() -> int:
    os._exit(0)


def return_too_much() -> str:
    return "x" * (sandbox.MAX_RESULT_BYTES + 1)


def write_forged_result() -> int:
    """Write what a compromised child could write."""
    assert child._pipe is not None
    os.write(child._pipe, b'{"result":"not a number"}\n')
    os._exit(0)


def write_too_much(path: Path) -> int:
    with path.open("wb") as file:
        return file.truncate(sandbox.MAX_WRITTEN_BYTES + 1)


def crash_at_a_step() -> int:
    sandbox.step("opening it")
    sandbox.step("counting its pages")
    os.abort()


def import_missing_module() -> int:
    import no_such_module  # type: ignore[import-not-found]

    return int(no_such_module.number)


def fill_the_disk(path: Path) -> int:
    return path.write_bytes(b"x" * 100_000)


def open_missing_file(path: Path) -> int:
    return len(path.read_bytes())


def stop_by_signal() -> int:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    return 0


def open_descriptors() -> list[int]:
    """Return the descriptors that are open, without opening one."""
    return [number for number in range(1_024) if is_open(number)]


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def write_to_standard_output() -> int:
    os.write(1, b"a parser's chatter\n")
    os.write(2, b"a parser's warning\n")
    return 1


def descendants(pid: int | str = "self") -> set[str]:
    """Return this process's children, the server among them, and theirs."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = {child for task in tasks for child in (task / "children").read_text().split()}
    return children.union(*(descendants(child) for child in children))


def test_a_result_comes_back_with_its_type() -> None:
    assert run(report, 7) == Report(7, ("naïve", "日本", "a\nb"))


@pytest.mark.parametrize(
    ("function", "outcome"),
    [
        (crash_by_abort, sandbox.ProcessCrashedError),
        (crash_by_invalid_memory, sandbox.ProcessCrashedError),
        (loop_forever, sandbox.TimeLimitExceededError),
        (allocate_2_gb, sandbox.MemoryLimitExceededError),
        (recurse_forever, sandbox.FunctionFailedError),
        (fail, sandbox.FunctionFailedError),
        (raise_system_exit, sandbox.FunctionFailedError),
        (exit_without_result, sandbox.FunctionFailedError),
        (return_too_much, sandbox.FunctionFailedError),
        (write_forged_result, sandbox.FunctionFailedError),
    ],
)
def test_a_child_that_fails_is_blamed_on_the_file(
    function: Callable[[], int], outcome: type[sandbox.SandboxError]
) -> None:
    with pytest.raises(outcome):
        run(function)


def test_a_child_that_only_waits_is_ended_by_the_wall_clock() -> None:
    started = time.monotonic()
    with pytest.raises(sandbox.TimeLimitExceededError):
        run(sleep, wall_s=0.2)
    assert time.monotonic() - started < 2


def test_a_crash_reports_its_signal_and_the_last_step() -> None:
    with pytest.raises(sandbox.ProcessCrashedError) as caught:
        run(crash_at_a_step)
    assert caught.value.signal == signal.SIGABRT
    assert str(caught.value) == "killed by SIGABRT while counting its pages"


def test_a_failure_reports_its_type_and_never_quotes_the_document() -> None:
    with pytest.raises(sandbox.FunctionFailedError) as caught:
        run(fail)
    assert caught.value.type_name == "ValueError"
    assert "secret" not in str(caught.value)


def test_a_file_larger_than_allowed_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(sandbox.FunctionFailedError):
        run(write_too_much, sandbox.Output(tmp_path / "large"))
    assert not (tmp_path / "large").exists()


@pytest.mark.parametrize(
    ("function", "args", "raised"),
    [
        (import_missing_module, (), ImportError),
        (fill_the_disk, (sandbox.Output(Path("/dev/full")),), OSError),
        (open_missing_file, (Path("/nowhere/at/all"),), FileNotFoundError),
        (stop_by_signal, (), sandbox.ProcessStoppedError),
    ],
)
def test_a_failure_of_the_machine_is_not_a_verdict_on_the_file(
    function: Callable[..., int], args: tuple[object, ...], raised: type[Exception]
) -> None:
    with pytest.raises(raised) as caught:
        run(function, *args)
    assert not isinstance(caught.value, sandbox.SandboxError)


def test_the_child_inherits_no_connection_and_no_file(tmp_path: Path) -> None:
    connection = socket.socketpair()
    with (tmp_path / "open").open("wb"):
        assert run(open_descriptors) == [0, 1, 2, 3], "the standard three, and the pipe"
    for end in connection:
        end.close()


def test_what_a_parser_prints_is_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(write_to_standard_output) == 1
    assert capfd.readouterr() == ("", "")


def test_no_child_is_left_behind() -> None:
    run(report, 1)
    before = descendants()
    for function in (crash_by_abort, exit_without_result, fail):
        with pytest.raises(sandbox.SandboxError):
            run(function)
    with pytest.raises(sandbox.TimeLimitExceededError):
        run(sleep, wall_s=0.1)
    run(report, 1)
    assert descendants() == before, "neither alive nor waiting to be reaped"


def test_no_descriptor_is_left_open() -> None:
    run(report, 1)
    before = open_descriptors()
    for function in (crash_by_abort, fail, allocate_2_gb):
        with pytest.raises(sandbox.SandboxError):
            run(function)
    assert open_descriptors() == before


def test_several_threads_can_use_it_at_once_while_others_are_busy() -> None:
    stop = threading.Event()
    busy = [threading.Thread(target=lambda: sum(iter(stop.is_set, True))) for _ in range(2)]
    for thread in busy:
        thread.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            assert [result.number for result in pool.map(lambda n: run(report, n), range(20))] == list(range(20))
    finally:
        stop.set()
        for thread in busy:
            thread.join()


def test_the_memory_of_the_parent_is_not_the_childs() -> None:
    ballast = bytearray(400 * MB)
    assert run(report, len(ballast)).number == 400 * MB


# ---- files ----


def copy(source: Path, target: Path) -> int:
    with source.open("rb") as first, source.open("rb") as second:
        first.seek(2)
        content = second.read() + first.read() + source.read_bytes()[:1]
    return target.write_bytes(content) + source.stat().st_size


def test_files_are_handed_over_open_and_each_reader_has_a_position_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"abcd")
    (tmp_path / "target").write_bytes(b"something longer that was there before")
    assert run(copy, tmp_path / "source", sandbox.Output(tmp_path / "target")) == 7 + 4
    assert (tmp_path / "target").read_bytes() == b"abcdcda"


def read_text(path: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-16", newline=None) as file:
        return tuple(file)


def test_a_file_can_be_read_as_text(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes("one\r\ntwö\n".encode("utf-16"))
    assert run(read_text, tmp_path / "text") == ("one\n", "twö\n")


# ---- the server ----


def server_pid() -> int:
    return os.getppid()


def prepare_by_importing() -> None:
    import colorsys  # noqa: F401


def fail_to_prepare() -> None:
    raise ValueError("no rules")


def import_what_is_missing() -> None:
    import no_such_module  # noqa: F401


def test_a_server_that_was_killed_is_replaced() -> None:
    first = run(server_pid)
    os.kill(first, signal.SIGKILL)
    assert run(server_pid) != first


def test_a_server_that_dies_during_a_call_is_a_failure_of_the_machine() -> None:
    server = run(server_pid)
    threading.Timer(0.3, os.kill, (server, signal.SIGKILL)).start()
    with pytest.raises(sandbox.ProcessStoppedError):
        run(sleep)
    assert run(report, 1).number == 1


def test_one_server_serves_all_calls_and_has_one_thread() -> None:
    server = run(server_pid)
    prepare = partial(late_imports.load_everything, str(trained_data.folder()))
    assert sandbox.run(server_pid, prepare=prepare, cpu_s=1, memory_bytes=200 * MB, wall_s=10) == server
    assert len(list(Path(f"/proc/{server}/task").iterdir())) == 1, "a fork of several threads may deadlock"


def test_the_server_and_its_children_end_with_their_parent(tmp_path: Path) -> None:
    (tmp_path / "parent.py").write_text(
        "import os, threading, time\n"
        "from chalicelib.platform import sandbox\n"
        "from tests.unit.platform import test_sandbox\n"
        "print(test_sandbox.run(test_sandbox.server_pid), flush=True)\n"
        "threading.Thread(target=test_sandbox.run, args=(test_sandbox.sleep,), daemon=True).start()\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, tmp_path / "parent.py"],
        env={"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        server = parent.stdout.readline().strip()
        wait_until(lambda: bool(descendants(server)))
        processes = {server, *descendants(server)}
        parent.kill()
    assert len(processes) == 2
    wait_until(lambda: not any(is_running(pid) for pid in processes))


def is_running(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_forked_process_has_a_server_of_its_own() -> None:
    server = run(server_pid)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pytest may have threads; this fork is the test
        child_pid = os.fork()
    if child_pid == 0:
        try:
            os._exit(0 if run(server_pid) != server else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child_pid, 0)[1]) == 0
    assert run(server_pid) == server


@pytest.mark.parametrize(
    ("prepare", "raised"),
    [(fail_to_prepare, sandbox.PreparationError), (import_what_is_missing, ImportError)],
)
def test_what_cannot_be_prepared_is_a_failure_of_the_machine(
    prepare: Callable[[], None], raised: type[Exception]
) -> None:
    with pytest.raises(raised):
        sandbox.run(report, 1, prepare=prepare, cpu_s=1, memory_bytes=200 * MB, wall_s=5)
    assert sandbox.run(report, 1, prepare=prepare_by_importing, cpu_s=1, memory_bytes=200 * MB, wall_s=5).number == 1
