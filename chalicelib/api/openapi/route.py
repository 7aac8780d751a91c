"""The routes of the application, as the OpenAPI document needs them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from chalice.app import RouteEntry

from chalicelib.api.operation import Operation

Json = dict[str, Any]
Mode = Literal["validation", "serialization"]
Schemas = Mapping[tuple[Any, Mode], Json]  # by model and mode: as a request or as a response
EXAMPLES: Json = json.loads(Path(__file__).with_name("examples.json").read_text())


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path."""

    path: str
    method: str
    entry: RouteEntry
    operation: Operation

    @property
    def has_owner(self) -> bool:
        """True if the route acts for a user, who has rights and limits."""
        operation = self.operation
        return self.entry.authorizer is not None or operation.token_purpose is not None or operation.basic

    def is_id(self, parameter: str) -> bool:
        """Return whether a path parameter is an id, which may not exist."""
        return self.operation.path.get(parameter) is UUID

    def is_index(self, parameter: str) -> bool:
        """Return whether a path parameter counts something from 0."""
        return self.operation.path.get(parameter) is int


def routes_of(table: Mapping[str, Mapping[str, RouteEntry]]) -> Iterator[Route]:
    """Yield every route except those that follow from others: preflight routes, and HEAD with the function of GET."""
    for path, methods in table.items():
        for method, entry in methods.items():
            repeats_get = method == "HEAD" and entry.view_function is methods["GET"].view_function
            if method != "OPTIONS" and not repeats_get:
                yield Route(path, method, entry, vars(entry.view_function)["operation"])


def ref(kind: str, name: str) -> Json:
    """Return a reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}
