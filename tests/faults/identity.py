"""A user pool for the fault tests: its keys over HTTP, and access tokens."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.loopback import Loopback


class Identity(Loopback):
    """Serves one key. Use it as a context manager."""

    client_id = "page"
    issuer = "https://pool.example"

    def __init__(self) -> None:
        super().__init__(_Handler)
        self._key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        self.keys = json.dumps({"keys": [{**public, "kid": "first", "use": "sig", "alg": "RS256"}]}).encode()

    def token(self, owner: UUID) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {"sub": str(owner), "iss": self.issuer, "client_id": self.client_id}
        times = {"iat": now, "exp": now + 3_600}
        return jwt.encode(
            {**claims, **times, "token_use": "access"}, self._key, algorithm="RS256", headers={"kid": "first"}
        )


class _Handler(BaseHTTPRequestHandler):
    fake: Identity

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.fake.keys)))
        self.end_headers()
        self.wfile.write(self.fake.keys)

    def log_message(self, *_: object) -> None:
        """Log nothing."""
