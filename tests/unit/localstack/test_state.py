"""The emulator's saved state: whole files at every moment, and errors that are errors."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from ministack import app as ministack_app
from ministack.core import persistence

from localstack import state
from localstack.emulator import Autosave

SAVES = 30
ACCOUNT_CHANGE = {
    "type": "http",
    "method": "POST",
    "path": "/",
    "headers": [(b"x-amz-target", b"AWSCognitoIdentityProviderService.SignUp")],
}


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The state of one service, saved in a folder of the test."""
    names: list[str] = []
    monkeypatch.setattr(persistence, "STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(persistence, "PERSIST_STATE", True)
    monkeypatch.setattr(persistence, "save_state", persistence.save_state)
    monkeypatch.setattr(
        ministack_app, "_build_persistence_save_dict", lambda: {"cognito": lambda: {"users": list(names)}}
    )
    state.write_once_at_a_time()
    return names


def test_concurrent_saves_never_leave_an_unreadable_or_older_file(users: list[str], tmp_path: Path) -> None:
    file = tmp_path / "state" / "cognito.json"
    errors: list[Exception] = []

    def save(number: int) -> None:
        try:
            for _ in range(SAVES):
                users.append("a user with a name" * 20 * (1 + number % 2))
                if number == 2:  # MiniStack's own save, at a shutdown
                    persistence.save_all({"buckets": lambda: {"names": list(users)}})
                assert state.save()
        except Exception as error:  # noqa: BLE001 - asserted below
            errors.append(error)

    writers = [threading.Thread(target=save, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    seen = [0]
    while any(writer.is_alive() for writer in writers):
        if file.exists():
            content: dict[str, Any] = json.loads(file.read_text())
            seen.append(len(content["payload"]["users"]))
    for writer in writers:
        writer.join()
    assert errors == []
    assert seen == sorted(seen)
    assert persistence.load_state("cognito") == {"users": users}
    assert [path.name for path in sorted(file.parent.iterdir())] == ["buckets.json", "cognito.json"]


def test_a_failed_save_is_an_error_and_the_former_file_stays(users: list[str], tmp_path: Path) -> None:
    users.append("alice")
    assert state.save()
    users.append(object())  # type: ignore[arg-type] # has no JSON form
    with pytest.raises(TypeError):
        state.save()
    assert persistence.load_state("cognito") == {"users": ["alice"]}
    assert len(list((tmp_path / "state").iterdir())) == 1


def test_state_that_changes_while_it_is_read_has_to_be_saved_again(
    users: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = [3]

    def changing() -> dict[str, Any]:
        changes[0] -= 1
        if changes[0] >= 0:
            raise RuntimeError("dictionary changed size during iteration")
        return {"users": users}

    monkeypatch.setattr(ministack_app, "_build_persistence_save_dict", lambda: {"cognito": changing})
    assert state.save()
    assert persistence.load_state("cognito") == {"users": []}
    changes[0] = 100
    assert not state.save()


@pytest.mark.parametrize("is_writable", [True, False])
def test_an_account_is_on_disk_before_the_emulator_responds(
    users: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_writable: bool
) -> None:
    if not is_writable:
        (tmp_path / "a file").touch()
        monkeypatch.setattr(persistence, "STATE_DIR", str(tmp_path / "a file" / "state"))
    saved_at_response: list[Any] = []

    async def sign_up(_scope: Any, _receive: Any, send: Any) -> None:
        users.append("alice")
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(_message: Any) -> None:
        saved_at_response.append(persistence.load_state("cognito"))

    async def receive() -> None:
        raise AssertionError("nothing is read")

    run = Autosave(sign_up)(dict(ACCOUNT_CHANGE), receive, send)
    if is_writable:
        asyncio.run(run)
        assert saved_at_response == [{"users": ["alice"]}]
    else:
        with pytest.raises(NotADirectoryError):
            asyncio.run(run)
        assert saved_at_response == []
