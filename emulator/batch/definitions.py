"""Job definitions. Revisions have numbers; they never change and can only be deregistered."""

from typing import Any

from emulator.batch.errors import ClientError
from emulator.batch.naming import Arns, check_name, page
from emulator.batch.retry import check_strategy
from emulator.batch.settings import BatchSettings

EMPTY_CONTAINER: dict[str, Any] = {
    "command": [],
    "environment": [],
    "mountPoints": [],
    "resourceRequirements": [],
    "secrets": [],
    "ulimits": [],
    "volumes": [],
}
RESERVED_PREFIX = "AWS_BATCH"


class JobDefinitions:
    """The job definitions of the account, each a list of revisions."""

    def __init__(self, arns: Arns, settings: BatchSettings) -> None:
        self._arns = arns
        self._settings = settings
        self._revisions: dict[str, list[dict[str, Any]]] = {}

    def register(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """RegisterJobDefinition: add the next revision of the name.

        Raises:
            ClientError: a setting is not valid, or this service can't run such a job.
        """
        name = parameters["jobDefinitionName"]
        check_name("jobDefinitionName", name)
        self._check(parameters)
        revisions = self._revisions.setdefault(name, [])
        revision = len(revisions) + 1
        detail = {
            "parameters": {},
            "tags": {},
            **parameters,
            "containerProperties": EMPTY_CONTAINER | parameters["containerProperties"],
            "containerOrchestrationType": "ECS",
            "jobDefinitionArn": self._arns.make("job-definition", f"{name}:{revision}"),
            "revision": revision,
            "status": "ACTIVE",
        }
        revisions.append(detail)
        return {key: detail[key] for key in ("jobDefinitionName", "jobDefinitionArn", "revision")}

    def deregister(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """DeregisterJobDefinition: the revision becomes INACTIVE.

        Raises:
            ClientError: no revision is named, or there is none.
        """
        reference = parameters["jobDefinition"]
        if ":" not in self._name_of(reference):
            raise ClientError(f"{reference} does not name a revision (name:revision or an ARN)")
        self._find(reference)["status"] = "INACTIVE"
        return {}

    def describe(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """DescribeJobDefinitions: by ``jobDefinitions`` or by ``jobDefinitionName``, and by ``status``."""
        wanted = {self._name_of(reference) for reference in parameters.get("jobDefinitions", [])}
        name, status = parameters.get("jobDefinitionName"), parameters.get("status")
        found = [
            detail
            for detail in self.all()
            if (not wanted or not wanted.isdisjoint(_references(detail)))
            and (name is None or detail["jobDefinitionName"] == name)
            and (status is None or detail["status"] == status)
        ]
        return page(parameters, "jobDefinitions", found, dict)

    def to_submit(self, reference: str) -> dict[str, Any]:
        """Return the definition that a job asks for: a revision, or the latest active one of a name.

        Raises:
            ClientError: there is none, or it is INACTIVE.
        """
        detail = self._find(reference)
        if detail["status"] != "ACTIVE":
            raise ClientError(f"JobDefinition {reference} is not ACTIVE")
        return detail

    def all(self) -> list[dict[str, Any]]:
        """Return every revision of every definition."""
        return [detail for revisions in self._revisions.values() for detail in revisions]

    def _name_of(self, reference: str) -> str:
        return self._arns.name_of("job-definition", reference)

    def _find(self, reference: str) -> dict[str, Any]:
        wanted = self._name_of(reference)
        candidates = [detail for detail in self.all() if wanted in _references(detail)]
        if not candidates:
            raise ClientError(f"JobDefinition {reference} not found")
        return max(candidates, key=lambda detail: (detail["status"] == "ACTIVE", detail["revision"]))

    def _check(self, parameters: dict[str, Any]) -> None:
        if parameters["type"] != "container" or "containerProperties" not in parameters:
            raise ClientError(
                "Only job definitions of type container with containerProperties are available here."
            )
        container = parameters["containerProperties"]
        if not container.get("image"):
            raise ClientError("containerProperties.image must be given")
        if container.get("secrets"):
            raise ClientError("containerProperties.secrets are not available here.")
        if container.get("logConfiguration", {}).get("logDriver", "awslogs") != "awslogs":
            raise ClientError("Only the log driver awslogs is available here.")
        required = {item["type"] for item in container.get("resourceRequirements", [])}
        for kind, former_field in (("VCPU", "vcpus"), ("MEMORY", "memory")):
            if kind not in required and former_field not in container:
                raise ClientError(f"containerProperties.resourceRequirements needs {kind}")
        check_environment(container.get("environment", []))
        check_strategy(parameters.get("retryStrategy", {}))
        check_timeout(parameters.get("timeout", {}), self._settings)


def check_environment(environment: list[dict[str, str]]) -> None:
    """Refuse variables without a name and those that Batch itself sets.

    Raises:
        ClientError: a name is missing or starts with ``AWS_BATCH``.
    """
    for variable in environment:
        name = variable.get("name")
        if not name:
            raise ClientError("An environment variable needs a name")
        if name.startswith(RESERVED_PREFIX):
            raise ClientError(f"Environment variable {name}: names with {RESERVED_PREFIX} are reserved")


def check_timeout(timeout: dict[str, int], settings: BatchSettings) -> None:
    """Refuse a timeout that is too short.

    Raises:
        ClientError: it is shorter than the settings allow.
    """
    seconds = timeout.get("attemptDurationSeconds", settings.minimum_timeout_seconds)
    if seconds < settings.minimum_timeout_seconds:
        raise ClientError(
            f"timeout.attemptDurationSeconds {seconds} is below {settings.minimum_timeout_seconds}"
        )


def _references(detail: dict[str, Any]) -> tuple[str, str]:
    name = detail["jobDefinitionName"]
    return name, f"{name}:{detail['revision']}"
