"""The environment of deployments into the local stack."""

import pytest

from localstack.environment import allowed_origins

OWN = ("http://localhost:8088", "http://localhost:4566")


@pytest.mark.parametrize("added", ["", "http://localhost:1234", "http://localhost:1234/,https://app.example"])
def test_origins_of_the_shell_are_added_to_those_of_the_stack(added: str) -> None:
    origins = allowed_origins(*OWN, added=added).split(",")
    assert {*OWN, "http://localhost:5173", *filter(None, added.split(","))} <= set(origins)
    assert len(origins) == len(set(origins))
    assert "" not in origins


@pytest.mark.parametrize("port", [3000, 4173, 4200, 4321, 5000, 5173, 5500, 8000, 8080])
def test_pages_of_development_servers_may_call_the_stack(port: int) -> None:
    origins = allowed_origins(*OWN, added="").split(",")
    assert {f"http://localhost:{port}", f"http://127.0.0.1:{port}"} <= set(origins)
