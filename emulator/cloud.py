"""The endpoints and the key of emulated AWS, and boto3 clients for it."""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from emulator.access.credentials import Credentials


@dataclass(frozen=True)
class LocalCloud:
    """One emulated AWS account: the endpoint of Batch, that of all other services, and the account's key."""

    aws_endpoint: str
    batch_endpoint: str
    credentials: Credentials
    region: str = "us-east-1"
    attempts: int = 4
    """How often a client sends a request that nobody answers, with up to 1, 2 and 4 seconds between."""

    def client(self, service: str) -> Any:
        """Return a boto3 client of ``service`` with the account's own key."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.batch_endpoint if service == "batch" else self.aws_endpoint,
            region_name=self.region,
            aws_access_key_id=self.credentials.access_key_id,
            aws_secret_access_key=self.credentials.secret_access_key,
            config=Config(
                s3={"addressing_style": "path"},
                retries={"mode": "standard", "total_max_attempts": self.attempts},
                connect_timeout=5,
                read_timeout=30,
                max_pool_connections=32,
            ),
        )

    def environment(self) -> dict[str, str]:
        """Return the variables by which AWS's clients find this account. They do not contain a key."""
        return {
            "AWS_ENDPOINT_URL": self.aws_endpoint,
            "AWS_ENDPOINT_URL_BATCH": self.batch_endpoint,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client_environment(self) -> dict[str, str]:
        """Return the variables by which AWS's clients find this account and may do everything in it."""
        return {**self.environment(), **self.credentials.environment()}
