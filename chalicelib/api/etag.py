"""Entity tags: the version of a response, and the conditions that a request sets on it (RFC 9110, sections 8.8.3 and 13.1)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from chalice.app import Request
from pydantic import BaseModel

from chalicelib.platform.errors import StaleVersionError

Precondition = Callable[[BaseModel], None]

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_DIGEST_CHARACTERS = 32


def strong(body: str) -> str:
    """Return the tag of a resource that can be changed: `If-Match` never matches a weak one."""
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:_DIGEST_CHARACTERS]}"'


def weak(body: str) -> str:
    """Return the tag of a document that the gateway compresses: it has other bytes for other clients."""
    return f"W/{strong(body)}"


def is_not_modified(request: Request, tag: str) -> bool:
    """Return whether the client has this version: `If-None-Match` compares weakly."""
    header = request.headers.get("if-none-match")
    return header is not None and _lists(str(header), tag, is_strong=False)


def precondition(request: Request) -> Precondition:
    """Return the check of a request's `If-Match` and `If-None-Match` against the resource before it is changed.

    The check raises StaleVersionError, with the present tag in a header. Run it in the transaction of the change, while the
    resource is locked.
    """
    required, excluded = request.headers.get("if-match"), request.headers.get("if-none-match")

    def check(resource: BaseModel) -> None:
        tag = strong(resource.model_dump_json())
        if required is not None and not _lists(str(required), tag, is_strong=True):
            raise StaleVersionError(
                f"The resource has changed since you read it: its ETag is not {str(required)[:80]}. "
                "Read it again, and repeat your change with the new ETag.",
                headers={"ETag": tag},
            )
        if excluded is not None and _lists(str(excluded), tag, is_strong=False):
            raise StaleVersionError(
                f"The resource exists, and its ETag is one that If-None-Match excludes: {str(excluded)[:80]}. "
                "Leave out the header to change it.",
                headers={"ETag": tag},
            )

    return check


def _lists(header: str, tag: str, *, is_strong: bool) -> bool:
    """Return whether a header is `*` or lists a tag. Text that is no tag matches nothing."""
    if header.strip() == "*":
        return True
    opaque = tag.removeprefix("W/")
    return any(match[2] == opaque and not (is_strong and match[1]) for match in _TAG.finditer(header))
