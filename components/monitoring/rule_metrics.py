"""How CloudWatch names the metrics of an EventBridge rule."""

from collections.abc import Mapping

import pulumi

Dimensions = Mapping[str, pulumi.Input[str]]
"""Names of dimensions and their values."""


def rule_dimensions(rule: pulumi.Input[str], bus: pulumi.Input[str] | None = None) -> Dimensions:
    """Return the dimensions of a rule, by its name and that of its event bus; None is the default bus.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    """
    return {"RuleName": rule} if bus is None else {"EventBusName": bus, "RuleName": rule}
