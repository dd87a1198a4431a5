"""What IAM has to allow for an operation of Batch.

By the Service Authorization Reference, "Actions, resources, and condition keys for AWS Batch".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.batch.naming import Arns

EVERYTHING = "*"
"""The resource of actions that know no smaller one."""

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
"""Kind of resource, and the parameter that names it, for actions on single resources."""


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
"""Where parameters name roles, and who acts under them: callers must be allowed to pass them on."""


def resources_of(operation: str, parameters: Mapping[str, Any], arns: Arns) -> tuple[str, ...]:
    """Return the ARNs that ``operation`` needs to be allowed on, each of them."""
    named = [(kind, str(parameters[name])) for kind, name in RESOURCES.get(operation, ())]
    found = tuple(
        reference if reference.startswith("arn:") else arns.make(kind, reference) for kind, reference in named
    )
    return found or (EVERYTHING,)


def passed_roles(operation: str, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the ARN of each role that the caller must be allowed to pass, and the service that gets it."""
    for path, service in ROLES.get(operation, ()):
        value: Any = parameters
        for name in path.split("."):
            value = value.get(name) or {}
        if value:
            yield str(value), service
