"""SNS topics, their policies and subscriptions."""

import json

from emulator.deployment.creation import Created, Creation, Handler


def create_topic(new: Creation) -> Created:
    """``aws.sns.Topic``."""
    sns, name = new.client("sns"), new.physical_name()
    attributes = new.inputs.pascal("displayName", "kmsMasterKeyId", "policy", "tracingConfig")
    arn = sns.create_topic(
        Name=name, Attributes={key: str(value) for key, value in attributes.items()}, Tags=new.tag_list()
    )["TopicArn"]
    new.on_delete(sns.delete_topic, TopicArn=arn)
    return Created(arn, {"name": name, "arn": arn, "owner": new.account.id, "tagsAll": new.tags()})


def create_topic_policy(new: Creation) -> Created:
    """``aws.sns.TopicPolicy``."""
    sns, arn, policy = new.client("sns"), new.inputs.get("arn"), new.policy()
    # A topic always has a policy, so the previous one is restored.
    before = sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    new.on_delete(sns.set_topic_attributes, TopicArn=arn, AttributeName="Policy", AttributeValue=before)
    return Created(arn, {"owner": new.account.id, "policy": policy})


def create_subscription(new: Creation) -> Created:
    """``aws.sns.TopicSubscription``."""
    sns = new.client("sns")
    attributes = new.inputs.pascal("filterPolicy", "filterPolicyScope", "rawMessageDelivery", "redrivePolicy")
    arn = sns.subscribe(
        TopicArn=new.inputs.get("topic"),
        ReturnSubscriptionArn=True,
        Attributes={
            key: value if isinstance(value, str) else json.dumps(value) for key, value in attributes.items()
        },
        **new.inputs.pascal("protocol", "endpoint"),
    )["SubscriptionArn"]
    new.on_delete(sns.unsubscribe, SubscriptionArn=arn)
    return Created(arn, {"arn": arn, "ownerId": new.account.id})


HANDLERS: dict[str, Handler] = {
    "aws:sns/topic:Topic": create_topic,
    "aws:sns/topicPolicy:TopicPolicy": create_topic_policy,
    "aws:sns/topicSubscription:TopicSubscription": create_subscription,
}
