"""EventBridge targets: submit a job, write a log event, start a runbook, publish or send a message."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from emulator.automation.runbooks import AutomationError, RunbookExecutor
from emulator.cloud import LocalCloud
from emulator.events.input_template import Event, render_input
from emulator.policies import allows_service

EVENTBRIDGE = "events.amazonaws.com"
RETRIED_CODES = {"ServerException", "ThrottlingException", "InternalError", "ServiceUnavailable"}


class DeliveryError(Exception):
    """An event could not be delivered; ``code`` is one of EventBridge's dead-letter error codes."""

    def __init__(self, code: str, message: str, *, retriable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retriable = retriable


class EventBridgeTargets:
    """Delivers an event to a target. It checks the permissions that EventBridge needs for it."""

    def __init__(self, cloud: LocalCloud, runbooks: RunbookExecutor) -> None:
        self._runbooks = runbooks
        self._batch = cloud.client("batch")
        self._iam = cloud.client("iam")
        self._logs = cloud.client("logs")
        self._sns = cloud.client("sns")
        self._sqs = cloud.client("sqs")
        self._deliveries: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any], Event], None]] = {
            "batch": self._submit_job,
            "logs": self._log,
            "sns": self._publish,
            "sqs": self._send,
            "ssm": self._start_runbook,
        }

    def deliver(self, rule: Mapping[str, Any], target: Mapping[str, Any], event: Event) -> None:
        """Deliver ``event`` to ``target`` of ``rule``.

        Raises:
            DeliveryError: it can't be delivered; ``retriable`` says whether another try may help.
        """
        delivery = self._deliveries.get(service_of(target["Arn"]))
        if delivery is None:
            raise DeliveryError(
                "INVALID_PARAMETER", f"Targets such as {target['Arn']} are not available here."
            )
        with _as_delivery_errors():
            delivery(rule, target, event)

    def send_dead_letter(
        self, rule: Mapping[str, Any], queue_arn: str, event: Event, attributes: Mapping[str, str]
    ) -> None:
        """Put an event into a dead-letter queue; ``attributes`` of the message describe the error.

        Raises:
            DeliveryError: the queue does not exist or does not let EventBridge send.
        """
        with _as_delivery_errors():
            self._send_to_queue(queue_arn, json.dumps(event, ensure_ascii=False), rule, attributes)

    def _submit_job(self, rule: Mapping[str, Any], target: Mapping[str, Any], event: Event) -> None:
        settings = target["BatchParameters"]
        self._check_role(rule, target, "batch:SubmitJob", (target["Arn"], _definition_arn(target)))
        request = _job_request(render_input(target, rule, event))
        if attempts := settings.get("RetryStrategy", {}).get("Attempts"):
            request["retryStrategy"] = {"attempts": attempts}
        if "ArrayProperties" in settings:
            raise DeliveryError("INVALID_PARAMETER", "Array jobs are not available here.")
        self._batch.submit_job(
            jobName=settings["JobName"],
            jobQueue=target["Arn"],
            jobDefinition=settings["JobDefinition"],
            **request,
        )

    def _publish(self, rule: Mapping[str, Any], target: Mapping[str, Any], event: Event) -> None:
        arn = target["Arn"]
        policy = self._sns.get_topic_attributes(TopicArn=arn)["Attributes"].get("Policy", "{}")
        _check_resource_policy(policy, "sns:Publish", arn, rule)
        self._sns.publish(TopicArn=arn, Message=render_input(target, rule, event))

    def _send(self, rule: Mapping[str, Any], target: Mapping[str, Any], event: Event) -> None:
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        self._send_to_queue(target["Arn"], render_input(target, rule, event), rule, {}, group)

    def _send_to_queue(
        self,
        arn: str,
        body: str,
        rule: Mapping[str, Any],
        attributes: Mapping[str, str],
        group: str | None = None,
    ) -> None:
        url = self._sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"]
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        _check_resource_policy(answer.get("Attributes", {}).get("Policy", "{}"), "sqs:SendMessage", arn, rule)
        self._sqs.send_message(
            QueueUrl=url,
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
            **({"MessageGroupId": group} if group else {}),
        )

    def _log(self, rule: Mapping[str, Any], target: Mapping[str, Any], event: Event) -> None:
        arn = target["Arn"].removesuffix(":*")
        group, stream = arn.split(":log-group:", 1)[1], str(uuid.uuid4())
        policies = self._logs.describe_resource_policies()["resourcePolicies"]
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            if not any(
                allows_service(
                    policy["policyDocument"],
                    EVENTBRIDGE,
                    action,
                    f"{arn}:log-stream:{stream}",
                    _context(rule),
                )
                for policy in policies
            ):
                raise DeliveryError(
                    "NO_PERMISSIONS", f"No policy of CloudWatch Logs allows {EVENTBRIDGE} {action} on {arn}."
                )
        self._logs.create_log_stream(logGroupName=group, logStreamName=stream)
        entry = {"timestamp": time.time_ns() // 1_000_000, "message": render_input(target, rule, event)}
        self._logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[entry])

    def _start_runbook(self, rule: Mapping[str, Any], target: Mapping[str, Any], event: Event) -> None:
        definition_arn = target["Arn"].split("/", 1)
        if not definition_arn[0].endswith(":automation-definition"):
            raise DeliveryError("INVALID_PARAMETER", f"{target['Arn']} is not available here.")
        self._check_role(rule, target, "ssm:StartAutomationExecution", (target["Arn"],))
        parameters = _json_object(render_input(target, rule, event))
        try:
            self._runbooks.start(definition_arn[1].split(":")[0], parameters)
        except AutomationError as error:
            raise DeliveryError("INVALID_PARAMETER", str(error)) from error

    def _check_role(
        self, rule: Mapping[str, Any], target: Mapping[str, Any], action: str, resources: Sequence[str]
    ) -> None:
        """Check the target's role: it must trust EventBridge and allow the action on the resources."""
        role_arn = target.get("RoleArn", "")
        if not role_arn:
            raise DeliveryError("NO_PERMISSIONS", f"The target needs a role that allows {action}.")
        role = self._iam.get_role(RoleName=role_arn.rsplit("/", 1)[-1])["Role"]
        if not allows_service(
            role["AssumeRolePolicyDocument"], EVENTBRIDGE, "sts:AssumeRole", context=_context(rule)
        ):
            raise DeliveryError("FAILED_TO_ASSUME_ROLE", f"{role_arn} does not trust {EVENTBRIDGE}.")
        for resource in resources:
            answer = self._iam.simulate_principal_policy(
                PolicySourceArn=role_arn, ActionNames=[action], ResourceArns=[resource]
            )
            if answer["EvaluationResults"][0]["EvalDecision"] != "allowed":
                raise DeliveryError("NO_PERMISSIONS", f"{role_arn} does not allow {action} on {resource}.")


