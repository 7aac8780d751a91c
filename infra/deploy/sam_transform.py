"""The templates as CloudFormation works on them, for checkers that know neither SAM nor YAML aliases nor repetitions.

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

from infra.deploy import deploy
from infra.packaging import bundle


class _NoManagedPolicies:
    """Roles here have policies of their own only."""

    def load(self) -> dict[str, str]:
        return {}


def write(folder: Path) -> None:
    """Write every stack's template into a folder, transformed."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in deploy.STACKS:
        source = (
            bundle.build("prod", architecture=None).template.read_text()
            if part == "functions"
            else deploy.template(part)
        )
        template: dict[str, Any] = json.loads(source)
        if part == "functions":
            template = transform(template, {"Stage": "prod"}, _NoManagedPolicies())
        template["Resources"] = dict(_unrolled(template["Resources"]))
        (folder / f"{part}.json").write_text(json.dumps(template, indent=1))


def _unrolled(resources: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Fn::ForEach written out."""
    found: list[tuple[str, Any]] = []
    for name, resource in resources.items():
        if not name.startswith("Fn::ForEach"):
            found.append((name, resource))
            continue
        variable, values, body = resource
        for value in values:
            text = json.dumps(body).replace(f"&{{{variable}}}", "".join(filter(str.isalnum, value)))
            text = text.replace(f"${{{variable}}}", value).replace(json.dumps({"Ref": variable}), json.dumps(value))
            found += json.loads(text).items()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the templates as CloudFormation works on them.")
    parser.add_argument("folder", type=Path)
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # SAM asks for one; nothing is sent anywhere
    write(parser.parse_args().folder)


if __name__ == "__main__":
    main()
