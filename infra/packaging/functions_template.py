"""Complete Chalice's template with properties common to all functions, and the gateway's responses.

infra/functions.yaml contains what differs. This module adds to each function its name, log group and role; to a function with a
database the network and the right to connect; to a function that gets a secret or a queue's address the right to use it; and to
the consumers of queues the settings declared next to their handlers (chalicelib/events/consumer.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from chalicelib.api import middleware, problem
from chalicelib.events.consumer import CONSUMERS, Consumer
from chalicelib.platform import errors
from chalicelib.platform.aws.queues import Queue
from infra.packaging import sizes
from infra.packaging.sizes import SizeLimits

Json = dict[str, Any]
NO_VALUE: Json = {"Ref": "AWS::NoValue"}
FUNCTION = "AWS::Serverless::Function"
SHORT_NAMES = {"APIHandler": "Api"}  # Chalice's logical name is longer than the function's
CONSUME = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
SECRETS = ("SECRET_KEY", "SIGNING_SECRET", "ORIGIN_SECRET", "SPEECHIFY_API_KEY", "OPENAI_TTS_API_KEY")
DATABASE_USERS = {
    "DatabaseUrl": "visionary_app",
    "SweepDatabaseUrl": "visionary_sweep",
    "MigrationDatabaseUrl": "visionary_owner",
}
VPC: Json = {
    "SubnetIds": {"Fn::Split": [",", {"Ref": "SubnetIds"}]},
    "SecurityGroupIds": {"Fn::Split": [",", {"Ref": "SecurityGroupIds"}]},
    "Ipv6AllowedForDualStack": True,
}
# Lambda creates the network interface itself; EC2 supports no resources for these calls.
JOIN_VPC: Json = {
    "Effect": "Allow",
    "Action": [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ],
    "Resource": "*",
}
# AWS's own key for Parameter Store needs no right. The service's name is this one behind dual-stack endpoints, too.
DECRYPT_SECRETS: Json = {
    "Effect": "Allow",
    "Action": "kms:Decrypt",
    "Resource": {"Ref": "SecretsKmsKeyArn"},
    "Condition": {"StringEquals": {"kms:ViaService": {"Fn::Sub": "ssm.${AWS::Region}.${AWS::URLSuffix}"}}},
}
TRACE: Json = {"Effect": "Allow", "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"}
# resolv.conf(5). No signal interrupts the resolver, whose own limits (5 s, twice, for each domain to search) are 20 s and more.
RESOLVER_OPTIONS = "timeout:1 attempts:2"
GATEWAY_TIMEOUT = ("timeout", "Gateway timeout")  # the only status that the API itself never sends
# An empty list of sources is 'none', with quotes that API Gateway's syntax does not allow.
GATEWAY_HEADERS: Mapping[str, str] = {
    **middleware.SECURITY_HEADERS,
    "Content-Type": problem.MEDIA_TYPE,
    "Content-Security-Policy": "default-src; frame-ancestors; sandbox",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After,WWW-Authenticate,X-Request-Id",
}


def complete(template: Json, gateway_responses: Path) -> None:
    """Complete a packaged template in place."""
    functions = {name: resource for name, resource in template["Resources"].items() if resource.get("Type") == FUNCTION}
    consumers = {_logical_name(name): consumer for name, consumer in CONSUMERS.items()}
    for name, function in functions.items():
        template["Resources"] |= _complete_function(name, function["Properties"], consumers.get(name))
    template.setdefault("Mappings", {})["Sizes"] = {size: _size(limits) for size, limits in sizes.ALL.items()}
    responses = yaml.safe_load(gateway_responses.read_text())
    api = template["Resources"]["RestAPI"]["Properties"]
    api["GatewayResponses"] = {kind: _gateway_response(**response) for kind, response in responses.items()}


def _complete_function(name: str, properties: Json, consumer: Consumer | None) -> Json:
    """Add the shared properties to a function; return its log group and its role. `Policies` become the role's statements."""
    short = SHORT_NAMES.get(name, name)
    variables = properties["Environment"]["Variables"]
    statements = [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": [f"{short}Logs", "Arn"]},
        },
        _if("Traced", TRACE),
        *_use_secrets(variables),
        *_send_messages(variables),
    ]
    if "DATABASE_URL" in variables:
        properties["VpcConfig"] = _if("InVpc", VPC)
        statements += [_connect(variables["DATABASE_URL"]["Ref"]), _if("InVpc", JOIN_VPC)]
        variables["DATABASE_IAM_AUTH"] = {"Fn::If": ["IamAuth", "true", "false"]}
        # The subnets reach AWS by IPv6 only; a custom endpoint and dual-stack endpoints exclude each other.
        variables["AWS_USE_DUALSTACK_ENDPOINT"] = _if("InVpc", "true")
    if consumer:
        properties |= {
            "Timeout": consumer.timeout_s,
            "MemorySize": consumer.memory_mb,
            "Events": _events(name, consumer),
        }
        if any(_send_messages(variables)):
            # Its messages can lead back to it, as those of a recording's segments do. Lambda would stop the 17th invocation.
            properties["RecursiveLoop"] = "Allow"
        queues = [{"Ref": f"{_logical_name(source.queue)}QueueArn"} for source in consumer.sources]
        statements.append({"Effect": "Allow", "Action": CONSUME, "Resource": queues})
    variables["FUNCTION_TIMEOUT_S"] = str(properties["Timeout"])  # the limits of its calls are parts of it
    variables["RES_OPTIONS"] = RESOLVER_OPTIONS
    function_name = {"Fn::Sub": f"visionary-${{Stage}}-{_kebab(short)}"}
    properties |= {
        "FunctionName": function_name,
        "Role": {"Fn::GetAtt": [f"{short}Role", "Arn"]},
        "Tracing": {"Fn::If": ["Traced", "Active", "PassThrough"]},
        "LoggingConfig": {"LogGroup": {"Ref": f"{short}Logs"}},
    }
    return {
        f"{short}Logs": {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "LogGroupName": {"Fn::Sub": f"/aws/lambda/{function_name['Fn::Sub']}"},
                "RetentionInDays": {"Ref": "LogRetentionDays"},
            },
        },
        f"{short}Role": _role([*statements, *properties.pop("Policies", [])]),
    }


