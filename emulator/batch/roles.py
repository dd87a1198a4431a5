"""Roles of tasks: serve credentials of the job role as ECS does, and check the execution role."""

import hmac
import secrets
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emulator.access import service_headers
from emulator.cloud import LocalCloud
from emulator.policies import allows_service

PATH = "/v2/credentials/"
ECS_TASKS = "ecs-tasks.amazonaws.com"


class RoleError(Exception):
    """A role can't be assumed for a task, or does not allow what the task needs."""


@dataclass(frozen=True)
class _Grant:
    role_arn: str
    session_name: str
    token: str


class TaskRoles:
    """Gives running jobs temporary credentials of their roles.

    A job gets a URL and a token, and fetches new credentials there when it needs them. So it can run longer
    than credentials are valid.
    """

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._iam = cloud.client("iam")
        self._sts = cloud.client("sts")
        self._sts.meta.events.register("before-sign.sts.AssumeRole", self._sign_as_ecs)
        self._grants: dict[str, _Grant] = {}
        self._lock = threading.Lock()

    @contextmanager
    def grant(self, role_arn: str, session_name: str) -> Iterator[dict[str, str]]:
        """Yield the variables by which SDKs find credentials of the role. They work within the block.

        Raises:
            RoleError: the role does not exist or does not trust ECS tasks.
        """
        self._assume(role_arn, session_name)
        identifier = str(uuid.uuid4())
        grant = _Grant(role_arn, session_name, secrets.token_urlsafe())
        with self._lock:
            self._grants[identifier] = grant
        try:
            yield {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self._cloud.batch_endpoint}{PATH}{identifier}",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": grant.token,
            }
        finally:
            with self._lock:
                del self._grants[identifier]

    def issue(self, path: str, token: str) -> dict[str, str] | None:
        """Return new credentials for the path and token of a grant; None if there is no such grant.

        Raises:
            RoleError: the role can't be assumed any more.
        """
        with self._lock:
            grant = self._grants.get(path.removeprefix(PATH))
        if grant is None or not hmac.compare_digest(grant.token.encode(), token.encode()):
            return None
        return self._assume(grant.role_arn, grant.session_name)

    def check_allowed(self, role_arn: str, task_id: str, actions: Sequence[str], resource: str) -> None:
        """Check that an execution role allows the actions that ECS does with it for a task.

        Raises:
            RoleError: the role does not exist, does not trust ECS tasks, or does not allow an action.
        """
        self._check_trust(role_arn, task_id)
        results = self._iam.simulate_principal_policy(
            PolicySourceArn=role_arn, ActionNames=list(actions), ResourceArns=[resource]
        )["EvaluationResults"]
        if denied := [result["EvalActionName"] for result in results if result["EvalDecision"] != "allowed"]:
            raise RoleError(f"AccessDeniedException: {role_arn} does not allow {denied[0]} on {resource}")

    def _check_trust(self, role_arn: str, task_id: str) -> None:
        """Check the trust policy only: the emulator does not assume the execution role."""
        try:
            role = self._iam.get_role(RoleName=role_arn.rsplit("/", 1)[-1])["Role"]
        except (BotoCoreError, ClientError) as error:
            raise RoleError(str(error)) from error
        task_arn = self._task_arn(role_arn, task_id)
        context = {"aws:SourceArn": task_arn, "aws:SourceAccount": task_arn.split(":")[4]}
        if not allows_service(role["AssumeRolePolicyDocument"], ECS_TASKS, "sts:AssumeRole", context=context):
            raise RoleError(f"the trust policy of {role_arn} does not let {ECS_TASKS} assume it")

    def _sign_as_ecs(self, request: Any, **_rest: Any) -> None:
        role_arn, task_id = request.data["RoleArn"], request.data["RoleSessionName"]
        request.headers[service_headers.SERVICE] = ECS_TASKS
        request.headers[service_headers.SOURCE_ARN] = self._task_arn(role_arn, task_id)

    def _task_arn(self, role_arn: str, task_id: str) -> str:
        _, partition, _, _, account, _ = role_arn.split(":", 5)
        return f"arn:{partition}:ecs:{self._cloud.region}:{account}:task/{task_id}"

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
