"""CloudWatch Logs groups."""

from emulator.deployment.creation import Created, Creation, Handler


def create_log_group(new: Creation) -> Created:
    """``aws.cloudwatch.LogGroup``."""
    logs, name = new.client("logs"), new.physical_name(limit=512)
    logs.create_log_group(
        logGroupName=name,
        **new.inputs.same("kmsKeyId", "logGroupClass"),
        **({"tags": new.tags()} if new.tags() else {}),
    )
    new.on_delete(logs.delete_log_group, logGroupName=name)
    if days := new.inputs.get("retentionInDays", 0):
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    return Created(
        name, {"name": name, "arn": new.account.arn("logs", f"log-group:{name}"), "tagsAll": new.tags()}
    )


def create_resource_policy(new: Creation) -> Created:
    """``aws.cloudwatch.LogResourcePolicy``."""
    logs, name = new.client("logs"), str(new.inputs.get("policyName"))
    logs.put_resource_policy(policyName=name, policyDocument=new.policy("policyDocument"))
    new.on_delete(logs.delete_resource_policy, policyName=name)
    return Created(name)


HANDLERS: dict[str, Handler] = {
    "aws:cloudwatch/logGroup:LogGroup": create_log_group,
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": create_resource_policy,
}
