"""AWS Budgets."""

from typing import Any

from emulator.deployment.creation import Created, Creation, Handler
from emulator.deployment.properties import Properties


def create_budget(new: Creation) -> Created:
    """``aws.budgets.Budget``."""
    budgets, name, inputs = new.client("budgets"), new.physical_name(limit=100), new.inputs
    budget = {
        "BudgetName": name,
        **inputs.pascal("budgetType", "timeUnit"),
        "BudgetLimit": {"Amount": inputs.get("limitAmount"), "Unit": inputs.get("limitUnit")},
        "Metrics": [inputs.get("metrics")],
        "FilterExpression": {
            "And": [
                {"Tags": each.block("tags").pascal("key", "values", "matchOptions")}
                for each in inputs.block("filterExpression").blocks("ands")
            ]
        },
    }
    budgets.create_budget(
        AccountId=new.account.id,
        Budget=budget,
        NotificationsWithSubscribers=[_notification(each) for each in inputs.blocks("notifications")],
        ResourceTags=new.tag_list(),
    )
    new.on_delete(budgets.delete_budget, AccountId=new.account.id, BudgetName=name)
    arn = f"arn:aws:budgets::{new.account.id}:budget/{name}"
    return Created(f"{new.account.id}:{name}", {"name": name, "arn": arn, "tagsAll": new.tags()})


def _notification(notification: Properties) -> dict[str, Any]:
    return {
        "Notification": notification.pascal(
            "notificationType", "comparisonOperator", "threshold", "thresholdType"
        ),
        "Subscribers": [
            {"SubscriptionType": "EMAIL", "Address": address}
            for address in notification.get("subscriberEmailAddresses", [])
        ],
    }


HANDLERS: dict[str, Handler] = {"aws:budgets/budget:Budget": create_budget}
