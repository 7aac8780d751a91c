"""Verify that a request came through CloudFront, and so through its firewall.

API Gateway's public name bypasses both. CloudFront adds a secret header to every request it forwards (infra/edge.yaml).
Where a stage has that secret, the API and its authorizers reject requests without it. A stage without the secret, such
as the local stack, accepts every request.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from chalicelib.platform.config import settings

HEADER = "X-Origin-Secret"


def is_from_cloudfront(headers: Mapping[str, str] | None) -> bool:
    """Return whether the request carries the origin secret, or the previous one during rotation."""
    secrets = settings().origin_secret
    if not secrets:
        return True
    secret_sent = next(
        (value for name, value in (headers or {}).items() if name.lower() == HEADER.lower()), ""
    ).encode()
    return any(hmac.compare_digest(secret_sent, secret.get_secret_value().encode()) for secret in secrets)
