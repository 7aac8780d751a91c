"""Health checks. Public, so they reveal nothing but states."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Literal

from chalice.app import Blueprint

from chalicelib.api.operation import RouteResponse, operation
from chalicelib.platform import deadline
from chalicelib.platform.aws import queues, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.errors import UnavailableError
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.dispatch import provider_store
from chalicelib.speech.dispatch.breaker import NOT_CONFIGURED
from chalicelib.uploads import scans

HealthStatus = Literal["healthy", "unhealthy"]
ServiceStatus = Literal["healthy", "unhealthy", "off", "external"]

CHECK_S = 5.0  # of the function's 29, for each of five checks

routes = Blueprint(__name__)


class Service(LazyModel):
    """`off` is a service that this deployment does not use: a virus scanner, or voices. `external` is a scanner that cannot be
    checked from here: it scans uploads on its own and reports the results.
    """

    status: ServiceStatus
    latency_ms: float


class SpeechService(Service):
    """`broken` maps voice providers with an open breaker to the reason; unhealthy if all are.

    `off`: there is no voice provider, or none has a key (`not_configured: …`). Everything but speech works.
    """

    broken: dict[str, str]


class Health(LazyModel):
    status: HealthStatus
    version: str
    services: dict[str, Service | SpeechService]


class Liveness(LazyModel):
    status: Literal["healthy"] = "healthy"
    version: str


@routes.route("/health", methods=["GET"])
@operation(routes, response_model=Health, other_responses={503: Health}, public=True)
def health() -> RouteResponse:
    """Check every service that a request needs; 503 when one of them fails."""
    checks: dict[str, Callable[[], object]] = {
        "database": database.check,
        "storage": storage.check,
        "queues": lambda: queues.depth(Queue.SPEECH_JOBS),
    }
    services: dict[str, Service | SpeechService] = {name: _check(name, check) for name, check in checks.items()}
    services["speech"] = _check_speech()
    services["antivirus"] = _check_antivirus()
    is_healthy = all(service.status != "unhealthy" for service in services.values())
    body = Health(status="healthy" if is_healthy else "unhealthy", version=settings().version, services=services)
    return RouteResponse(body, 200 if is_healthy else 503)


@routes.route("/health/live", methods=["GET"])
@operation(routes, response_model=Liveness, public=True)
def live() -> Liveness:
    """Respond without checking any service."""
    return Liveness(version=settings().version)


def _check_antivirus() -> Service:
    match settings().av_engine:
        case "none":
            return Service(status="off", latency_ms=0)
        case "guardduty":
            return Service(status="external", latency_ms=0)
        case "clamd":
            return _check("antivirus", scans.get_engine().ping)


def _check_speech() -> SpeechService:
    names = settings().speech_providers
    broken: dict[str, str] = {}

    def check() -> None:
        with database.transaction(None) as connection:
            breakers = provider_store.list_open_breakers(connection)
        broken.update((breaker.name, breaker.reason or "unavailable") for breaker in breakers if breaker.name in names)
        if len(broken) == len(names) and not _all_lack_keys(names, broken):
            raise UnavailableError("No voice provider is available.")

    service = _check("speech", check)
    status = "off" if service.status == "healthy" and _all_lack_keys(names, broken) else service.status
    return SpeechService(status=status, latency_ms=service.latency_ms, broken=broken)


def _all_lack_keys(providers: Collection[str], broken: Mapping[str, str]) -> bool:
    return all(broken.get(name, "").startswith(NOT_CONFIGURED) for name in providers)


def _check(name: str, check: Callable[[], object]) -> Service:
    started = time.perf_counter()
    status: HealthStatus = "healthy"
    try:
        with deadline.time_limit(CHECK_S):
            check()
    except Exception:  # noqa: BLE001 - any failure is logged and reported as unhealthy
        logger.exception("health check failed", service=name)
        status = "unhealthy"
    return Service(status=status, latency_ms=round((time.perf_counter() - started) * 1000, 1))
