"""API Gateway's treatment of responses that MiniStack 1.5.33 lacks: renamed headers, compression, throttled functions.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html has the table of headers,
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html the compression.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from typing import Any

# API Gateway sets these itself and renames those of a function. Its table calls Content-Length "passthrough", but responses of
# proxied functions carry x-amzn-Remapped-Content-Length; so the length of a response to HEAD, which has no body, is 0.
REMAPPED_HEADERS = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "max-forwards",
        "server",
        "user-agent",
        "www-authenticate",
    }
)
DROPPED_HEADERS = frozenset(
    {"expect", "host", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade", "via"}
)
GZIP_LEVEL = 6  # zlib's default


class FunctionThrottledError(Exception):
    """Lambda ran no copy of the function, because a limit of concurrency is reached."""


def respond_like_api_gateway() -> None:
    """Patch MiniStack in this process. Called by the emulator before it serves."""
    from ministack.services import apigateway_v1

    invoke_function, execute = apigateway_v1._invoke_lambda_proxy_v1, apigateway_v1.handle_execute
    proxy_response = apigateway_v1._lambda_proxy_response

    def reject_throttled(result: Mapping[str, Any]) -> Any:
        if result.get("throttle"):
            raise FunctionThrottledError
        return proxy_response(result)

    async def invoke_and_remap(*arguments: Any, **options: Any) -> Any:
        try:
            response = await invoke_function(*arguments, **options)
        except FunctionThrottledError:  # not Lambda's own 429, as in MiniStack
            return apigateway_v1._gw_error("INTEGRATION_FAILURE", "Internal server error")
        if not isinstance(response, tuple):
            return response  # an error of the gateway itself, which keeps its headers
        status, headers, body = response
        return status, remap(headers), body

    async def execute_and_compress(
        api_id: str, stage: str, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any
    ) -> Any:
        status, sent_headers, content = await execute(api_id, stage, method, path, headers, body, query)
        scope = apigateway_v1.find_api_scope(api_id)
        api = apigateway_v1._rest_apis.get_scoped(*scope, api_id) if scope else {}
        min_bytes = api.get("minimumCompressionSize")
        if is_compressed(headers.get("accept-encoding", ""), sent_headers, content, min_bytes):
            content = await asyncio.to_thread(gzip.compress, content, GZIP_LEVEL, mtime=0)
            sent_headers = {**sent_headers, "Content-Encoding": "gzip"}
        return status, sent_headers, content

    apigateway_v1._lambda_proxy_response = reject_throttled
    apigateway_v1._invoke_lambda_proxy_v1 = invoke_and_remap
    apigateway_v1.handle_execute = execute_and_compress


def remap(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return a function's response headers under the names that clients see."""
    return {
        f"x-amzn-Remapped-{name}" if name.lower() in REMAPPED_HEADERS else name: value
        for name, value in headers.items()
        if name.lower() not in DROPPED_HEADERS
    }


def is_compressed(accept_encoding: str, headers: Mapping[str, Any], content: bytes, min_bytes: int | None) -> bool:
    """Return whether API Gateway compresses a response. `*` is not enough: the request has to name gzip."""
    accepts_gzip = any(
        coding.partition(";")[0].strip().lower() == "gzip" and "q=0" not in coding.replace(" ", "").split(";")
        for coding in accept_encoding.split(",")
    )
    is_encoded = any(name.lower() == "content-encoding" for name in headers)
    return min_bytes is not None and accepts_gzip and not is_encoded and len(content) >= min_bytes