def service_of(arn: str) -> str:
    """Return the service in an ARN, such as "batch"."""
    return arn.split(":", 3)[2]


def _definition_arn(target: Mapping[str, Any]) -> str:
    definition: str = target["BatchParameters"]["JobDefinition"]
    account = target["Arn"].split(":job-queue/")[0]
    return definition if definition.startswith("arn:") else f"{account}:job-definition/{definition}"


def _job_request(text: str) -> dict[str, Any]:
    """Turn the input of a Batch target into parameters of SubmitJob; the two spell names differently."""
    value = _json_object(text)
    request: dict[str, Any] = {}
    if "Parameters" in value:
        request["parameters"] = value["Parameters"]
    if "ContainerOverrides" in value:
        request["containerOverrides"] = _lower_camel_case(value["ContainerOverrides"])
    return request


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise DeliveryError("INVALID_JSON", f"The target's input is not JSON: {error}: {text}") from error
    if not isinstance(value, dict):
        raise DeliveryError("INVALID_JSON", f"The target's input is not a JSON object: {text}")
    return value


def _lower_camel_case(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _lower_camel_case(item) for key, item in value.items()}
    return [_lower_camel_case(item) for item in value] if isinstance(value, list) else value


def _check_resource_policy(policy: str, action: str, arn: str, rule: Mapping[str, Any]) -> None:
    if not allows_service(policy, EVENTBRIDGE, action, arn, _context(rule)):
        raise DeliveryError("NO_PERMISSIONS", f"The policy of {arn} does not allow {EVENTBRIDGE} {action}.")


def _context(rule: Mapping[str, Any]) -> dict[str, str]:
    return {"aws:SourceArn": rule["Arn"], "aws:SourceAccount": rule["Arn"].split(":")[4]}


@contextmanager
def _as_delivery_errors() -> Iterator[None]:
    """Turn errors of API calls into delivery errors with EventBridge's codes."""
    try:
        yield
    except ParamValidationError as error:
        raise DeliveryError("INVALID_PARAMETER", str(error)) from error
    except BotoCoreError as error:
        raise DeliveryError("CONNECTION_FAILURE", str(error), retriable=True) from error
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code in RETRIED_CODES:
            raise DeliveryError("INTERNAL_ERROR", message, retriable=True) from error
        missing = "not found" in message or "NonExistent" in code or "NotFound" in code or "NoSuch" in code
        raise DeliveryError("NO_RESOURCE" if missing else "INVALID_PARAMETER", message) from error
