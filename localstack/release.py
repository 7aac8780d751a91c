"""Deploy the current code into the running local stack and publish how to reach it.

The deployment itself is infra/deploy.py, as for any stage. Run by localstack/stack.py, which makes the environment.
"""

from __future__ import annotations

import json
import os
from typing import Any

import boto3

from infra import bundle, deploy
from localstack.home import Home

API_STAGE = "api"


def main() -> None:
    home = Home.chosen()
    with home.deploying():
        deploy.main(["--stage", "local", "--outputs", str(home.outputs)])
        known: dict[str, str] = json.loads(home.outputs.read_text())
        fill_gateway_responses(known["RestAPIId"], json.loads(bundle.build("local").template.read_text()))
        url = os.environ["S3_PUBLIC_ENDPOINT_URL"]
        home.publish(
            {
                "api": f"{url}/_aws/execute-api/{known['RestAPIId']}/{API_STAGE}",
                "web": None,
                "s3": url,
                "auth": {"issuer": known["AuthIssuer"], "client_id": known["AuthClientId"]},
            }
        )


def fill_gateway_responses(api_id: str, template: dict[str, Any]) -> bool:
    """Make the gateway's own refusals look as the template says; answers whether anything had to be done.

    AWS takes them from `x-amazon-apigateway-gateway-responses` in the API's definition; MiniStack 1.5.33 does not.
    """
    client: Any = boto3.client("apigateway")
    present = {r["responseType"]: r for r in client.get_gateway_responses(restApiId=api_id, limit=500)["items"]}
    changed = False
    for kind, wanted in template["Resources"]["RestAPI"]["Properties"]["GatewayResponses"].items():
        headers = wanted["ResponseParameters"]["Headers"]
        response = {
            "statusCode": str(wanted["StatusCode"]),
            "responseParameters": {f"gatewayresponse.header.{k}": v for k, v in headers.items()},
            "responseTemplates": wanted["ResponseTemplates"],
        }
        if any(present.get(kind, {}).get(key) != value for key, value in response.items()):
            client.put_gateway_response(restApiId=api_id, responseType=kind, **response)
            changed = True
    if changed:
        client.create_deployment(restApiId=api_id, stageName=API_STAGE)
    return changed


if __name__ == "__main__":
    main()
