"""The virus scanner of this deployment, by AV_ENGINE."""

from functools import cache

from chalicelib.inspection.antivirus.clamd import ClamdClient
from chalicelib.inspection.antivirus.engine import AntivirusEngine, NoEngine
from chalicelib.platform.config import settings
from chalicelib.platform.telemetry.observability import logger


def get_engine(*, timeout_s: float | None = None) -> AntivirusEngine:
    """The scanner that is given the bytes. GuardDuty is not: what it said is asked for before an object is even fetched."""
    if settings().av_engine == "clamd":
        longest = settings().clamd_timeout_s
        return ClamdClient(
            settings().require("clamd_address"), scan_s=longest if timeout_s is None else min(longest, timeout_s)
        )
    return NoEngine()


@cache
def log_engine() -> None:
    """Say once in each process which scanner there is, and loudly that there is none."""
    name = settings().av_engine
    if name == "none":
        logger.warning("no virus scanner", av_engine=name)
    else:
        logger.info("virus scanner", av_engine=name)
