"""Every five minutes: what events forgot."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.platform.observability import logger
from chalicelib.speech import reconcile as speech
from chalicelib.uploads import reconcile as uploads

events = Blueprint(__name__)


@events.schedule(Rate(5, unit=Rate.MINUTES), name="sweep")
def sweep(_event: CloudWatchEvent) -> dict[str, Any]:
    done = {"uploads": asdict(uploads.reconcile()), "speech": asdict(speech.reconcile())}
    logger.info("swept", outcome=done)
    return done
