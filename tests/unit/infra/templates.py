"""The templates as deployed, with helpers to resolve their conditions for the cloud."""

from typing import Any

CLOUD = {
    "AudioChecksLayerKey": "layers/audio_checks.zip",
    "AudioExportLayerKey": "layers/audio_export.zip",
    "DocumentsLayerKey": "layers/documents.zip",
    "DatabaseResourceId": "cluster-ABC",
    "SubnetIds": "subnet-1,subnet-2",
    "SecretsPath": "/visionary/prod",
    "SecretsKmsKeyArn": "arn:key",
    "TraceEnabled": "true",
    "ApiReservedConcurrency": "-1",
    "AvEngine": "guardduty",
    "ApiAccessLogs": "true",
    "SetGatewayLogRole": "true",
    "DatabaseAdminSecretArn": "arn:admin",
    "MigrationDatabaseResourceId": "cluster-ABC",
}


def is_true(template: dict[str, Any], condition: Any) -> bool:
    """Evaluate a condition with the parameters of CLOUD."""
    if isinstance(condition, str):
        return is_true(template, template["Conditions"][condition])
    if "Condition" in condition:
        return is_true(template, condition["Condition"])
    if "Fn::And" in condition:
        return all(is_true(template, part) for part in condition["Fn::And"])
    if "Fn::Not" in condition:
        return not is_true(template, condition["Fn::Not"][0])
    left, right = condition["Fn::Equals"]
    return str(CLOUD[left["Ref"]]) == str(right)


def resolve_conditions(template: dict[str, Any], value: Any) -> Any:
    """Replace every Fn::If by its branch in the cloud; what is left out is None."""
    if isinstance(value, list):
        resolved = [resolve_conditions(template, item) for item in value]
        return [item for item in resolved if item is not None]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        return resolve_conditions(template, yes if is_true(template, condition) else no)
    if value == {"Ref": "AWS::NoValue"}:
        return None
    return {k: r for k, v in value.items() if (r := resolve_conditions(template, v)) is not None}


def resources(template: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the properties of the resources of a type, at least one, by name."""
    matching = {n: r["Properties"] for n, r in template["Resources"].items() if r["Type"] == kind}
    assert matching, f"no {kind}"
    return matching


def lambdas(template: dict[str, Any]) -> dict[str, Any]:
    return resources(template, "AWS::Serverless::Function")
