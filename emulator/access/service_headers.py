"""Headers of AssumeRole that say for which AWS service the emulator assumes a role."""

SERVICE = "x-local-service"
"""The service, such as ``ecs-tasks.amazonaws.com``."""

SOURCE_ARN = "x-local-source-arn"
"""The ``aws:SourceArn`` for trust policies: the resource that the service acts for."""
