"""The permissions that an operation of Batch needs.

See the Service Authorization Reference, "Actions, resources, and condition keys for AWS Batch".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.batch.naming import Arns

EVERYTHING = "*"
"""The resource of actions that are not on single resources."""

RESOURCES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "CancelJob": (("job", "jobId"),),
    "CreateComputeEnvironment": (("compute-environment", "computeEnvironmentName"),),
    "CreateJobQueue": (("job-queue", "jobQueueName"),),
    "DeleteComputeEnvironment": (("compute-environment", "computeEnvironment"),),
    "DeleteJobQueue": (("job-queue", "jobQueue"),),
    "DeregisterJobDefinition": (("job-definition", "jobDefinition"),),
    "ListTagsForResource": (("", "resourceArn"),),
    "RegisterJobDefinition": (("job-definition", "jobDefinitionName"),),
    "SubmitJob": (("job-queue", "jobQueue"), ("job-definition", "jobDefinition")),
    "TagResource": (("", "resourceArn"),),
    "TerminateJob": (("job", "jobId"),),
    "UntagResource": (("", "resourceArn"),),
    "UpdateComputeEnvironment": (("compute-environment", "computeEnvironment"),),
    "UpdateJobQueue": (("job-queue", "jobQueue"),),
}
"""For actions on single resources: the kind of resource, and the parameter that names it."""


ECS_TASKS = "ecs-tasks.amazonaws.com"
BATCH = "batch.amazonaws.com"

ROLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "CreateComputeEnvironment": (("serviceRole", BATCH),),
    "RegisterJobDefinition": (
        ("containerProperties.jobRoleArn", ECS_TASKS),
        ("containerProperties.executionRoleArn", ECS_TASKS),
    ),
    "UpdateComputeEnvironment": (("serviceRole", BATCH),),
}
"""The parameters that name roles, and the service that gets the role. Callers need ``iam:PassRole``."""


def resources_of(operation: str, parameters: Mapping[str, Any], arns: Arns) -> tuple[str, ...]:
    """Return the ARNs of the resources on which ``operation`` must be allowed."""
    named = [(kind, str(parameters[name])) for kind, name in RESOURCES.get(operation, ())]
    found = tuple(
        reference if reference.startswith("arn:") else arns.make(kind, reference) for kind, reference in named
    )
    return found or (EVERYTHING,)


def passed_roles(operation: str, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the ARN of each role that the caller passes, and the service that gets it."""
    for path, service in ROLES.get(operation, ()):
        value: Any = parameters
        for name in path.split("."):
            value = value.get(name) or {}
        if value:
            yield str(value), service
