"""Where emulated AWS listens, and boto3 clients for it."""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

ACCESS_KEY = "test"
"""MiniStack's root credentials: account 000000000000, allowed everything."""


@dataclass(frozen=True)
class LocalCloud:
    """The endpoints of one emulated AWS account: everything but Batch, and Batch."""

    aws_endpoint: str
    batch_endpoint: str
    region: str = "us-east-1"

    def client(self, service: str) -> Any:
        """Return a boto3 client of ``service`` with the account's root credentials."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.batch_endpoint if service == "batch" else self.aws_endpoint,
            region_name=self.region,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=ACCESS_KEY,
            config=Config(
                s3={"addressing_style": "path"},
                retries={"mode": "standard", "max_attempts": 3},
                connect_timeout=5,
                read_timeout=30,
                max_pool_connections=32,
            ),
        )

    def environment(self) -> dict[str, str]:
        """Return the variables by which boto3 in another process finds this account."""
        return {
            "AWS_ENDPOINT_URL": self.aws_endpoint,
            "AWS_ENDPOINT_URL_BATCH": self.batch_endpoint,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
