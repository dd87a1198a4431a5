"""A budget: mails tell when what the stack costs in a month nears a limit."""

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
"""Kinds of spending, and percent of the limit."""

MOST_ADDRESSES = 10
"""AWS Budgets takes no more for a notification."""


@dataclass(frozen=True)
class StackBudgetArgs:
    """How much, of what, and who is told."""

    limit_usd: int
    """A month."""

    tags: Mapping[str, str]
    """What has all of these tags counts. They are to be activated as cost allocation tags."""

    emails: Sequence[str]


class StackBudget(pulumi.ComponentResource):
    """A monthly cost budget of everything with the stack's tags. It only tells; nothing is stopped."""

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
