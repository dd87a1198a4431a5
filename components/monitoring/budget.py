"""A budget that mails when the month's cost of the stack gets near a limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_aws.budgets import (
    BudgetFilterExpressionAndArgs as AndFilter,
)
from pulumi_aws.budgets import (
    BudgetFilterExpressionAndTagsArgs as TagFilter,
)
from pulumi_aws.budgets import (
    BudgetFilterExpressionArgs as FilterExpression,
)
from pulumi_aws.budgets import (
    BudgetNotificationArgs as Notification,
)

THRESHOLDS = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""Kinds of spending, and the percentage of the limit."""

MOST_ADDRESSES = 10
"""AWS Budgets accepts no more addresses for a notification."""


@dataclass(frozen=True)
class StackBudgetArgs:
    """The limit, the resources that count, and who gets mails."""

    limit_usd: int
    """A month."""

    tags: Mapping[str, str]
    """Resources with all of these tags count. Activate the tags as cost allocation tags."""

    emails: Sequence[str]


class StackBudget(pulumi.ComponentResource):
    """A monthly cost budget for all resources with the tags of the stack. It only mails; it stops nothing."""

    def __init__(self, name: str, args: StackBudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:StackBudget", name, None, opts)
        budget = aws.budgets.Budget(
            name,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(args.limit_usd),
            limit_unit="USD",
            metrics="UnblendedCost",
            filter_expression=FilterExpression(
                ands=[AndFilter(tags=TagFilter(key=key, values=[value])) for key, value in args.tags.items()],
            ),
            notifications=[
                Notification(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_email_addresses=list(args.emails),
                )
                for kind, percent in THRESHOLDS
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"budgetName": budget.name})
