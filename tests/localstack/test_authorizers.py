"""The authorizers that LocalStack itself would not call (localstack/docker_authorizers.py)."""

from typing import Any

import pytest
import requests

from tests.localstack.conftest import REGION, LocalStack


@pytest.fixture
def api(localstack: LocalStack) -> str:
    """Return the URL of an API whose only method has an authorizer, the function of which does not exist."""
    gateway: Any = localstack.aws("apigateway")
    api_id = gateway.create_rest_api(name="guarded")["id"]
    root = gateway.get_resources(restApiId=api_id)["items"][0]["id"]
    function = f"arn:aws:lambda:{REGION}:000000000000:function:missing"
    authorizer = gateway.create_authorizer(
        restApiId=api_id,
        name="authorize",
        type="REQUEST",
        authorizerUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
        identitySource="method.request.header.Authorization",
    )
    method = {"restApiId": api_id, "resourceId": root, "httpMethod": "GET"}
    gateway.put_method(**method, authorizationType="CUSTOM", authorizerId=authorizer["id"])
    gateway.put_integration(**method, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    gateway.put_method_response(**method, statusCode="200")
    gateway.put_integration_response(**method, statusCode="200")
    gateway.create_deployment(restApiId=api_id, stageName="api")
    return f"{localstack.url}/_aws/execute-api/{api_id}/api"


def test_localstack_has_run_the_file(localstack: LocalStack) -> None:
    (script,) = requests.get(f"{localstack.url}/_localstack/init/start", timeout=30).json()["scripts"]
    assert (script["name"], script["state"]) == ("authorizers.py", "SUCCESSFUL")


def test_a_request_without_a_token_is_refused(api: str) -> None:
    assert requests.get(api, timeout=30).status_code == 401


def test_a_request_whose_authorizer_fails_is_refused(api: str) -> None:
    response = requests.get(api, headers={"Authorization": "Bearer token"}, timeout=30)
    assert response.status_code == 500
