"""Did a request come by the one domain? API Gateway has a public name of its own, which the firewall in front does not see.

CloudFront says a secret with every request it passes on (infra/edge.yaml). Where a stage has one, a request without it is
refused, by the API and by the authorizers before it. Without one, as on a laptop, every way leads in.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from chalicelib.platform.config import settings

HEADER = "X-Origin-Secret"


def passed(headers: Mapping[str, str] | None) -> bool:
    """Whether a request may have come the way it did; while a secret is being changed, the one before counts as well."""
    secrets = settings().origin_secret
    if not secrets:
        return True
    said = next((value for name, value in (headers or {}).items() if name.lower() == HEADER.lower()), "").encode()
    return any(hmac.compare_digest(said, secret.get_secret_value().encode()) for secret in secrets)
