"""EventBridge rules and targets."""

import secrets
from typing import Any

from emulator.deployment.creation import Created, Creation, Handler
from emulator.deployment.errors import DeploymentError
from emulator.deployment.properties import Properties

NAME_LIMIT = 64
DEFAULT_BUS = "default"


def create_bus(new: Creation) -> Created:
    """``aws.cloudwatch.EventBus``."""
    events, name = new.client("events"), new.physical_name()
    arn = events.create_event_bus(Name=name, Tags=new.tag_list())["EventBusArn"]
    new.on_delete(events.delete_event_bus, Name=name)
    return Created(name, {"name": name, "arn": arn, "tagsAll": new.tags()})


def create_rule(new: Creation) -> Created:
    """``aws.cloudwatch.EventRule``."""
    events, name = new.client("events"), new.physical_name(limit=NAME_LIMIT)
    bus, state = new.inputs.get("eventBusName", DEFAULT_BUS), new.inputs.get("state", "ENABLED")
    arn = events.put_rule(
        Name=name,
        EventBusName=bus,
        State=state,
        Tags=new.tag_list(),
        **new.inputs.pascal("eventPattern", "scheduleExpression", "description", "roleArn"),
    )["RuleArn"]
    new.on_delete(events.delete_rule, Name=name, EventBusName=bus)
    return Created(
        name, {"name": name, "arn": arn, "eventBusName": bus, "state": state, "tagsAll": new.tags()}
    )


def create_target(new: Creation) -> Created:
    """``aws.cloudwatch.EventTarget``.

    Raises:
        DeploymentError: EventBridge refuses the target.
    """
    events, rule = new.client("events"), new.inputs.get("rule")
    bus = new.inputs.get("eventBusName", DEFAULT_BUS)
    target_id = new.inputs.get("targetId") or f"pulumi-{secrets.token_hex(8)}"
    target = {
        "Id": target_id,
        **new.inputs.pascal("arn", "roleArn", "input", "inputPath"),
        **_blocks(new.inputs),
    }
    answer = events.put_targets(Rule=rule, EventBusName=bus, Targets=[target])
    for entry in answer["FailedEntries"]:
        raise DeploymentError(f"{entry['ErrorCode']}: {entry['ErrorMessage']}")
    new.on_delete(events.remove_targets, Rule=rule, EventBusName=bus, Ids=[target_id])
    return Created(f"{rule}-{target_id}", {"targetId": target_id, "eventBusName": bus})


def _blocks(inputs: Properties) -> dict[str, Any]:
    api: dict[str, Any] = {}
    if "batchTarget" in inputs:
        batch = inputs.block("batchTarget")
        api["BatchParameters"] = batch.pascal("jobDefinition", "jobName")
        if "jobAttempts" in batch:
            api["BatchParameters"]["RetryStrategy"] = batch.pascal(jobAttempts="Attempts")
    if "inputTransformer" in inputs:
        api["InputTransformer"] = inputs.block("inputTransformer").pascal(
            "inputTemplate", inputPaths="InputPathsMap"
        )
    if "deadLetterConfig" in inputs:
        api["DeadLetterConfig"] = inputs.block("deadLetterConfig").pascal("arn")
    if "retryPolicy" in inputs:
        api["RetryPolicy"] = inputs.block("retryPolicy").pascal(
            "maximumEventAgeInSeconds", "maximumRetryAttempts"
        )
    return api


HANDLERS: dict[str, Handler] = {
    "aws:cloudwatch/eventBus:EventBus": create_bus,
    "aws:cloudwatch/eventRule:EventRule": create_rule,
    "aws:cloudwatch/eventTarget:EventTarget": create_target,
}
