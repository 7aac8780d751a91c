"""Is it up? Public, and says no more than that."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from chalice.app import Blueprint
from pydantic import BaseModel

from chalicelib.api.operation import Answer, operation
from chalicelib.platform.aws import queues, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.errors import UnavailableError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.dispatch import store as calls
from chalicelib.uploads import antivirus

State = Literal["healthy", "unhealthy"]
AnyState = Literal["healthy", "unhealthy", "off", "external"]

routes = Blueprint(__name__)


class Service(BaseModel):
    """`off` is what this deployment does without, on purpose: a virus scanner. `external` is a scanner that cannot be asked how
    it is: it looks at uploads by itself, and tells.
    """

    status: AnyState
    latency_ms: float


class SpeechService(Service):
    """`broken` are voice providers that are left alone for a while, and why; unhealthy when that is all of them."""

    broken: dict[str, str]


class Health(BaseModel):
    status: State
    version: str
    services: dict[str, Service | SpeechService]


class Alive(BaseModel):
    status: Literal["healthy"] = "healthy"
    version: str


@routes.route("/health", methods=["GET"])
@operation(routes, answer=Health, also={503: Health}, public=True)
def health() -> Answer:
    """Ask everything a request needs; 503 when one of them does not answer."""
    checks: dict[str, Callable[[], object]] = {
        "database": database.check,
        "storage": storage.check,
        "queues": lambda: queues.depth(Queue.SPEECH_PLAN),
    }
    services: dict[str, Service | SpeechService] = {name: _ask(name, check) for name, check in checks.items()}
    services["speech"] = _ask_speech()
    services["antivirus"] = _antivirus()
    well = all(service.status != "unhealthy" for service in services.values())
    body = Health(status="healthy" if well else "unhealthy", version=settings().version, services=services)
    return Answer(body, 200 if well else 503)


@routes.route("/health/live", methods=["GET"])
@operation(routes, answer=Alive, public=True)
def live() -> Alive:
    """Answers without touching anything."""
    return Alive(version=settings().version)


def _antivirus() -> Service:
    match settings().av_engine:
        case "none":
            return Service(status="off", latency_ms=0)
        case "guardduty":
            return Service(status="external", latency_ms=0)
        case "clamd":
            return _ask("antivirus", antivirus.get_engine().ping)


def _ask_speech() -> SpeechService:
    broken: dict[str, str] = {}

    def check() -> None:
        names = settings().tts_providers
        with database.transaction(None) as connection:
            found = calls.list_open_breakers(connection)
        broken.update((each.name, each.reason or "out of order") for each in found if each.name in names)
        if len(broken) == len(names):
            raise UnavailableError("No voice provider can be used.")

    asked = _ask("speech", check)
    return SpeechService(status=asked.status, latency_ms=asked.latency_ms, broken=broken)


def _ask(name: str, check: Callable[[], object]) -> Service:
    started = time.perf_counter()
    state: State = "healthy"
    try:
        check()
    except Exception:  # noqa: BLE001 - whatever it was, it is logged and answered
        logger.exception("health check failed", service=name)
        state = "unhealthy"
    return Service(status=state, latency_ms=round((time.perf_counter() - started) * 1000, 1))
