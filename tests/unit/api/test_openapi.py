"""The OpenAPI document is valid, lists exactly the routes, and describes what they really return."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client
from openapi_spec_validator import validate
from pydantic import BaseModel, TypeAdapter, ValidationError

from app import app
from chalicelib.api.openapi import document, introduction
from chalicelib.api.openapi.route import EXAMPLES
from chalicelib.api.operation import Operation
from chalicelib.api.routes import docs
from chalicelib.platform import config

ROOT = Path(__file__).parent.parent.parent.parent
Json = dict[str, Any]
ROUTES = [
    (path, method, entry)
    for path, methods in app.routes.items()
    for method, entry in methods.items()
    if method != "OPTIONS" and not (method == "HEAD" and entry.view_function is methods["GET"].view_function)
]
ONLY_405 = {("/v1/mcp", "GET"), ("/v1/mcp", "DELETE")}  # which the protocol demands of servers without sessions
OPERATIONS: list[Operation] = [vars(entry.view_function)["operation"] for _, _, entry in ROUTES]


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"STAGE": "test", "INCOMING_BUCKET": "i", "LIBRARY_BUCKET": "l"}.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()


@pytest.fixture
def described(settings: None) -> Json:
    del settings
    return document.build(app.routes, version="1.2.3")


def operations(described: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def test_it_is_valid_openapi(described: Json) -> None:
    assert described["openapi"] == "3.1.0"
    validate(described)


def test_it_lists_exactly_the_routes(described: Json) -> None:
    assert {(path, method) for path, method, _ in operations(described)} == {
        (path, method) for path, method, _ in ROUTES
    }
    names = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(names) == len(set(names))


def test_routes_without_an_authorizer_are_declared_public() -> None:
    for (path, method, entry), declared in zip(ROUTES, OPERATIONS, strict=True):
        assert (entry.authorizer is None) == (declared.public or declared.basic), f"{method} {path}"


def test_every_path_has_a_preflight_route() -> None:
    assert all("OPTIONS" in methods for methods in app.routes.values())


def test_a_path_segment_has_one_parameter_name_as_the_gateway_requires() -> None:
    names: dict[str, set[str]] = {}
    for path in app.routes:
        for before, part in pairwise(re.split(r"(?=/)", path)):
            if part.startswith("/{"):
                names.setdefault(path[: path.index(part)] or before, set()).add(part)
    assert all(len(parameters) == 1 for parameters in names.values()), names


def test_every_possible_error_is_documented(described: Json) -> None:
    for path, method, operation in operations(described):
        stated = set(operation["responses"])
        assert {"403", "429", "5XX"} <= stated
        if operation["security"] or "{token}" in path:
            assert {"401", "503"} <= stated, path
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= stated, path
        if any(parameter.get("in") == "query" for parameter in operation["parameters"]):
            assert "422" in stated, path
        if re.search(r"\{\w+_id\}", path):
            assert "404" in stated, path
        assert (path, method) in ONLY_405 or any(status < "400" for status in stated), f"{method} {path} never succeeds"
        for status in stated:
            if status >= "400" and path != "/health":
                (name,) = operation["responses"][status].values()
                assert described["components"]["responses"][name.rpartition("/")[2]]["content"].keys() == {
                    "application/problem+json"
                }


def test_it_describes_the_credentials_of_each_route(described: Json) -> None:
    paths = described["paths"]
    assert paths["/v1/media"]["get"]["security"] == [{"bearer": []}, {"apiKey": ["media:read"]}]
    assert paths["/v1/api-keys"]["get"]["security"] == [{"bearer": []}]
    assert paths["/v1/media/stream/{media_id}"]["get"]["security"] == [
        {"bearer": []},
        {"apiKey": ["media:read"]},
        {"capability": []},
    ]
    assert paths["/health"]["get"]["security"] == []


def test_routes_that_create_take_an_idempotency_key(described: Json) -> None:
    for (path, method, _), declared in zip(ROUTES, OPERATIONS, strict=True):
        takes_key = {"$ref": "#/components/parameters/IdempotencyKey"} in described["paths"][path][method.lower()][
            "parameters"
        ]
        assert takes_key == declared.creates


def component_name(model: type[BaseModel]) -> str:
    return document.SCHEMA_NAMES.get(model.__name__, model.__name__)


def test_every_body_has_an_example_and_every_example_is_valid(described: Json) -> None:
    models = {
        component_name(model): model
        for declared in OPERATIONS
        for model in (declared.body, declared.query, declared.response_model)
        if model
    }
    bodies = {component_name(declared.body) for declared in OPERATIONS if declared.body}
    examples = EXAMPLES["schemas"]
    assert bodies <= examples.keys() <= described["components"]["schemas"].keys()
    for name, example in examples.items():
        TypeAdapter(models[name]).validate_json(json.dumps(example))


@pytest.mark.parametrize("model", sorted({declared.body for declared in OPERATIONS if declared.body}, key=str))
def test_exactly_the_nullable_fields_of_a_body_take_null(described: Json, model: type[BaseModel]) -> None:
    name = component_name(model)
    for field, schema in described["components"]["schemas"][name].get("properties", {}).items():
        try:
            model.model_validate({**EXAMPLES["schemas"][name], field: None})
            faulty: set[Any] = set()
        except ValidationError as error:
            faulty = {fault["loc"][0] for fault in error.errors() if fault["loc"]}
        assert (field in faulty) == ({"type": "null"} not in schema.get("anyOf", ())), field


def test_no_field_of_a_body_has_a_default_because_generated_clients_would_demand_it(described: Json) -> None:
    schemas = described["components"]["schemas"]
    method = schemas["NewUpload"]["properties"]["method"]
    assert method == {"$ref": "#/components/schemas/Method", "description": 'Default: `"PUT"`.'}
    assert not [
        (name, field)
        for name in ({component_name(declared.body) for declared in OPERATIONS if declared.body} | {"NewLexiconEntry"})
        for field, schema in schemas[name].get("properties", {}).items()
        if "default" in schema
    ]


def test_the_four_numbers_of_a_speech_mark_have_a_type_for_every_generator(described: Json) -> None:
    mark = described["components"]["schemas"]["Mark"]
    assert (mark["items"], mark["minItems"], mark["maxItems"]) == ({"type": "integer"}, 4, 4)


def test_the_documented_limits_are_those_of_the_code(described: Json) -> None:
    text = described["info"]["description"]
    for limit in (
        "104,857,600 bytes",
        "10 in 60 seconds",
        "| 100 (25 by default)",
        "| 2,000 |",
        "5,000,000 characters",
    ):
        assert limit in text
    assert "| 15 minutes |" in text
    assert "| 30 days |" in text
    assert "{" not in introduction.text()


def test_every_error_code_is_documented(described: Json) -> None:
    """Codes are literals in the sources. Those of voice adapters do not reach clients."""
    sources = [path for path in (ROOT / "chalicelib").rglob("*.py") if "voices" not in path.parts]
    used = {code for source in sources for code in re.findall(r'(?:[( ,]code=|    code = )"(\w+)"', source.read_text())}
    explained = dict(re.findall(r"\| `(\w+)` \| (\d{3}) \|", described["info"]["description"]))
    assert used - explained.keys() - {"internal_error"} == set()  # the general one of its status
    assert explained.keys() - used - {"method_not_allowed", "rate_limited"} == set()


def test_the_viewer_loads_only_its_own_files_and_no_inline_scripts() -> None:
    with Client(app) as client:
        page = client.http.get("/docs")
        assert page.status_code == 200
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page.body.decode(), re.DOTALL)
        assert scripts
        assert not any(content for _, content in scripts)
        for attributes, _ in scripts:
            (source,) = re.findall(r'src="([^"]*)"', attributes)
            script = client.http.get(f"/{source}")
            assert (script.status_code, script.headers["Content-Type"]) == (200, docs.JAVASCRIPT)
        assert "//" not in page.body.decode()
        assert client.http.get("/docs/page.html").status_code == 404


def test_the_document_is_cacheable_and_readable_by_allowed_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://app.example")
    config.settings.cache_clear()
    with Client(app) as client:
        response = client.http.get("/openapi.json", headers={"Origin": "https://app.example"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert response.json_body["paths"].keys() == app.routes.keys()
