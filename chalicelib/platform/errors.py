"""Errors that users may see."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class FieldError(NamedTuple):
    """One invalid field of a request."""

    field: str
    detail: str


class AppError(Exception):
    """An error that is safe to show.

    `code` is stable and for programs; `detail` is one sentence for people that names the offending value and says what to do.
    Only the API's middleware builds a response from it: an RFC 9457 problem document.
    """

    status = 500
    code = "internal_error"
    title = "Internal error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class BadRequestError(AppError):
    """The request cannot be parsed."""

    status, code, title = 400, "bad_request", "Bad request"


class UnauthorizedError(AppError):
    """The credentials are missing, invalid or expired. `challenge` says what the client should send."""

    status, code, title = 401, "unauthorized", "Unauthorized"

    def __init__(self, detail: str, *, code: str | None = None, challenge: str = "Bearer") -> None:
        super().__init__(detail, code=code, headers={"WWW-Authenticate": challenge})


class ForbiddenError(AppError):
    """Forbidden for every caller: quota used up (`quota_exceeded`), wrong host (`host_not_allowed`)."""

    status, code, title = 403, "forbidden", "Forbidden"


class NotFoundError(AppError):
    """The resource does not exist, or belongs to another user: existence is not disclosed."""

    status, code, title = 404, "not_found", "Not found"


class MethodNotAllowedError(AppError):
    status, code, title = 405, "method_not_allowed", "Method not allowed"


class ConflictError(AppError):
    """The resource's state, name or key conflicts with the request; `code` says which."""

    status, code, title = 409, "conflict", "Conflict"


class AccountBeingErasedError(ConflictError):
    """Nothing new is stored for an owner who is being erased. Sweeps skip such owners."""

    code = "account_erasing"


class GoneError(AppError):
    """The resource existed, or the cursor was valid, and is not any more."""

    status, code, title = 410, "gone", "Gone"


class StaleVersionError(AppError):
    """The resource is not the version that `If-Match` names: it has changed since the client read it."""

    status, code, title = 412, "precondition_failed", "Precondition failed"


class ContentTooLargeError(AppError):
    """The request, or the file, is too large."""

    status, code, title = 413, "too_large", "Too large"


class UnsupportedMediaTypeError(AppError):
    """The type of the body, or of the declared file, is not supported."""

    status, code, title = 415, "unsupported_type", "Unsupported type"


class UnprocessableContentError(AppError):
    """Parts of the request are missing, unknown or invalid; `errors` names the fields."""

    status, code, title = 422, "invalid", "Invalid request"


class TooManyRequestsError(AppError):
    """A rate limit is exceeded; `Retry-After` says when the next request is allowed."""

    status, code, title = 429, "rate_limited", "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: float, code: str | None = None) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(max(1, math.ceil(retry_after_s)))})


class UnavailableError(AppError):
    """A service that the API depends on is down; the same request may succeed later."""

    status, code, title = 503, "unavailable", "Temporarily unavailable"

    def __init__(self, detail: str, *, retry_after_s: float = 15) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, math.ceil(retry_after_s)))})


class ConfigurationError(Exception):
    """A setting is missing or invalid. Raised at start and never shown to users."""
