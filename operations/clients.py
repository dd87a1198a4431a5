"""Clients of AWS for operators' commands: they try again, and never wait for ever."""

from typing import Any

import boto3
from botocore.config import Config

CONNECTIONS = 32
CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 6},
    max_pool_connections=CONNECTIONS,
)


def client(service: str, region: str) -> Any:
    """Return a client with the credentials and endpoints that boto3 finds in its usual places."""
    return boto3.client(service, region_name=region, config=CONFIG)  # type: ignore[call-overload]
