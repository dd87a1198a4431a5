"""All supported resource types, each with the function that creates it."""

from emulator.deployment.creation import Handler
from emulator.deployment.resources import (
    batch,
    budgets,
    cloudwatch,
    ec2,
    events,
    functions,
    iam,
    kms,
    logs,
    queries,
    s3,
    s3_configuration,
    sns,
    sqs,
    ssm,
)

HANDLERS: dict[str, Handler] = {
    **s3.HANDLERS,
    **s3_configuration.HANDLERS,
    **iam.HANDLERS,
    **ec2.HANDLERS,
    **batch.HANDLERS,
    **budgets.HANDLERS,
    **events.HANDLERS,
    **functions.HANDLERS,
    **sqs.HANDLERS,
    **sns.HANDLERS,
    **kms.HANDLERS,
    **logs.HANDLERS,
    **queries.HANDLERS,
    **cloudwatch.HANDLERS,
    **ssm.HANDLERS,
}
