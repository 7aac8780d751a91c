"""Requests to addresses that users choose: only public servers are reached, and only in bounded time and size."""

from chalicelib.platform.outbound.client import DownloadLimits, download
from chalicelib.platform.outbound.errors import OutboundError, Reason, WebAddressError
from chalicelib.platform.outbound.post import Answer, PostLimits, post
from chalicelib.platform.outbound.web_address import WebAddress, parse

__all__ = [
    "Answer",
    "DownloadLimits",
    "OutboundError",
    "PostLimits",
    "Reason",
    "WebAddress",
    "WebAddressError",
    "download",
    "parse",
    "post",
]
