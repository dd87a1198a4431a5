"""The emulated AWS account in which a deployment creates its resources."""

import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from emulator.cloud import LocalCloud

PARTITION = "aws"


class Account:
    """One account in one region: its boto3 clients, which threads may share, and its ARNs."""

    def __init__(self, cloud: LocalCloud, default_tags: Mapping[str, str] | None = None) -> None:
        self.region = cloud.region
        self.default_tags = dict(default_tags or {})
        self._cloud = cloud
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """Return the boto3 client of ``service``. It is made once."""
        # Threads may share a client, but only one thread may make clients.
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._cloud.client(service)
            return self._clients[service]

    @property
    def batch_endpoint(self) -> str:
        """The URL of Batch."""
        return self._cloud.batch_endpoint

    @cached_property
    def id(self) -> str:
        """The account number, twelve digits."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        return f"arn:{PARTITION}:{service}:{self.region}:{self.id}:{resource}"
