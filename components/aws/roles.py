"""A role and what it may do, together."""

import pulumi
import pulumi_aws as aws

from components.aws.policies import Document, to_json


def role_with_policy(
    name: str, trust: Document, policy: pulumi.Output[Document], opts: pulumi.ResourceOptions
) -> aws.iam.Role:
    """Return a new role with one inline policy; both are children as ``opts`` say."""
    role = aws.iam.Role(name, assume_role_policy=to_json(trust), opts=opts)
    aws.iam.RolePolicy(name, role=role.id, policy=policy.apply(to_json), opts=opts)
    return role
