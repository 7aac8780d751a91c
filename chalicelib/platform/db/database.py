"""Postgres: one connection per process, one transaction per use case, one owner per transaction."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, LiteralString, TypeAlias, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from chalicelib.platform import deadline
from chalicelib.platform.config import settings
from chalicelib.platform.deadline import DeadlineExceededError
from chalicelib.platform.errors import AccountBeingErasedError, UnavailableError

if TYPE_CHECKING:
    import psycopg

Connection: TypeAlias = "psycopg.Connection[Any]"
Row = TypeVar("Row")
Result = TypeVar("Result")

# An auto-paused cluster needs ~15 s to resume: better a 503 with Retry-After than a gateway timeout.
MAX_CONNECT_S = 5.0
MAX_BEGIN_S = 3.0  # to find out that an idle connection is dead; a transaction begins in milliseconds
WAIT_INTERVAL_S = 0.1  # between looks for signals: psycopg's own
ACCOUNT_IS_BEING_ERASED = "VM001"  # SQLSTATE of app.reject_erased_owner()
_connection: Connection | None = None


@dataclass(frozen=True, slots=True)
class WaitLimits:
    """Limits of waiting for the server: its own time-outs (`roles.TIMEOUTS`) do not help when the network is gone."""

    connect_s: float
    begin_s: float
    statement_s: float

    @classmethod
    def of(cls, function_timeout_s: float) -> WaitLimits:
        """Return the limits for a function with this time limit: a dead connection is replaced and a statement ends before."""
        connect_s = min(MAX_CONNECT_S, function_timeout_s / 6)
        begin_s = min(MAX_BEGIN_S, function_timeout_s / 12)
        return cls(connect_s, begin_s, function_timeout_s / 2)

    @property
    def total_s(self) -> float:
        """Return the most that a transaction of one statement takes."""
        return self.begin_s + self.connect_s + self.begin_s + self.statement_s


def connect(url: str | None = None) -> Connection:
    """Open a new connection in autocommit mode; transactions are opened explicitly. Raises UnavailableError."""
    import psycopg

    url = url or settings().require("database_url")
    options: dict[str, Any] = {}
    if settings().database_iam_auth:
        options["password"] = _iam_token(url)
    connect_s = deadline.call_s(_limits().connect_s)
    try:
        with deadline.time_limit(connect_s):  # psycopg's own time-out is for each of the host's addresses
            return _connection_class().connect(
                url,
                autocommit=True,
                connect_timeout=math.ceil(connect_s),
                prepare_threshold=None,  # named statements would pin a session of RDS Proxy
                application_name="visionary",
                **options,
            )
    except (psycopg.OperationalError, DeadlineExceededError) as error:
        raise UnavailableError("The library's database is not reachable right now; try again shortly.") from error


@cache
def _connection_class() -> type[psycopg.Connection[Any]]:
    import psycopg

    class LimitedConnection(psycopg.Connection[Any]):
        """A connection that waits for each response as long as the invocation lasts, or `max_wait_s`."""

        max_wait_s = math.inf

        def wait(self, gen: Any, interval: float = WAIT_INTERVAL_S, timeout: float | None = None) -> Any:
            if timeout is None and (limit_s := deadline.call_s(self.max_wait_s)) < math.inf:
                timeout = limit_s
            return super().wait(gen, interval, timeout)

    return LimitedConnection


def _limits() -> WaitLimits:
    return WaitLimits.of(settings().function_timeout_s)


def prepare() -> None:
    """Load the driver and what signs in with IAM, without a connection. Does nothing in a function without a database."""
    if settings().database_url is None:
        return
    import psycopg.rows  # noqa: F401

    if settings().database_iam_auth:
        _rds_client()


@cache
def _rds_client() -> Any:
    import boto3

    return boto3.client("rds")


def _iam_token(url: str) -> str:
    parts = urlsplit(url)
    token: str = _rds_client().generate_db_auth_token(
        DBHostname=parts.hostname or "", Port=parts.port or 5432, DBUsername=parts.username or ""
    )
    return token


@contextmanager
def transaction(owner_id: UUID | None) -> Iterator[Connection]:
    """Open a transaction that sees the rows of `owner_id` only. Without an owner, it sees no owned row.

    A connection that died while idle is replaced once, before the first statement. Raises UnavailableError when the database
    goes away: the last statement may have taken effect, so callers must be safe to repeat. It is also raised when a lock or a
    statement takes longer than the role's time-outs (`roles.TIMEOUTS`), and when the server does not respond in time. Raises
    AccountBeingErasedError when a row is inserted for an owner who is being erased.
    """
    import psycopg

    connection = _begin(owner_id)
    try:
        yield connection
        connection.execute("COMMIT")
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
        _roll_back(connection)
        raise UnavailableError("The library's database is busy; try again shortly.") from error
    except DeadlineExceededError:  # perhaps in the middle of a statement
        _discard()
        raise
    except psycopg.DatabaseError as error:
        if _is_lost(error):
            _discard()
            raise UnavailableError("The library's database went away during the request; try again.") from error
        _roll_back(connection)
        if error.sqlstate == ACCOUNT_IS_BEING_ERASED:
            raise being_erased_error() from error
        raise
    except BaseException:
        _roll_back(connection)
        raise


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Open a part of a transaction that is rolled back alone when it fails. Raises AccountBeingErasedError, too."""
    import psycopg

    try:
        with connection.transaction():
            yield
    except psycopg.DatabaseError as error:
        if error.sqlstate == ACCOUNT_IS_BEING_ERASED:
            raise being_erased_error() from error
        raise


