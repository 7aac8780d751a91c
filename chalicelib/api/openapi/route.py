"""The route table, line by line, as the description needs it."""

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
Schemas = Mapping[tuple[Any, Mode], Json]  # of a model, as it is taken or as it is given
EXAMPLES: Json = json.loads(Path(__file__).with_name("examples.json").read_text())


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the route table."""

    path: str
    method: str
    entry: RouteEntry
    contract: Operation

    @property
    def has_owner(self) -> bool:
        """Whether it is done as a user, who has rights and limits."""
        return self.entry.authorizer is not None or self.contract.capability is not None

    def is_id(self, parameter: str) -> bool:
        """Whether a part of the path is an id, so that the thing may not exist."""
        return self.contract.path.get(parameter) is UUID


def routes_of(table: Mapping[str, Mapping[str, RouteEntry]]) -> Iterator[Route]:
    """Every route but those that answer preflights, which every path has."""
    for path, methods in table.items():
        for method, entry in methods.items():
            if method != "OPTIONS":
                yield Route(path, method, entry, vars(entry.view_function)["operation"])


def ref(kind: str, name: str) -> Json:
    """A reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}
