"""A client of the deployed API that uploads files."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.support import sample_files
from tests.support.local_stack import DeployedStack, wait_until

BUSY_RETRIES = 30  # of a request that found every copy of the function busy: clients wait as long as it says


def scanned_pdf(size_bytes: int) -> bytes:
    """Return a PDF of about this size: one page with an image that cannot be compressed."""
    side = math.isqrt(size_bytes)
    picture = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 /Width %d /Height %d " % (
        side,
        side,
    )
    page = b"/Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /P 5 0 R >> >>"
    return sample_files.pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< " + page + b" >>",
            4: sample_files.stream(b"q 612 0 0 792 0 0 cm /P Do Q"),
            5: sample_files.stream(random.Random(size_bytes).randbytes(side * side), picture, deflate=False),  # noqa: S311
        }
    )


class Uploader:
    """One user of the API."""

    def __init__(self, stack: DeployedStack, user: str) -> None:
        self.stack = stack
        self.token = stack.token(user)

    def call(self, method: str, path: str, body: Any = None, *, expect: int = 200, bearer: bool = True) -> Any:
        """Send a request; return the response's JSON."""
        headers = {"Authorization": f"Bearer {self.token}"} if bearer else {}
        response = requests.request(method, self.stack.api + path, json=body, headers=headers, timeout=30)
        for _ in range(BUSY_RETRIES):
            if response.status_code != 429 or expect == 429 or "The service is busy" not in response.text:
                break
            time.sleep(float(response.headers.get("Retry-After", "1")))
            response = requests.request(method, self.stack.api + path, json=body, headers=headers, timeout=30)
        assert response.status_code == expect, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.text else None

    def start_upload(self, content: bytes, **changes: Any) -> dict[str, Any]:
        """Start the upload of a text."""
        declaration = {"filename": "rock.txt", "media_type": "text/plain", "size_bytes": len(content), **changes}
        started: dict[str, Any] = self.call("POST", "/v1/uploads", declaration, expect=201)
        return started

    def wait_until_inspected(self, media_id: str, *, seconds: float = 60) -> dict[str, Any]:
        """Return the media once its inspection has finished."""
        media: dict[str, Any] = {}

        def is_inspected() -> bool:
            media.update(self.call("GET", f"/v1/media/{media_id}"))
            return media["status"] not in {"pending", "inspecting"}

        wait_until(is_inspected, seconds=seconds, event=f"the inspection of {media_id}")
        return media


@contextmanager
def limit_url_validity(stack: DeployedStack, seconds: int) -> Iterator[None]:
    """Reduce the validity of presigned uploads until the context ends."""
    with override_settings(stack, "api", UPLOAD_URL_VALID_S=str(seconds)):
        yield


@contextmanager
def override_settings(stack: DeployedStack, function: str, **changes: str) -> Iterator[None]:
    """Change environment variables of a function until the context ends."""
    functions = stack.aws("lambda")
    name = f"visionary-local-{function}"
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": before | changes})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})