def _role(statements: list[Json]) -> Json:
    assume = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assume]},
            "Policies": [
                {"PolicyName": "work", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}},
            ],
        },
    }


def _use_secrets(variables: Json) -> Iterator[Json]:
    """Yield the rights to read the secrets of the function's variables, and set SECRET_PARAMETERS."""
    names = [name for name in SECRETS if name in variables]
    if not names:
        return
    parameters = ",".join(f"${{SecretsPath}}/{name}" for name in names)
    variables["SECRET_PARAMETERS"] = _if("SecretsStored", {"Fn::Sub": parameters})
    arn = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${SecretsPath}/"
    resources = [{"Fn::Sub": arn + name} for name in names]
    yield _if("SecretsStored", {"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": resources})
    yield _if("SecretsHaveOwnKey", DECRYPT_SECRETS)


def _send_messages(variables: Json) -> Iterator[Json]:
    """Yield the right to send to the queues of the function's variables."""
    queues = [
        {"Ref": f"{_logical_name(queue)}QueueArn"} for queue in Queue if f"{queue.upper()}_QUEUE_URL" in variables
    ]
    if queues:
        yield {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queues}


def _connect(parameter: str) -> Json:
    arn = "arn:${AWS::Partition}:rds-db:${AWS::Region}:${AWS::AccountId}:dbuser:"
    user = DATABASE_USERS[parameter]
    resource: Json = {"Fn::Sub": f"{arn}${{DatabaseResourceId}}/{user}"}
    if parameter == "MigrationDatabaseUrl":  # past the proxy, where there is one
        ids = ({"Ref": "MigrationDatabaseResourceId"}, {"Ref": "DatabaseResourceId"})
        resource = {"Fn::Sub": [f"{arn}${{Id}}/{user}", {"Id": {"Fn::If": ["MigratesDirectly", *ids]}}]}
    return _if("IamAuth", {"Effect": "Allow", "Action": "rds-db:connect", "Resource": resource})


def _events(function: str, consumer: Consumer) -> Json:
    events = {}
    for source in consumer.sources:
        queue = _logical_name(source.queue)
        # Logical names that deployed stacks have: another name would replace the mapping, and with it pause the queue.
        name = f"{function}SqsEventSource" if len(consumer.sources) == 1 else queue.removeprefix("Speech")
        events[name] = {
            "Type": "SQS",
            "Properties": {
                "Queue": {"Ref": f"{queue}QueueArn"},
                "BatchSize": source.batch_size,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                **({"Enabled": {"Fn::If": [source.polling.value, False, True]}} if source.polling else {}),
                "ScalingConfig": {"MaximumConcurrency": {"Fn::FindInMap": ["Sizes", {"Ref": "Size"}, queue]}},
            },
        }
    return events


def _size(limits: SizeLimits) -> Json:
    return {_logical_name(queue): limit for queue, limit in limits.consumers.items()} | {
        "ApiRateLimit": limits.api_requests_per_s,
        "ApiBurstLimit": limits.api_burst,
        "UserRateLimit": limits.user_requests_per_s,
        "DatabaseConnections": limits.database_connections,
    }


def _gateway_response(status: int, detail: str) -> Json:
    family = {error.status: error for error in errors.AppError.__subclasses__()} | {500: errors.AppError}
    code, title = (family[status].code, family[status].title) if status in family else GATEWAY_TIMEOUT
    document = problem.Problem(
        type=f"urn:visionary:problem:{code}",
        title=title,
        status=status,
        code=code,
        detail=detail,
        message=detail,
        errors=[],
        request_id="$context.requestId",
    )
    headers = {name: f"'{value}'" for name, value in GATEWAY_HEADERS.items()} | {"X-Request-Id": "context.requestId"}
    if status == 401:
        headers["WWW-Authenticate"] = "'Bearer'"
    if status in {429, 503, 504}:
        headers["Retry-After"] = "'1'"
    return {
        "StatusCode": status,
        "ResponseParameters": {"Headers": headers},
        "ResponseTemplates": {"application/json": json.dumps(document.model_dump(), separators=(",", ":"))},
    }


def _if(condition: str, value: Any) -> Json:
    return {"Fn::If": [condition, value, NO_VALUE]}


def _logical_name(name: str) -> str:
    """Return the logical name in a template: run_speech_job → RunSpeechJob."""
    return "".join(part.capitalize() for part in name.split("_"))


def _kebab(logical_name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", logical_name).lower()
