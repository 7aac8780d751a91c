"""Bearer tokens: every attack of the list is tried against both issuers, with a real key server."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chalicelib.auth import tokens
from chalicelib.platform import config
from chalicelib.platform.errors import UnavailableError

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example"
CLIENT = "client-of-the-page"
SECRET = "an existing system's secret of enough bytes"
SUBJECT = "0192a0b0-0000-7000-8000-000000000001"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
PUBLIC_DER = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
JWK = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "k1", "use": "sig", "alg": "RS256"}


class KeyServer(ThreadingHTTPServer):
    requests = 0


class Keys(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, KeyServer)
        self.server.requests += 1
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/jwks.json")
            self.end_headers()
            return
        body = json.dumps({"keys": [JWK]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def key_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    server = KeyServer(("127.0.0.1", 0), Keys)
    Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    values = {
        "STAGE": "test",
        "INCOMING_BUCKET": "incoming",
        "LIBRARY_BUCKET": "library",
        "AUTH_ISSUER": ISSUER,
        "AUTH_CLIENT_ID": CLIENT,
        "AUTH_JWKS_URL": f"http://127.0.0.1:{server.server_port}/jwks.json",
        "SECRET_KEY": SECRET,
        "SECRET_KEY_TOKENS_EXPIRE": "true",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    yield server
    server.shutdown()
    server.server_close()
    config.settings.cache_clear()


def pool_claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": ISSUER, "sub": SUBJECT, "client_id": CLIENT, "token_use": "access", "iat": now, "exp": now + 600,
    }  # fmt: skip
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def pool_token(key: Any = KEY, headers: dict[str, Any] | None = None, algorithm: str = "RS256", **changes: Any) -> str:
    return jwt.encode(pool_claims(**changes), key, algorithm=algorithm, headers={"kid": "k1", **(headers or {})})


def system_token(secret: str = SECRET, **claims: Any) -> str:
    claims_or_none = {"id": SUBJECT, "exp": int(time.time()) + 600, **claims}
    return jwt.encode({k: v for k, v in claims_or_none.items() if v is not None}, secret, algorithm="HS256")


def raw_token(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    return ".".join((part(json.dumps(header).encode()), part(json.dumps(claims).encode()), part(signature)))


def forged_with_hmac(key: bytes) -> str:
    import hashlib
    import hmac

    head, body, _ = raw_token({"alg": "HS256", "typ": "JWT", "kid": "k1"}, pool_claims()).split(".")
    digest = hmac.new(key, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@pytest.mark.usefixtures("key_server")
class TestAcceptedTokens:
    def test_an_access_token_of_the_pool_is_accepted(self) -> None:
        assert tokens.verify(f"Bearer {pool_token()}") == UUID(SUBJECT)

    def test_a_token_of_the_existing_system_is_accepted(self) -> None:
        assert tokens.verify(f"Bearer {system_token()}") == UUID(SUBJECT)

    def test_a_subject_that_is_not_a_uuid_always_becomes_the_same_owner(self) -> None:
        first, again = (tokens.verify(f"Bearer {system_token(id='user-17')}") for _ in range(2))
        assert first == again != tokens.verify(f"Bearer {system_token(id='user-18')}")

    def test_a_token_without_expiry_is_accepted_only_where_the_operator_allows_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = f"Bearer {system_token(exp=None)}"
        with pytest.raises(tokens.BadTokenError):
            tokens.verify(token)
        monkeypatch.setenv("SECRET_KEY_TOKENS_EXPIRE", "false")
        config.settings.cache_clear()
        assert tokens.verify(token) == UUID(SUBJECT)


def in_s(seconds: int) -> int:
    return int(time.time()) + seconds


# Made when the test runs: a suite may take longer than a token lives.
ATTACKS: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "another scheme": lambda: f"Basic {pool_token()}",
    "no algorithm": lambda: "Bearer " + raw_token({"alg": "none", "kid": "k1"}, pool_claims()),
    "no algorithm, oddly spelt": lambda: "Bearer " + raw_token({"alg": "nOnE", "kid": "k1"}, pool_claims()),
    "signature cut off": lambda: "Bearer " + pool_token().rpartition(".")[0] + ".",
    "HMAC with the public PEM": lambda: f"Bearer {forged_with_hmac(PUBLIC_PEM)}",
    "HMAC with the stripped PEM": lambda: f"Bearer {forged_with_hmac(PUBLIC_PEM.strip())}",
    "HMAC with the public DER": lambda: f"Bearer {forged_with_hmac(PUBLIC_DER)}",
    "HMAC with the JWK": lambda: f"Bearer {forged_with_hmac(json.dumps(JWK).encode())}",
    "HMAC with no key": lambda: f"Bearer {forged_with_hmac(b'')}",
    "another RSA key": lambda: f"Bearer {pool_token(OTHER_KEY)}",
    "no key id": lambda: "Bearer " + jwt.encode(pool_claims(), KEY, algorithm="RS256"),
    "unknown key id": lambda: f"Bearer {pool_token(headers={'kid': 'k2'})}",
    "key id that climbs": lambda: f"Bearer {pool_token(headers={'kid': '../../etc/passwd'})}",
    "key id with SQL": lambda: f"Bearer {pool_token(headers={'kid': chr(39) + ' OR 1=1 --'})}",
    "embedded key": lambda: f"Bearer {pool_token(OTHER_KEY, headers={'jwk': JWK})}",
    "key address": lambda: f"Bearer {pool_token(OTHER_KEY, headers={'jku': 'http://127.0.0.1:9/jwks.json'})}",
    "critical header": lambda: f"Bearer {pool_token(headers={'crit': ['exp'], 'exp': in_s(0)})}",
    "RS512": lambda: f"Bearer {pool_token(algorithm='RS512')}",
    "PS256": lambda: f"Bearer {pool_token(algorithm='PS256')}",
    "ES256": lambda: f"Bearer {pool_token(ec.generate_private_key(ec.SECP256R1()), algorithm='ES256')}",
    "expired": lambda: f"Bearer {pool_token(exp=in_s(-60))}",
    "not yet": lambda: f"Bearer {pool_token(nbf=in_s(600))}",
    "issued in the future": lambda: f"Bearer {pool_token(iat=in_s(600))}",
    "no expiry": lambda: f"Bearer {pool_token(exp=None)}",
    "expiry as text": lambda: f"Bearer {pool_token(exp=str(in_s(600)))}",
    "endless": lambda: "Bearer " + pool_token(exp=float("inf")),
    "another issuer": lambda: f"Bearer {pool_token(iss=ISSUER + 'x')}",
    "no issuer": lambda: f"Bearer {pool_token(iss=None)}",
    "no subject": lambda: f"Bearer {pool_token(sub=None)}",
    "an ID token": lambda: f"Bearer {pool_token(token_use='id', aud=CLIENT, client_id=None)}",
    "another client": lambda: f"Bearer {pool_token(client_id=CLIENT + 'x')}",
    "a huge token": lambda: f"Bearer {pool_token(padding='x' * 1_000_000)}",
    "a deep header": lambda: "Bearer " + base64.urlsafe_b64encode(b"[" * 5_000).decode() + ".e30.e30",
    "existing system: wrong secret": lambda: "Bearer " + system_token(SECRET + "x"),
    "existing system: expired": lambda: f"Bearer {system_token(exp=in_s(-60))}",
    "existing system: no subject": lambda: f"Bearer {system_token(id=None)}",
    "existing system: empty subject": lambda: f"Bearer {system_token(id='')}",
    "existing system: number as subject": lambda: f"Bearer {system_token(id=1)}",
    "existing system: another audience": lambda: f"Bearer {system_token(aud='another API')}",
    "existing system: the pool's issuer": lambda: f"Bearer {system_token(iss=ISSUER)}",
    "existing system: expiry as text": lambda: f"Bearer {system_token(exp=str(in_s(600)))}",
}


@pytest.mark.usefixtures("key_server")
@pytest.mark.parametrize("attack", ATTACKS)
def test_every_other_token_is_rejected(attack: str) -> None:
    authorization = ATTACKS[attack]()
    with pytest.raises(tokens.BadTokenError):
        tokens.verify(authorization)


@pytest.mark.usefixtures("key_server")
def test_without_a_secret_every_token_of_an_existing_system_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "")
    config.settings.cache_clear()
    with pytest.raises(tokens.BadTokenError):
        tokens.verify(f"Bearer {system_token()}")


def test_made_up_key_ids_do_not_become_a_flood_of_requests(key_server: KeyServer) -> None:
    tokens.verify(f"Bearer {pool_token()}")
    for _ in range(20):
        with pytest.raises(tokens.BadTokenError):
            tokens.verify(f"Bearer {pool_token(headers={'kid': str(uuid4())})}")
    assert key_server.requests == 1


def test_cached_keys_are_used_while_their_server_is_down(key_server: KeyServer) -> None:
    tokens.verify(f"Bearer {pool_token()}")
    key_server.shutdown()
    key_server.server_close()
    assert tokens.verify(f"Bearer {pool_token()}") == UUID(SUBJECT)


def test_keys_are_prepared_before_the_first_token(key_server: KeyServer) -> None:
    tokens.prepare()
    assert key_server.requests == 1
    tokens.verify(f"Bearer {pool_token()}")
    assert key_server.requests == 1


def test_a_key_server_that_redirects_is_not_followed(key_server: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_JWKS_URL", f"http://127.0.0.1:{key_server.server_port}/elsewhere")
    config.settings.cache_clear()
    with pytest.raises(UnavailableError):
        tokens.verify(f"Bearer {pool_token()}")
    assert key_server.requests == 1
