"""The roles of tasks: credentials of the job role, as ECS serves them; what the execution role may do."""

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import LocalCloud
from local.policies import allows_service

PATH = "/v2/credentials/"
ECS_TASKS = "ecs-tasks.amazonaws.com"


class RoleError(Exception):
    """A role can't be assumed for a task, or does not allow what the task needs."""


class TaskRoles:
    """Hands out temporary credentials of the roles that running jobs have been granted.

    A job gets a URL of its own and fetches credentials there whenever it needs fresh ones, so that a job may
    run longer than credentials last.
    """

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._iam = cloud.client("iam")
        self._sts = cloud.client("sts")
        self._grants: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def grant(self, role_arn: str, session_name: str) -> Iterator[str]:
        """Yield the URL that gives credentials of the role while the block runs.

        Raises:
            RoleError: the role does not exist or does not trust ECS tasks.
        """
        self._check_trust(role_arn)
        self._assume(role_arn, session_name)
        identifier = str(uuid.uuid4())
        with self._lock:
            self._grants[identifier] = (role_arn, session_name)
        try:
            yield f"{self._cloud.batch_endpoint}{PATH}{identifier}"
        finally:
            with self._lock:
                del self._grants[identifier]

    def issue(self, path: str) -> dict[str, str] | None:
        """Return fresh credentials for a granted path, in the form that SDKs expect; None if not granted.

        Raises:
            RoleError: the role can't be assumed any more.
        """
        with self._lock:
            grant = self._grants.get(path.removeprefix(PATH))
        return self._assume(*grant) if grant else None

    def check_allowed(self, role_arn: str, actions: Sequence[str], resource: str) -> None:
        """Check that an execution role allows what is done with it.

        Raises:
            RoleError: it does not exist, does not trust ECS tasks, or does not allow one of the actions.
        """
        self._check_trust(role_arn)
        results = self._iam.simulate_principal_policy(
            PolicySourceArn=role_arn, ActionNames=list(actions), ResourceArns=[resource]
        )["EvaluationResults"]
        if denied := [result["EvalActionName"] for result in results if result["EvalDecision"] != "allowed"]:
            raise RoleError(f"AccessDeniedException: {role_arn} does not allow {denied[0]} on {resource}")

    def _check_trust(self, role_arn: str) -> None:
        """MiniStack does not tell services apart, so this does."""
        try:
            role = self._iam.get_role(RoleName=role_arn.rsplit("/", 1)[-1])["Role"]
        except (BotoCoreError, ClientError) as error:
            raise RoleError(str(error)) from error
        if not allows_service(role["AssumeRolePolicyDocument"], ECS_TASKS, "sts:AssumeRole"):
            raise RoleError(f"the trust policy of {role_arn} does not let {ECS_TASKS} assume it")

    def _assume(self, role_arn: str, session_name: str) -> dict[str, str]:
        try:
            answer = self._sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name)
        except (BotoCoreError, ClientError) as error:
            raise RoleError(str(error)) from error
        credentials = answer["Credentials"]
        return {
            "RoleArn": role_arn,
            "AccessKeyId": credentials["AccessKeyId"],
            "SecretAccessKey": credentials["SecretAccessKey"],
            "Token": credentials["SessionToken"],
            "Expiration": credentials["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
