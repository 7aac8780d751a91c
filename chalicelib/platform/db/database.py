"""Postgres: one connection per process, one transaction per use case, one owner per transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, LiteralString, TypeAlias, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from chalicelib.platform.config import settings
from chalicelib.platform.errors import AccountBeingErasedError, UnavailableError

if TYPE_CHECKING:
    import psycopg

Connection: TypeAlias = "psycopg.Connection[Any]"
Row = TypeVar("Row")
Result = TypeVar("Result")

# An auto-paused cluster needs ~15 s to resume: better a 503 with Retry-After than a gateway timeout.
CONNECT_TIMEOUT_S = 5
ACCOUNT_IS_BEING_ERASED = "VM001"  # SQLSTATE of app.reject_erased_owner()
_connection: Connection | None = None


def connect(url: str | None = None) -> Connection:
    """Open a new connection in autocommit mode; transactions are opened explicitly. Raises UnavailableError."""
    import psycopg

    url = url or settings().require("database_url")
    options: dict[str, Any] = {}
    if settings().database_iam_auth:
        options["password"] = _iam_token(url)
    try:
        return psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_S,
            prepare_threshold=None,  # named statements would pin a session of RDS Proxy
            application_name="visionary",
            **options,
        )
    except psycopg.OperationalError as error:
        raise UnavailableError("The library's database is not reachable right now; try again shortly.") from error


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
    statement takes longer than the role's time-outs (`roles.TIMEOUTS`). Raises AccountBeingErasedError when a row is inserted for
    an owner who is being erased.
    """
    import psycopg

    connection = _begin(owner_id)
    try:
        yield connection
        connection.execute("COMMIT")
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
        _roll_back(connection)
        raise UnavailableError("The library's database is busy; try again shortly.") from error
    except (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout) as error:
        _discard()
        raise UnavailableError("The library's database went away during the request; try again.") from error
    except psycopg.DatabaseError as error:
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
    return _on_live_connection(lambda connection: fetch_one(connection, row_type, statement, values))


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

    return _on_live_connection(begin)


def _on_live_connection(act: Callable[[Connection], Result]) -> Result:
    import psycopg

    global _connection
    for is_retry in (False, True):
        if _connection is None or _connection.closed:
            _connection = connect()
        try:
            return act(_connection)
        except psycopg.OperationalError as error:
            _discard()
            if is_retry:
                raise UnavailableError("The library's database is not responding; try again shortly.") from error
    raise AssertionError("unreachable")


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
