"""The one family of errors a user may see."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class FieldError(NamedTuple):
    """What is wrong with one field of a request."""

    field: str
    detail: str


class AppError(Exception):
    """A refusal that is safe to show.

    `code` is stable and for programs; `detail` is one sentence for people that names the offending value and the way out.
    The edge turns it into an RFC 9457 problem document; nobody else builds an error response.
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
    """What was sent cannot be read."""

    status, code, title = 400, "bad_request", "Bad request"


class UnauthorizedError(AppError):
    """Who asks is not known: what should say so is missing, wrong or too old."""

    status, code, title = 401, "unauthorized", "Unauthorized"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail, code=code, headers={"WWW-Authenticate": "Bearer"})


class ForbiddenError(AppError):
    """Refused, whoever asks again: no room is left (`quota_exceeded`), no way in (`host_not_allowed`, `not_this_way`)."""

    status, code, title = 403, "forbidden", "Forbidden"


class NotFoundError(AppError):
    """Also the answer for what belongs to someone else: existence is not disclosed."""

    status, code, title = 404, "not_found", "Not found"


class MethodNotAllowedError(AppError):
    status, code, title = 405, "method_not_allowed", "Method not allowed"


class ConflictError(AppError):
    """The thing is in a state, or has a name or a key, that does not go with the request; `code` says which."""

    status, code, title = 409, "conflict", "Conflict"


class AccountBeingErasedError(ConflictError):
    """Nothing new is kept for an owner who is being erased. Who works through the things of many owners passes over these."""

    code = "account_erasing"


class ContentTooLargeError(AppError):
    """More than one request, or one file, may hold."""

    status, code, title = 413, "too_large", "Too large"


class UnsupportedMediaTypeError(AppError):
    """Of the body, or of the file that is announced."""

    status, code, title = 415, "unsupported_type", "Unsupported type"


class UnprocessableContentError(AppError):
    """Something in the request is missing, unknown or wrong; `errors` names the fields."""

    status, code, title = 422, "invalid", "Invalid request"


class TooManyRequestsError(AppError):
    """`Retry-After` says when it is worth asking again."""

    status, code, title = 429, "too_often", "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: float, code: str | None = None) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(max(1, math.ceil(retry_after_s)))})


class UnavailableError(AppError):
    """Something behind us is down; the same request may succeed later."""

    status, code, title = 503, "unavailable", "Temporarily unavailable"

    def __init__(self, detail: str, *, retry_after_s: float = 15) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, math.ceil(retry_after_s)))})


class ConfigurationError(Exception):
    """The deployment is wrong: a setting is missing or refused. Raised at start and never shown to users."""
