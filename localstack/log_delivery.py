"""Resources of CloudWatch's log delivery in CloudFormation; MiniStack 1.5.33 has their API, but not the resource types.

A stage whose distribution logs requests can so be deployed, destroyed and deployed again locally. No log is ever written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
Created = tuple[str, Json]  # the physical id, and the attributes


def register() -> None:
    """Teach the emulator's CloudFormation the three resource types."""
    from ministack.services import cloudwatch_logs as logs
    from ministack.services.cloudformation import provisioners

    def create_source(_logical_id: str, properties: Json, _stack: str) -> Created:
        name = properties["Name"]
        request = {"name": name, "resourceArn": properties["ResourceArn"], "logType": properties["LogType"]}
        return name, {"Arn": _call(logs._put_delivery_source, request)["deliverySource"]["arn"]}

    def create_destination(_logical_id: str, properties: Json, _stack: str) -> Created:
        name = properties["Name"]
        request = {
            "name": name,
            "outputFormat": properties["OutputFormat"],
            "deliveryDestinationConfiguration": {"destinationResourceArn": properties["DestinationResourceArn"]},
        }
        return name, {"Arn": _call(logs._put_delivery_destination, request)["deliveryDestination"]["arn"]}

    def create_delivery(_logical_id: str, properties: Json, _stack: str) -> Created:
        request = {
            "deliverySourceName": properties["DeliverySourceName"],
            "deliveryDestinationArn": properties["DeliveryDestinationArn"],
            "recordFields": properties["RecordFields"],
        }
        delivery = _call(logs._create_delivery, request)["delivery"]
        return delivery["id"], {"DeliveryId": delivery["id"]}

    provisioners._RESOURCE_HANDLERS |= {
        "AWS::Logs::DeliverySource": {
            "create": create_source,
            "delete": lambda name, _properties: logs._delete_delivery_source({"name": name}),
        },
        "AWS::Logs::DeliveryDestination": {
            "create": create_destination,
            "delete": lambda name, _properties: logs._delete_delivery_destination({"name": name}),
        },
        "AWS::Logs::Delivery": {
            "create": create_delivery,
            "delete": lambda delivery_id, _properties: logs._delete_delivery({"id": delivery_id}),
        },
    }


def _call(action: Callable[[Json], tuple[int, Mapping[str, str], bytes]], request: Json) -> Json:
    status, _, body = action(request)
    if status >= 400:
        raise ValueError(body.decode())
    response: Json = json.loads(body)
    return response
