"""Crashes of the deployed stack's workers, and locks that make a worker wait for its crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psutil
import psycopg

from tests.support.local_stack import DeployedStack, wait_until


def worker_processes(stack: DeployedStack, function: str) -> list[psutil.Process]:
    """Return the processes in which the emulator runs a function."""
    processes = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except psutil.Error:
            continue
        is_of_stack = environment.get("TMPDIR", "").startswith(str(stack.home.folder))
        if is_of_stack and environment.get("AWS_LAMBDA_FUNCTION_NAME") == f"visionary-local-{function}":
            processes.append(process)
    return processes


def kill_workers(stack: DeployedStack, function: str) -> int:
    """`kill -9` every worker of a function; return how many there were."""
    processes = worker_processes(stack, function)
    for process in processes:
        for child in process.children(recursive=True):
            child.kill()
        process.kill()
    return len(processes)


@contextmanager
def pause_consumer(stack: DeployedStack, function: str) -> Iterator[None]:
    """Deliver no messages to a function until the context ends."""
    client = stack.aws("lambda")
    mappings = client.list_event_source_mappings(FunctionName=f"visionary-local-{function}")["EventSourceMappings"]
    for mapping in mappings:
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        for mapping in mappings:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


class HeldLock:
    """A transaction that holds a lock."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def has_waiters(self) -> bool:
        """Return whether another transaction waits for the lock."""
        with psycopg.connect(self._connection.info.dsn, autocommit=True) as other:
            row = other.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))",
                [self._connection.info.backend_pid],
            ).fetchone()
        return row is not None and row[0] > 0


@contextmanager
def hold_lock(stack: DeployedStack, statement: LiteralString, **values: Any) -> Iterator[HeldLock]:
    """Hold what a statement locks until the context ends, then roll back."""
    with psycopg.connect(stack.postgres().url("postgres")) as connection:
        connection.execute(statement, values)
        yield HeldLock(connection)
        connection.rollback()


def kill_workers_when(stack: DeployedStack, function: str, condition: Callable[[], object]) -> None:
    """`kill -9` the workers of a function as soon as a condition is true."""
    wait_until(condition, event=f"the moment to kill {function}")
    assert kill_workers(stack, function) >= 1
