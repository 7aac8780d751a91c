"""Errors of requests to addresses that users choose."""

from enum import StrEnum


class Reason(StrEnum):
    """The reason why a request failed."""

    ADDRESS_NOT_PUBLIC = "address_not_public"
    NAME_NOT_FOUND = "name_not_found"
    UNREACHABLE = "unreachable"
    INSECURE = "insecure"
    TIMEOUT = "timeout"
    REDIRECT = "redirect"
    STATUS = "status"
    TOO_LARGE = "too_large"
    DAMAGED = "damaged"


class WebAddressError(ValueError):
    """An address that is not called. The message says why, and is safe to show."""


class OutboundError(Exception):
    """A failed request. `detail` is a sentence for people that says what happened and what to do."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail
