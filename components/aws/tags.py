"""Default tags. A stack transformation gives them to every resource that takes tags."""

import pulumi

COST_TAGS = ("Project", "Stack")
"""The default tags that separate the cost of one stack from all others."""


def default_tags(project: str, stack: str) -> dict[str, str]:
    """Return the tags that mark all resources of one stack, and so their cost."""
    return {"Project": project, "Stack": stack, "ManagedBy": "pulumi"}


def register_default_tags(tags: dict[str, str]) -> None:
    """Add ``tags`` to every AWS resource of the program that takes tags; a resource's own tags win."""

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("aws:") or not hasattr(type(args.resource), "tags"):
            return None
        props = {**args.props, "tags": pulumi.Output.all(tags, args.props.get("tags")).apply(_merge)}
        return pulumi.ResourceTransformationResult(props=props, opts=args.opts)

    pulumi.runtime.register_stack_transformation(transform)


def _merge(parts: list[dict[str, str] | None]) -> dict[str, str]:
    return {key: value for part in parts if part for key, value in part.items()}
