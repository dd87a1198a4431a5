"""Permissions of SQS's batch actions: a policy that allows ``sqs:SendMessage`` allows SendMessageBatch."""

from typing import Any

from ministack.core import iam_actions

SINGLE = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
"""See the Service Authorization Reference, "Actions, resources, and condition keys for Amazon SQS"."""


def let_policies_name_single_actions() -> None:
    """Make MiniStack check the action on one message where a request has many."""
    extract = iam_actions.extract_iam_action

    def extract_iam_action(*arguments: Any) -> str | None:
        action: str | None = extract(*arguments)
        return SINGLE.get(action, action) if action else action

    iam_actions.extract_iam_action = extract_iam_action
