"""How often EventBridge tries to deliver an event to a target."""

import pulumi_aws as aws

EVENT_AGE_SECONDS = 24 * 3600
EVENT_RETRIES = 185
"""The most retries that EventBridge allows. We need many: if a thousand jobs fail at once, Automation accepts
only a part."""


def retry_policy() -> aws.cloudwatch.EventTargetRetryPolicyArgs:
    """Return the retry policy of all targets that can refuse events for some time."""
    return aws.cloudwatch.EventTargetRetryPolicyArgs(
        maximum_event_age_in_seconds=EVENT_AGE_SECONDS, maximum_retry_attempts=EVENT_RETRIES
    )
