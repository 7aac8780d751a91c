"""Deploy the current code into the running local stack, and publish its addresses.

The deployment is that of every stage (infra/deploy/deploy.py). Run by localstack/stack.py, with the stack's environment. With
`--warm-up`, functions that make speech load while the page is built, and have loaded when it ends.
"""

from __future__ import annotations

import argparse
import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3

from infra.deploy import deploy
from infra.packaging import bundle
from localstack import warm_up
from localstack.home import Home
from localstack.token import DEMO_USER, token

API_STAGE = "api"
FUNCTIONS_STACK = "visionary-local-functions"


def main() -> None:
    parser = argparse.ArgumentParser(description="Deploy the current code into the running local stack.")
    parser.add_argument("--warm-up", action="store_true")
    is_warmed_up = parser.parse_args().warm_up
    home = Home.chosen()
    with home.deploying(), ThreadPoolExecutor(sum(warm_up.COPIES.values())) as invocations:
        template: dict[str, Any] = json.loads(bundle.build("local").template.read_text())
        api = json.dumps(template["Resources"]["RestAPI"]["Properties"], sort_keys=True)
        if not home.rest_api.exists() or home.rest_api.read_text() != api:
            delete_functions()
        on_release = partial(warm_up.start, invocations) if is_warmed_up else None
        deploy.main(["--stage", "local", "--outputs", str(home.outputs)], on_release=on_release)
        home.rest_api.write_text(api)
        outputs: dict[str, str] = json.loads(home.outputs.read_text())
        update_gateway_responses(outputs["RestAPIId"], template)
        url = os.environ["S3_PUBLIC_ENDPOINT_URL"]
        home.publish(
            {
                "api": f"{url}/_aws/execute-api/{outputs['RestAPIId']}/{API_STAGE}",
                "web": os.environ["WEB_URL"],
                "s3": url,
                "auth": {"issuer": outputs["AuthIssuer"], "client_id": outputs["AuthClientId"]},
            }
        )
        token(home, DEMO_USER)  # creates the user that the page offers


def delete_functions() -> None:
    """Delete the functions' stack, which has no data, so that it is recreated.

    AWS updates an API in place. MiniStack 1.5.33 creates a second API first, which the fixed id does not allow.
    """
    stacks = boto3.client("cloudformation")
    stacks.delete_stack(StackName=FUNCTIONS_STACK)
    stacks.get_waiter("stack_delete_complete").wait(StackName=FUNCTIONS_STACK, WaiterConfig={"Delay": 1})


def update_gateway_responses(api_id: str, template: dict[str, Any]) -> bool:
    """Set the gateway's own error responses to those of the template; return whether any differed.

    AWS reads them from `x-amazon-apigateway-gateway-responses` in the API's definition; MiniStack 1.5.33 does not.
    """
    client: Any = boto3.client("apigateway")
    present = {r["responseType"]: r for r in client.get_gateway_responses(restApiId=api_id, limit=500)["items"]}
    changed = False
    for kind, declared in template["Resources"]["RestAPI"]["Properties"]["GatewayResponses"].items():
        headers = declared["ResponseParameters"]["Headers"]
        response = {
            "statusCode": str(declared["StatusCode"]),
            "responseParameters": {f"gatewayresponse.header.{k}": v for k, v in headers.items()},
            "responseTemplates": declared["ResponseTemplates"],
        }
        if any(present.get(kind, {}).get(key) != value for key, value in response.items()):
            client.put_gateway_response(restApiId=api_id, responseType=kind, **response)
            changed = True
    if changed:
        client.create_deployment(restApiId=api_id, stageName=API_STAGE)
    return changed


if __name__ == "__main__":
    main()
