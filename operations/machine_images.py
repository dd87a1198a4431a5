"""Machine images of a stack: which ones run, how old they are, and whether there are newer ones."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from operations.errors import OperationError

UPDATE_AVAILABLE = "UPDATE_AVAILABLE"
LATEST = "LATEST"
VALID = "VALID"
UPDATING = "UPDATING"

NEWEST_IMAGE_PARAMETER = "/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended"
STACK_TAGS = ("Project", "Stack")
"""Tags that mark all resources of one stack and its instances."""


@dataclass(frozen=True)
class Environment:
    """A compute environment."""

    name: str
    status: str
    status_reason: str
    image_status: str | None
    """LATEST or UPDATE_AVAILABLE; None before its first instance."""

    update_policy: Mapping[str, Any]
    tags: Mapping[str, str]

    @staticmethod
    def from_description(described: Mapping[str, Any]) -> "Environment":
        """Read it from an answer of DescribeComputeEnvironments."""
        resources = described.get("computeResources", {})
        told = {each.get("batchImageStatus") for each in resources.get("ec2Configuration", [])}
        return Environment(
            name=described["computeEnvironmentName"],
            status=described["status"],
            status_reason=described.get("statusReason", ""),
            image_status=next((each for each in (UPDATE_AVAILABLE, LATEST) if each in told), None),
            update_policy=described.get("updatePolicy", {}),
            tags=described.get("tags", {}),
        )

    @property
    def stack_tags(self) -> dict[str, str]:
        """Those of its tags that all resources of the stack have."""
        return {name: self.tags[name] for name in STACK_TAGS if name in self.tags}


@dataclass(frozen=True)
class MachineImage:
    """An AMI and its creation date, if EC2 knows it."""

    image_id: str
    created: datetime | None = None

    def describe(self, now: datetime) -> str:
        """Return its id with its date and age."""
        if self.created is None:
            return f"{self.image_id}, of unknown age"
        return f"{self.image_id} of {self.created:%Y-%m-%d}, {(now - self.created).days} days old"


def find_environments(batch: Any, job_queue: str) -> list[Environment]:
    """Return all compute environments of the stack with this queue, whether the queue uses them or not.

    Raises:
        OperationError: there is no such queue.
    """
    queues = batch.describe_job_queues(jobQueues=[job_queue])["jobQueues"]
    if not queues:
        raise OperationError(f"{job_queue}: there is no such job queue; is the stack destroyed?")
    used = [each["computeEnvironment"] for each in queues[0]["computeEnvironmentOrder"]]
    described = batch.describe_compute_environments(computeEnvironments=used)["computeEnvironments"]
    own = [Environment.from_description(each) for each in described]
    tags = own[0].stack_tags if own else {}
    if len(tags) == len(STACK_TAGS):
        every = (Environment.from_description(each) for each in _all_environments(batch))
        own = [each for each in every if each.stack_tags == tags]
    return sorted(own, key=lambda each: each.name)


def find_images_in_use(ec2: Any, tags: Mapping[str, str]) -> dict[MachineImage, int]:
    """Return the images of the running instances with these tags, each with the number of instances."""
    filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in tags.items()]
    filters.append({"Name": "instance-state-name", "Values": ["pending", "running"]})
    counts = Counter(
        instance["ImageId"]
        for page in ec2.get_paginator("describe_instances").paginate(Filters=filters)
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    )
    return {image: counts[image.image_id] for image in _describe_images(ec2, counts)}


def find_newest_image(ssm: Any, ec2: Any) -> MachineImage | None:
    """Return the newest image with NVIDIA's driver that Amazon ECS offers, or None if the region has none."""
    try:
        parameter = ssm.get_parameter(Name=NEWEST_IMAGE_PARAMETER)["Parameter"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return None
    (image,) = _describe_images(ec2, [json.loads(parameter["Value"])["image_id"]])
    return image


def _describe_images(ec2: Any, image_ids: Iterable[str]) -> list[MachineImage]:
    wanted = sorted(image_ids)
    if not wanted:
        return []
    # With a filter, an image that was withdrawn is not an error.
    filters = [{"Name": "image-id", "Values": wanted}]
    answer = ec2.describe_images(Filters=filters, IncludeDeprecated=True)["Images"]
    created = {each["ImageId"]: each.get("CreationDate") for each in answer}
    return [MachineImage(each, _time(created.get(each))) for each in wanted]


def _all_environments(batch: Any) -> Iterator[dict[str, Any]]:
    for page in batch.get_paginator("describe_compute_environments").paginate():
        yield from page["computeEnvironments"]


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
