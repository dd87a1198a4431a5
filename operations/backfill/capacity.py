"""What the queue of a stack may run at once, and at which price."""

from dataclasses import dataclass
from typing import Any

from components.aws.gpu_instances import vcpus
from components.monitoring.prices import ON_DEMAND_USD_PER_HOUR
from operations.errors import OperationError
from operations.service_times import SPOT_PRICE_SHARE


@dataclass(frozen=True)
class Capacity:
    """The compute environment that a queue uses."""

    max_vcpus: int
    instance_type: str
    """The first of its instance types."""

    is_spot: bool

    @staticmethod
    def of_queue(batch: Any, job_queue: str) -> "Capacity":
        """Ask Batch.

        Raises:
            OperationError: there is no such queue.
        """
        queues = batch.describe_job_queues(jobQueues=[job_queue])["jobQueues"]
        if not queues:
            raise OperationError(f"{job_queue}: there is no such job queue; is the stack destroyed?")
        used = [each["computeEnvironment"] for each in queues[0]["computeEnvironmentOrder"]]
        (described, *_) = batch.describe_compute_environments(computeEnvironments=used)["computeEnvironments"]
        resources = described["computeResources"]
        return Capacity(resources["maxvCpus"], resources["instanceTypes"][0], resources["type"] == "SPOT")

    @property
    def instances_at_once(self) -> int:
        """How many instances run at once at most. Each has one GPU, and so one job."""
        return max(1, self.max_vcpus // vcpus(self.instance_type))

    @property
    def usd_per_hour(self) -> float | None:
        """The price of an hour of its first instance type in us-east-1, or None if it is not known here."""
        price = ON_DEMAND_USD_PER_HOUR.get(self.instance_type)
        return price * SPOT_PRICE_SHARE if price and self.is_spot else price
