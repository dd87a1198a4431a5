"""Give requests the VPC of the account's S3 gateway endpoint, for policies with ``aws:SourceVpc``."""

from typing import Any

from ministack.core import iam_evaluator
from ministack.services import ec2

SOURCE_VPC = "aws:sourcevpc"


def let_requests_come_through_endpoints() -> None:
    """Make every request come from the VPC of a gateway endpoint for S3, if there is one.

    Jobs are processes of this machine, so the whole machine stands for the VPC.
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
