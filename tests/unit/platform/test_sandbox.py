"""The sandbox: the parent reports and survives whatever happens in the child, and keeps no trace of it."""

import ctypes
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from chalicelib.platform import sandbox

T = TypeVar("T")
MB = 1024 * 1024


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
    assert sandbox._pipe is not None
    os.write(sandbox._pipe, b'{"result":"not a number"}\n')
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


def fill_the_disk() -> int:
    return Path("/dev/full").write_bytes(b"x" * 100_000)


def open_missing_file(path: Path) -> int:
    return len(path.read_bytes())


def stop_by_signal() -> int:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    return 0


def open_descriptors() -> list[int]:
    with os.scandir("/proc/self/fd") as listing:  # its own descriptor is among them
        return sorted(int(entry.name) for entry in listing)


def write_to_standard_output() -> int:
    os.write(1, b"a parser's chatter\n")
    os.write(2, b"a parser's warning\n")
    return 1


def children() -> set[str]:
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


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
        run(write_too_much, tmp_path / "large")


@pytest.mark.parametrize(
    ("function", "args", "raised"),
    [
        (import_missing_module, (), ImportError),
        (fill_the_disk, (), OSError),
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
        assert len(run(open_descriptors)) == 5, "standard three, the pipe, and the listing itself"
    for end in connection:
        end.close()


def test_what_a_parser_prints_is_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(write_to_standard_output) == 1
    assert capfd.readouterr() == ("", "")


def test_no_child_is_left_behind() -> None:
    before = children()
    for function in (crash_by_abort, exit_without_result, fail):
        with pytest.raises(sandbox.SandboxError):
            run(function)
    with pytest.raises(sandbox.TimeLimitExceededError):
        run(sleep, wall_s=0.1)
    run(report, 1)
    assert children() == before, "neither alive nor waiting to be reaped"


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


def test_inherited_memory_does_not_count() -> None:
    ballast = bytearray(400 * MB)
    assert run(report, len(ballast)).number == 400 * MB
