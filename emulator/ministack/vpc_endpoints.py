"""Requests as if they came through the account's S3 gateway endpoint, for policies that ask for its VPC."""

from typing import Any

from ministack.core import iam_evaluator
from ministack.services import ec2

SOURCE_VPC = "aws:sourcevpc"


def let_requests_come_through_endpoints() -> None:
    """Have MiniStack tell policies the VPC of a gateway endpoint for S3, where the account has one.

    Jobs are processes of this machine: what would be in a VPC is all of it.
    """
    resolve = iam_evaluator._resolve_condition_key

    def resolve_with_vpc(key: str, context: Any) -> Any:
        return _vpc_of_s3_endpoint() if key.lower() == SOURCE_VPC else resolve(key, context)

    iam_evaluator._resolve_condition_key = resolve_with_vpc


def _vpc_of_s3_endpoint() -> str | None:
    for endpoint in ec2._vpc_endpoints.values():
        if endpoint["VpcEndpointType"] == "Gateway" and endpoint["ServiceName"].endswith(".s3"):
            return str(endpoint["VpcId"])
    return None
