"""The account and region of the stack."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """The account of the stack, in one region."""

    partition: str
    region: str
    id: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of ``service`` in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"
