"""The templates as CloudFormation expands them, for checkers that know neither SAM nor YAML aliases.

python -m infra.deploy.sam_transform FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform

from infra.deploy import stage
from infra.packaging import bundle


class _NoManagedPolicies:
    """Our roles have inline policies only."""

    def load(self) -> dict[str, str]:
        return {}


def write(folder: Path) -> None:
    """Write every stack's expanded template into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in stage.STACKS:
        is_functions = part == "functions"
        source = bundle.build("prod", architecture=None).template.read_text() if is_functions else stage.template(part)
        template: dict[str, Any] = json.loads(source)
        if is_functions:
            template = expand(template, {"Stage": "prod", "ConfigurationHash": "0" * 64})
        (folder / f"{part}.json").write_text(json.dumps(template, indent=1))


def expand(template: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Expand SAM's resources, with these values of the template's parameters."""
    defaults = {name: str(p["Default"]) for name, p in template["Parameters"].items() if "Default" in p}
    expanded: dict[str, Any] = transform(template, {**defaults, **values}, _NoManagedPolicies())
    return expanded


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the templates as CloudFormation expands them.")
    parser.add_argument("folder", type=Path)
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # SAM requires one; nothing is sent
    write(parser.parse_args().folder)


if __name__ == "__main__":
    main()
