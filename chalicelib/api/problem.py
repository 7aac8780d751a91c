"""RFC 9457 problem documents: the one shape of every error."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from chalicelib.platform.errors import AppError, FieldError, UnprocessableContentError

MEDIA_TYPE = "application/problem+json"
MAX_FIELD_ERRORS = 20  # enough to mend a request; a hostile body must not make a hostile answer


class ProblemField(BaseModel):
    field: str
    detail: str


class Problem(BaseModel):
    """`code` is stable, `message` repeats `detail` because upload clients show that member."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    message: str
    errors: list[ProblemField]
    request_id: str


def document(error: AppError, request_id: str) -> Problem:
    return Problem(
        type=f"urn:visionary:problem:{error.code}",
        title=error.title,
        status=error.status,
        code=error.code,
        detail=error.detail,
        message=error.detail,
        errors=[ProblemField(field=e.field, detail=e.detail) for e in error.errors],
        request_id=request_id,
    )


def of_validation(error: ValidationError, *, where: str) -> UnprocessableContentError:
    """What is wrong with a request, field by field. `where` is `body` or `query`."""
    fields = [
        FieldError(".".join(map(str, problem["loc"])) or where, _sentence(dict(problem)))
        for problem in error.errors(include_url=False)[:MAX_FIELD_ERRORS]
    ]
    named = "; ".join(f"{field.field}: {field.detail}" for field in fields[:3])
    return UnprocessableContentError(f"The {where} is not valid. {named}", errors=fields)


def _sentence(problem: dict[str, Any]) -> str:
    given = problem.get("input")
    shown = f" (given: {str(given)[:80]!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{problem['msg']}{shown}"
