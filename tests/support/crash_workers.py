"""Workers of the deployed stack that die at a chosen moment, and locks that make them wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psutil
import psycopg

from tests.support.local_stack import DeployedStack, wait_until


def worker_processes(stack: DeployedStack, function: str) -> list[psutil.Process]:
    """The processes that the emulator runs a function in."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except psutil.Error:
            continue
        mine = environment.get("TMPDIR", "").startswith(str(stack.home.folder))
        if mine and environment.get("AWS_LAMBDA_FUNCTION_NAME") == f"visionary-local-{function}":
            found.append(process)
    return found


def kill_workers(stack: DeployedStack, function: str) -> int:
    """`kill -9` every worker of a function, whatever it is doing; answers how many there were."""
    found = worker_processes(stack, function)
    for process in found:
        for child in process.children(recursive=True):
            child.kill()
        process.kill()
    return len(found)


@contextmanager
def pause_consumer(stack: DeployedStack, function: str) -> Iterator[None]:
    """For a while, nobody tells a function of its messages."""
    client = stack.aws("lambda")
    found = client.list_event_source_mappings(FunctionName=f"visionary-local-{function}")["EventSourceMappings"]
    for each in found:
        client.update_event_source_mapping(UUID=each["UUID"], Enabled=False)
    try:
        yield
    finally:
        for each in found:
            client.update_event_source_mapping(UUID=each["UUID"], Enabled=True)


class HeldLock:
    """A transaction that others wait for."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def has_waiters(self) -> bool:
        """Whether somebody waits now."""
        with psycopg.connect(self._connection.info.dsn, autocommit=True) as other:
            row = other.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))",
                [self._connection.info.backend_pid],
            ).fetchone()
        return row is not None and row[0] > 0


@contextmanager
def hold_lock(stack: DeployedStack, statement: LiteralString, **values: Any) -> Iterator[HeldLock]:
    """What this statement locks stays so until the end, when all that it did is taken back."""
    with psycopg.connect(stack.postgres().url("postgres")) as connection:
        connection.execute(statement, values)
        yield HeldLock(connection)
        connection.rollback()


def kill_workers_when(stack: DeployedStack, function: str, is_there: Callable[[], object]) -> None:
    """`kill -9` the workers of a function once it is there, as can be seen from outside."""
    wait_until(is_there, event=f"the moment to kill {function}")
    assert kill_workers(stack, function) >= 1
