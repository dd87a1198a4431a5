"""Actions on many messages of SQS at a time: policies allow them by the name of the action on one."""

from typing import Any

from ministack.core import iam_actions

SINGLE = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
"""By the Service Authorization Reference, "Actions, resources, and condition keys for Amazon SQS"."""


def let_policies_name_single_actions() -> None:
    """Have MiniStack hold a request of many messages to what policies say of one."""
    extract = iam_actions.extract_iam_action

    def extract_iam_action(*arguments: Any) -> str | None:
        action: str | None = extract(*arguments)
        return SINGLE.get(action, action) if action else action

    iam_actions.extract_iam_action = extract_iam_action
