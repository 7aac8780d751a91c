"""Fake of Lambda's HTTP API: it runs functions of the test in the caller's stead, on a free port of the loopback interface."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Function = Callable[[Any], Any]


@contextmanager
def serve(functions: Mapping[str, Function]) -> Iterator[str]:
    """Serve functions by name; yield the address. An exception is a function error, as on AWS."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = self.path.removeprefix("/2015-03-31/functions/").removesuffix("/invocations")
            if name not in functions:
                self._respond(
                    404, {"Message": f"Function not found: {name}"}, {"X-Amzn-Errortype": "ResourceNotFoundException"}
                )
                return
            try:
                self._respond(200, functions[name](event), {})
            except Exception as error:  # noqa: BLE001 - the function's own
                failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
                self._respond(200, failure, {"X-Amz-Function-Error": "Unhandled"})

        def _respond(self, status: int, payload: Any, headers: Mapping[str, str]) -> None:
            body = json.dumps(payload).encode()
            self.send_response(status)
            for name, value in {
                **headers,
                "Content-Type": "application/json",
                "x-amzn-RequestId": "11111111-2222-3333-4444-555555555555",
                "Content-Length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
