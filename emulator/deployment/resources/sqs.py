"""SQS queues and their policies."""

import json

from emulator.deployment.creation import Created, Creation, Handler

NAME_LIMIT = 80


def create_queue(new: Creation) -> Created:
    """``aws.sqs.Queue``."""
    sqs, name = new.client("sqs"), new.physical_name(limit=NAME_LIMIT)
    attributes = new.inputs.pascal(
        "delaySeconds",
        "kmsMasterKeyId",
        "policy",
        "redrivePolicy",
        maxMessageSize="MaximumMessageSize",
        messageRetentionSeconds="MessageRetentionPeriod",
        receiveWaitTimeSeconds="ReceiveMessageWaitTimeSeconds",
        sqsManagedSseEnabled="SqsManagedSseEnabled",
        visibilityTimeoutSeconds="VisibilityTimeout",
    )
    url = sqs.create_queue(
        QueueName=name,
        Attributes={
            key: value if isinstance(value, str) else json.dumps(value) for key, value in attributes.items()
        },
        tags=new.tags(),
    )["QueueUrl"]
    new.on_delete(sqs.delete_queue, QueueUrl=url)
    arn = new.account.arn("sqs", name)
    return Created(url, {"name": name, "arn": arn, "url": url, "tagsAll": new.tags()})


def create_queue_policy(new: Creation) -> Created:
    """``aws.sqs.QueuePolicy``."""
    sqs, url, policy = new.client("sqs"), new.inputs.get("queueUrl"), new.policy()
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    new.on_delete(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": ""})
    return Created(url, {"policy": policy})


HANDLERS: dict[str, Handler] = {
    "aws:sqs/queue:Queue": create_queue,
    "aws:sqs/queuePolicy:QueuePolicy": create_queue_policy,
}
