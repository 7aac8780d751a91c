"""The virus scanner of this deployment, by AV_ENGINE."""

from functools import cache

from chalicelib.inspection.antivirus.clamd import Clamd
from chalicelib.inspection.antivirus.engine import Engine, NoEngine
from chalicelib.platform.config import settings
from chalicelib.platform.observability import logger


def engine() -> Engine:
    """The scanner. Without one, the log says so once in each process."""
    if settings().av_engine == "clamd":
        return Clamd(settings().require("clamd_address"), scan_s=settings().clamd_timeout_s)
    _tell()
    return NoEngine()


@cache
def _tell() -> None:
    logger.warning("no virus scanner", av_engine="none")