def being_erased_error() -> AccountBeingErasedError:
    return AccountBeingErasedError(
        "This account is being erased and takes nothing new. You can use it again when the erasure is done."
    )


def set_current_owner(connection: Connection, owner_id: UUID) -> None:
    """Switch to another owner until the end of the transaction."""
    connection.execute("SELECT app.set_current_owner(%s)", [owner_id])


def fetch(
    connection: Connection, row_type: type[Row], statement: LiteralString, values: Mapping[str, object]
) -> list[Row]:
    """Return all rows of a statement as `row_type`, whose fields are named like the columns."""
    from psycopg.rows import class_row

    with connection.cursor(row_factory=class_row(row_type)) as cursor:
        return cursor.execute(statement, values).fetchall()


def fetch_one(
    connection: Connection, row_type: type[Row], statement: LiteralString, values: Mapping[str, object]
) -> Row | None:
    """Return the only row of a statement, or None."""
    from psycopg.rows import class_row

    with connection.cursor(row_factory=class_row(row_type)) as cursor:
        return cursor.execute(statement, values).fetchone()


def query_one(row_type: type[Row], statement: LiteralString, values: Mapping[str, object]) -> Row | None:
    """Return the only row of a statement that is its own transaction, without an owner: one round trip to the database.

    It may run twice when the connection died while idle. Raises UnavailableError.
    """
    return _on_live_connection(
        lambda connection: fetch_one(connection, row_type, statement, values), max_wait_s=_limits().statement_s / 2
    )


def check() -> None:
    """Raise UnavailableError unless the database responds."""
    with transaction(None) as connection:
        connection.execute("SELECT 1")


def _begin(owner_id: UUID | None) -> Connection:
    def begin(connection: Connection) -> Connection:
        if owner_id is None:
            connection.execute("BEGIN")
        else:  # one round trip: Postgres takes two statements at once when they have no parameters
            connection.execute(b"BEGIN; SELECT app.set_current_owner('%s')" % owner_id.hex.encode())
        return connection

    return _on_live_connection(begin, max_wait_s=_limits().begin_s)


def _on_live_connection(act: Callable[[Connection], Result], *, max_wait_s: float) -> Result:
    """Return what `act` returns, on a new connection if the old one is dead: it has not responded within `max_wait_s`."""
    import psycopg

    global _connection
    for is_retry in (False, True):
        if _connection is None or _connection.closed:
            _connection = connect()
        try:
            _limit_waits(_connection, max_wait_s)
            result = act(_connection)
            _limit_waits(_connection, _limits().statement_s)
            return result
        except DeadlineExceededError:
            _discard()
            raise
        except psycopg.DatabaseError as error:
            if not _is_lost(error):
                raise
            _discard()
            if is_retry or not deadline.remaining_s():
                raise UnavailableError("The library's database is not responding; try again shortly.") from error
    raise AssertionError("unreachable")


def _is_lost(error: psycopg.DatabaseError) -> bool:
    """Return whether the connection is of no more use: broken, ended by the server, or with something else at its other end."""
    import psycopg

    # All that the server reports has a class of its own, or at least a code, like our own errors.
    is_gibberish = type(error) is psycopg.DatabaseError and error.sqlstate is None
    ends = (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout)
    return is_gibberish or isinstance(error, ends)


def _limit_waits(connection: Any, max_wait_s: float) -> None:
    connection.max_wait_s = max_wait_s


def _roll_back(connection: Connection) -> None:
    import psycopg

    try:
        connection.execute("ROLLBACK")
    except psycopg.Error:
        _discard()


def _discard() -> None:
    global _connection
    if _connection is not None:
        _connection.close()
    _connection = None
