"""Headers of AssumeRole by which a service of ours tells emulated AWS that it assumes a role."""

SERVICE = "x-local-service"
"""Who assumes it, such as ``ecs-tasks.amazonaws.com``."""

SOURCE_ARN = "x-local-source-arn"
"""For what, the ``aws:SourceArn`` of trust policies."""
