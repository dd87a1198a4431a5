"""What names things where AWS takes no name from Pulumi."""

import pulumi


def stack_prefix() -> str:
    """Return the project and the stack, by which metrics, dashboards and parameters are told apart."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}"
