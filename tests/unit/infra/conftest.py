"""Templates as they are deployed: storage and identity as written, the functions merged by Chalice and completed."""

import json
from typing import Any

import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from infra.deploy.stage import INFRA
from infra.packaging import bundle


@pytest.fixture(scope="session")
def functions() -> dict[str, Any]:
    template: dict[str, Any] = json.loads(bundle.build("local").template.read_text())
    return template


@pytest.fixture(scope="session")
def storage() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse((INFRA / "storage.yaml").read_text())
    return template


@pytest.fixture(scope="session")
def identity() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse((INFRA / "identity.yaml").read_text())
    return template
