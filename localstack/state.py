"""The emulator's saved state: one file for each service, written by one writer at a time.

MiniStack 1.5.33 writes every version of a file through the same temporary name and hides errors. Two threads that saved at the
same time left unreadable files, and reported them as saved.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

ATTEMPTS = 5  # to read a state that another thread is changing

_WRITER = threading.Lock()


def write_once_at_a_time() -> None:
    """Patch MiniStack in this process, so that its own save at a shutdown waits for ours. Called before it serves."""
    from ministack.core import persistence

    def save_state(service: str, content: dict[str, Any]) -> None:
        try:
            with _WRITER:
                _write(service, content)
        except Exception:  # noqa: BLE001 - the other services are still to be saved
            persistence.logger.exception("State of %s not saved", service)

    persistence.save_state = save_state


def save(only: Collection[str] = ()) -> bool:
    """Save the state of every used service, or only of some; return whether all were saved. Raises what writing raises.

    A service that changes whenever it is read is not saved and has to be tried again. Logs are saved at a clean shutdown
    only: they grow, and contain no user data.
    """
    from ministack.app import _build_persistence_save_dict

    complete = True
    for name, get_state in _build_persistence_save_dict().items():
        if name in only if only else name != "cloudwatch_logs":
            complete = any(_is_saved(name, get_state) for _ in range(ATTEMPTS)) and complete
    return complete


def _is_saved(name: str, get_state: Callable[[], dict[str, Any] | None]) -> bool:
    with _WRITER:  # also while it is read: an older state must not replace a newer one
        try:
            content = get_state()
            if content is not None:
                _write(name, content)
        except RuntimeError:  # a dictionary changed size during iteration
            return False
    return True


def _write(service: str, content: dict[str, Any]) -> None:
    """Write a file that `load_state` reads, and replace the former one at once."""
    from ministack.core import persistence

    document = {"__ministack_format__": persistence._state_format_version(service), "payload": content}
    path = Path(persistence.STATE_DIR) / f"{service}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".json.new")
    try:
        new.write_text(json.dumps(document, default=persistence._json_default))
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
