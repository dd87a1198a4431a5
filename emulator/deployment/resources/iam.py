"""IAM roles, their policies and instance profiles."""

from emulator.deployment.creation import Created, Creation, Handler

ROLE_NAME_LIMIT = 64
NAME_LIMIT = 128


def create_role(new: Creation) -> Created:
    """``aws.iam.Role``."""
    iam, name = new.client("iam"), new.physical_name(limit=ROLE_NAME_LIMIT)
    trust = new.policy("assumeRolePolicy")
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=trust,
        Tags=new.tag_list(),
        **new.inputs.pascal("description", "maxSessionDuration", "path", "permissionsBoundary"),
    )["Role"]
    new.on_delete(iam.delete_role, RoleName=name)
    return Created(
        name,
        {
            "name": name,
            "arn": role["Arn"],
            "assumeRolePolicy": trust,
            "uniqueId": role["RoleId"],
            "tagsAll": new.tags(),
        },
    )


def create_role_policy(new: Creation) -> Created:
    """``aws.iam.RolePolicy``."""
    iam, role, name = new.client("iam"), new.inputs.get("role"), new.physical_name(limit=NAME_LIMIT)
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=new.policy())
    new.on_delete(iam.delete_role_policy, RoleName=role, PolicyName=name)
    return Created(f"{role}:{name}", {"name": name, "policy": new.policy()})


def create_role_policy_attachment(new: Creation) -> Created:
    """``aws.iam.RolePolicyAttachment``."""
    iam, role, policy = new.client("iam"), new.inputs.get("role"), new.inputs.get("policyArn")
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    new.on_delete(iam.detach_role_policy, RoleName=role, PolicyArn=policy)
    return Created(f"{role}/{policy}")


def create_instance_profile(new: Creation) -> Created:
    """``aws.iam.InstanceProfile``."""
    iam, name = new.client("iam"), new.physical_name(limit=NAME_LIMIT)
    profile = iam.create_instance_profile(
        InstanceProfileName=name, Tags=new.tag_list(), **new.inputs.pascal("path")
    )["InstanceProfile"]
    new.on_delete(iam.delete_instance_profile, InstanceProfileName=name)
    if role := new.inputs.get("role"):
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
        new.on_delete(iam.remove_role_from_instance_profile, InstanceProfileName=name, RoleName=role)
    return Created(
        name,
        {
            "name": name,
            "arn": profile["Arn"],
            "uniqueId": profile["InstanceProfileId"],
            "tagsAll": new.tags(),
        },
    )


HANDLERS: dict[str, Handler] = {
    "aws:iam/role:Role": create_role,
    "aws:iam/rolePolicy:RolePolicy": create_role_policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": create_role_policy_attachment,
    "aws:iam/instanceProfile:InstanceProfile": create_instance_profile,
}
