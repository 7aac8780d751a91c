"""Lambda authorizers for LocalStack, whose free edition calls none: requests to the API would have no owner.

docker-compose.yml mounts this file where LocalStack runs it at its start, in its own process: `localstack` is LocalStack's
package here, and its `preprocess_request` is meant for such handlers.
"""

from __future__ import annotations

import json
from typing import Any

from localstack.aws.connect import connect_to  # type: ignore[import-not-found]
from localstack.services.apigateway.next_gen.execute_api import handlers  # type: ignore[import-not-found]
from localstack.services.apigateway.next_gen.execute_api.gateway_response import (  # type: ignore[import-not-found]
    AccessDeniedError,
    AuthorizerConfigurationError,
    UnauthorizedError,
)

UNAUTHORIZED = "Unauthorized"  # the gateway responds 401 to an exception with exactly this text, 500 for others


def authorize(_chain: Any, context: Any, _response: Any) -> None:
    """Call the method's authorizer, if it has one, and pass its result on. Raises the gateway's 401, 403 or 500."""
    if context.resource_method.get("authorizationType") != "CUSTOM":
        return
    authorizer = context.deployment.rest_api.authorizers[context.resource_method["authorizerId"]]
    request = context.invocation_request
    if "identitySource" in authorizer and "Authorization" not in request["headers"]:
        raise UnauthorizedError("Unauthorized")
    function = authorizer["authorizerUri"].split("/functions/")[1].removesuffix("/invocations")
    client = connect_to(aws_access_key_id=context.account_id, region_name=context.region).lambda_
    response = client.invoke(FunctionName=function, Payload=json.dumps(_event(context)))
    result = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        is_refused = result.get("errorMessage") == UNAUTHORIZED
        raise UnauthorizedError("Unauthorized") if is_refused else AuthorizerConfigurationError()
    if not any(statement["Effect"] == "Allow" for statement in result["policyDocument"]["Statement"]):
        raise AccessDeniedError("User is not authorized to access this resource")
    context.context_variables["authorizer"] = {"principalId": result["principalId"], **result.get("context", {})}


def _event(context: Any) -> dict[str, Any]:
    """Return the event of an authorizer that gets the whole request."""
    request = context.invocation_request
    api = f"arn:aws:execute-api:{context.region}:{context.account_id}:{context.api_id}/{context.stage}"
    return {
        "type": "REQUEST",
        "methodArn": f"{api}/{request['http_method']}{request['path']}",
        "resource": context.resource["path"],
        "path": request["path"],
        "httpMethod": request["http_method"],
        "headers": dict(request["headers"]),
        "queryStringParameters": dict(request["query_string_parameters"]),
        "pathParameters": dict(request["path_parameters"] or {}),
        "requestContext": dict(context.context_variables),
    }


handlers.preprocess_request.append(authorize)
