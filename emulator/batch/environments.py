"""Compute environments: their records, and the rules for changing and deleting them."""

import uuid
from collections.abc import Callable
from typing import Any

from emulator.batch.errors import ClientError
from emulator.batch.naming import Arns, check_name, page

EC2_TYPES = {"EC2", "SPOT"}
SCALING_FIELDS = {"minvCpus", "maxvCpus", "desiredvCpus"}
"""Any compute environment can change these. The rest needs the service-linked role (Batch user guide)."""
REQUEST_ONLY_FIELDS = {"updateToLatestImageVersion"}


class ComputeEnvironments:
    """The compute environments of the account. They have no instances: jobs run on this machine."""

    def __init__(self, arns: Arns, queues_using: Callable[[str], list[str]]) -> None:
        self._arns = arns
        self._queues_using = queues_using
        self._environments: dict[str, dict[str, Any]] = {}

    def create(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """CreateComputeEnvironment; it is VALID at once.

        Raises:
            ClientError: the name is taken or not valid, or the resources contradict themselves.
        """
        name = parameters["computeEnvironmentName"]
        check_name("computeEnvironmentName", name)
        if name in self._environments:
            raise ClientError("Object already exists")
        if "eksConfiguration" in parameters:
            raise ClientError("Compute environments on EKS are not available here.")
        detail = {
            "state": "ENABLED",
            "tags": {},
            **parameters,
            # Some clients write "none" as an empty text.
            "serviceRole": parameters.get("serviceRole") or self._service_linked_role,
            "computeEnvironmentArn": self._arns.make("compute-environment", name),
            "ecsClusterArn": f"arn:aws:ecs:{self._arns.region}:{self._arns.account}:cluster/AWSBatch-{name}",
            "containerOrchestrationType": "ECS",
            "status": "VALID",
            "statusReason": "ComputeEnvironment Healthy",
            "uuid": str(uuid.uuid4()),
        }
        if detail["type"] == "MANAGED":
            resources = {"minvCpus": 0, **detail.get("computeResources", {})}
            detail["computeResources"] = {"desiredvCpus": resources["minvCpus"], **resources}
            _check_resources(detail["computeResources"])
        self._environments[name] = detail
        return _identity(detail)

    def update(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """UpdateComputeEnvironment.

        Raises:
            ClientError: it does not exist, the change needs another role or allocation strategy, or the
                result contradicts itself.
        """
        detail = self.get(parameters["computeEnvironment"])
        changed = {k: v for k, v in parameters.items() if k not in ("computeEnvironment", "computeResources")}
        resources = {
            key: value
            for key, value in parameters.get("computeResources", {}).items()
            if key not in REQUEST_ONLY_FIELDS
        }
        if resources:
            self._check_replaceable(detail, resources)
            changed["computeResources"] = detail.get("computeResources", {}) | resources
            _check_resources(changed["computeResources"])
        detail.update(changed)
        if parameters.get("computeResources", {}).get("updateToLatestImageVersion"):
            _take_newest_images(detail["computeResources"])
        return _identity(detail)

    def describe(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """DescribeComputeEnvironments: the named ones that exist, or all."""
        wanted = {
            self._name_of(reference)
            for reference in parameters.get("computeEnvironments", self._environments)
        }
        found = [detail for name, detail in self._environments.items() if name in wanted]
        return page(parameters, "computeEnvironments", found, dict)

    def delete(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """DeleteComputeEnvironment.

        Raises:
            ClientError: it does not exist, is not DISABLED, or a queue uses it.
        """
        detail = self.get(parameters["computeEnvironment"])
        if detail["state"] != "DISABLED":
            raise ClientError("Cannot delete, compute environment must be in DISABLED state")
        if self._queues_using(detail["computeEnvironmentArn"]):
            raise ClientError("Cannot delete, found existing JobQueue relationship")
        del self._environments[detail["computeEnvironmentName"]]
        return {}

    def get(self, reference: str) -> dict[str, Any]:
        """Return the compute environment with this name or ARN, as Describe shows it.

        Raises:
            ClientError: there is none.
        """
        detail = self._environments.get(self._name_of(reference))
        if detail is None:
            raise ClientError(f"{reference} does not exist")
        return detail

    def all(self) -> list[dict[str, Any]]:
        """Return every compute environment."""
        return list(self._environments.values())

    def _name_of(self, reference: str) -> str:
        return self._arns.name_of("compute-environment", reference)

    @property
    def _service_linked_role(self) -> str:
        path = "aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
        return f"arn:aws:iam::{self._arns.account}:role/{path}"

    def _check_replaceable(self, detail: dict[str, Any], changes: dict[str, Any]) -> None:
        fields = sorted(set(changes) - SCALING_FIELDS)
        strategy = detail.get("computeResources", {}).get("allocationStrategy", "BEST_FIT")
        if fields and (strategy == "BEST_FIT" or detail["serviceRole"] != self._service_linked_role):
            raise ClientError(
                f"Cannot update {', '.join(fields)}: the compute environment must use the service-linked "
                "role and an allocation strategy other than BEST_FIT."
            )


def _identity(detail: dict[str, Any]) -> dict[str, Any]:
    return {key: detail[key] for key in ("computeEnvironmentName", "computeEnvironmentArn")}


def _take_newest_images(resources: dict[str, Any]) -> None:
    """Set the status of all images to LATEST. Only images that an instance has used have a status."""
    for image in resources.get("ec2Configuration", []):
        if "batchImageStatus" in image:
            image["batchImageStatus"] = "LATEST"


def _check_resources(resources: dict[str, Any]) -> None:
    if "type" not in resources:
        raise ClientError("computeResources must be provided for a MANAGED compute environment")
    if not 0 <= resources["minvCpus"] <= resources["maxvCpus"] or resources["maxvCpus"] < 1:
        raise ClientError("computeResources: 0 <= minvCpus <= maxvCpus and 1 <= maxvCpus must hold")
    if not resources.get("subnets"):
        raise ClientError("computeResources.subnets must not be empty")
    if not 1 <= resources.get("bidPercentage", 100) <= 100:
        raise ClientError("computeResources.bidPercentage must be between 1 and 100")
    if resources["type"] not in EC2_TYPES:
        return
    if missing := [field for field in ("instanceTypes", "instanceRole") if not resources.get(field)]:
        raise ClientError(f"computeResources.{missing[0]} must be given for type {resources['type']}")
    strategy = resources.get("allocationStrategy", "BEST_FIT")
    if strategy.startswith("SPOT_") and resources["type"] != "SPOT":
        raise ClientError(f"Allocation strategy {strategy} is for type SPOT, not {resources['type']}")
    if strategy == "BEST_FIT" and resources["type"] == "SPOT" and not resources.get("spotIamFleetRole"):
        raise ClientError("computeResources.spotIamFleetRole must be given for type SPOT with BEST_FIT")
