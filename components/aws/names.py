"""Names of things to which Pulumi gives no name."""

import pulumi


def stack_prefix() -> str:
    """Return project and stack as one name, which separates metrics, dashboards and parameters of stacks."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}"
