"""Weighted alias of the functions behind the API: a release gets 10 % of the requests, and after ten minutes all.

API Gateway invokes the alias `live`. Every deployment publishes a version of these functions, and CodeDeploy shifts the alias to
it. If the alarm is raised meanwhile, CodeDeploy shifts it back, and CloudFormation rolls the whole stack back. SAM adds the
versions, the aliases, and CodeDeploy's resources. Consumers of queues have no alias: a failed message returns to its queue.
"""

from __future__ import annotations

import json
from typing import Any

ALIAS = "live"
FUNCTIONS = {"APIHandler": "api", "Authorize": "authorize", "AuthorizePlayer": "authorize-player"}
# By name: infra/monitoring.yaml has it, which a first deployment creates later. A first alias has nothing to shift.
ALARM_NAME = "visionary-${Stage}-api-failing"
# Ten minutes: the alarm needs three bad ones, and metrics of the gateway arrive some minutes late.
PARAMETERS: dict[str, dict[str, Any]] = {
    "ConfigurationHash": {
        "Type": "String",
        "Description": "Hash of all other parameters. Another one publishes new versions",
    },
    "TrafficShift": {
        "Type": "String",
        "AllowedValues": ["Canary10Percent10Minutes", "AllAtOnce"],
        "Default": "Canary10Percent10Minutes",
        "Description": "How requests move to a release. A rollback moves all of them at once",
    },
    "SnapStart": {
        "Type": "String",
        "AllowedValues": ["None", "PublishedVersions"],
        "Default": "None",
        "Description": "PublishedVersions starts the functions behind the API from snapshots: about 8 USD a month",
    },
}


def add(template: dict[str, Any]) -> None:
    """Put an alias in front of each function behind the API, in place."""
    resources = template["Resources"]
    template["Parameters"] |= PARAMETERS
    definition = json.dumps(resources["RestAPI"]["Properties"]["DefinitionBody"])
    for name in FUNCTIONS:
        alias = f"{name}Alias{ALIAS}"  # SAM's logical id; its Ref is the alias's ARN
        resources[name]["Properties"] |= {
            "AutoPublishAlias": ALIAS,
            "AutoPublishCodeSha256": {
                "Ref": "ConfigurationHash"
            },  # SAM's own hash is of the code, without the settings
            "SnapStart": {"ApplyOn": {"Ref": "SnapStart"}},
            "VersionDeletionPolicy": "Delete",  # otherwise each deployment leaves a version behind
            "DeploymentPreference": {"Type": {"Ref": "TrafficShift"}, "Alarms": [{"Fn::Sub": ALARM_NAME}]},
        }
        resources[f"{name}InvokePermission"]["Properties"]["FunctionName"] = {"Ref": alias}
        definition = definition.replace(f"${{{name}.Arn}}", f"${{{alias}}}")
    resources["RestAPI"]["Properties"]["DefinitionBody"] = json.loads(definition)
