"""The environment of the running local stack, for deployments into it and operator tools.

python -m localstack.environment COMMAND…       runs a command with it, like env(1)

A command keeps its own environment when DATABASE_URL is set: then the operator has chosen another database.
"""

from __future__ import annotations

import json
import os
import sys

from chalicelib.extraction.recognition import trained_data
from infra.operate import voices
from localstack import emulator
from localstack.home import Home
from localstack.postgres import Postgres
from localstack.token import DEMO_USER

# MiniStack sends no mail: it accepts these codes to confirm an address and to reset a password.
CONFIRMATION_CODE = "123456"
RESET_CODE = "654321"
# Ports of common development servers: Next.js and Express, Astro, Vite's preview and server, Angular, Flask, Live Server,
# Python, Vue.
DEVELOPMENT_PORTS = (3000, 4321, 4173, 5173, 4200, 5000, 5500, 8000, 8080)
DEVELOPMENT_ORIGINS = tuple(
    f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in DEVELOPMENT_PORTS
)
# Variables of the operator's shell that reach the deployment; everything else is withheld.
FORWARDED_VARIABLES = (
    "ALLOWED_HOSTS",
    "AUDIT_DAYS",
    "AV_ENGINE",
    "CLAMD_ADDRESS",
    "CLAMD_TIMEOUT_S",
    "ERASURE_QUIET_S",
    "EXPORT_DAYS",
    "IDEMPOTENCY_HOURS",
    "OPENAI_TTS_API_KEY",
    "OPENAI_TTS_MODEL",
    "OPENAI_TTS_URL",
    "PDF_ACTIVE_CONTENT",
    "POLLY_ENDPOINT_URL",
    "POLLY_SPEECH_MARKS",
    "REFUSED_DAYS",
    "SECRET_KEY",
    "SIZE",
    "SPEECHIFY_API_KEY",
    "SPEECHIFY_API_URL",
    "TRASH_DAYS",
    "TTS_CONCURRENCY",
    "TTS_FALLBACK_ENABLED",
    "SPEECH_CHECKS",
    "TTS_MAX_CHARACTERS",
    "TTS_PER_SECOND",
    "TTS_PRICE_PER_MILLION",
    "TTS_PROVIDERS",
    "TTS_VOICES",
    "VOICES_FOLDER",
)


def deployment_environment(home: Home) -> dict[str, str]:
    """Return the environment of a deployment into this stack: the emulator, the three database roles, forwarded variables."""
    url = f"http://localhost:{(home.folder / 'port').read_text()}"
    web = f"http://localhost:{(home.folder / 'web-port').read_text()}"
    postgres = Postgres(home.postgres)
    page_local = {
        "user": DEMO_USER,
        "password": home.password(DEMO_USER),
        "code": CONFIRMATION_CODE,
        "resetCode": RESET_CODE,
    }
    stack = {
        "LOCAL_STACK": str(home.folder),
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": emulator.REGION,
        **emulator.CREDENTIALS,
        "DATABASE_URL": postgres.url("visionary_app"),
        "SWEEP_DATABASE_URL": postgres.url("visionary_sweep"),
        "MIGRATION_DATABASE_URL": postgres.url("visionary_owner"),
        "IDENTITY_ENDPOINT": url,
        "S3_PUBLIC_ENDPOINT_URL": url,
        "PUBLIC_API_URL": f"{web}/api",  # as in the cloud: with the headers that only CloudFront adds
        "SIGNING_SECRET": home.signing_secret(),
        "CORS_ORIGINS": allowed_origins(web, url, added=os.environ.get("CORS_ORIGINS", "")),
        "WEB_URL": web,
        "PAGE_LOCAL": json.dumps(page_local),
        "TTS_PROVIDERS": ",".join(voices.configured(os.environ)),
        "RECOGNITION_LANGUAGES": ",".join(trained_data.available_languages()),
    }
    shell = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", *FORWARDED_VARIABLES) if os.environ.get(name)}
    return stack | shell


def allowed_origins(*own: str, added: str) -> str:
    """Return the origins of pages that may call the stack: its own, those of development servers, and the shell's."""
    return ",".join(dict.fromkeys((*own, *DEVELOPMENT_ORIGINS, *filter(None, added.split(",")))))


def tool_environment(home: Home) -> dict[str, str]:
    """Return the environment of an operator tool: the shell's, and the running stack's unless DATABASE_URL is set."""
    if "DATABASE_URL" in os.environ:
        return dict(os.environ)
    if home.holder() is None:
        raise SystemExit("No local stack is running; start one with `make up`, or set DATABASE_URL to another database")
    return os.environ | deployment_environment(home) | {"S3_ADDRESSING_STYLE": "path"}


def main() -> None:
    environment = tool_environment(Home.chosen())
    os.execvpe(sys.argv[1], sys.argv[1:], environment)  # noqa: S606 - the command is the operator's own


if __name__ == "__main__":
    main()
