"""SSM parameters and documents."""

from emulator.deployment.creation import Created, Creation, Handler

NAME_LIMIT = 128


def create_parameter(new: Creation) -> Created:
    """``aws.ssm.Parameter``."""
    ssm, name = new.client("ssm"), new.physical_name()
    value = new.inputs.get("insecureValue" if "insecureValue" in new.inputs else "value")
    ssm.put_parameter(
        Name=name, Value=value, Tags=new.tag_list(), **new.inputs.pascal("type", "description", "tier")
    )
    new.on_delete(ssm.delete_parameter, Name=name)
    # The ARN of a name that begins with a slash has only one slash.
    arn = new.account.arn("ssm", f"parameter/{name.removeprefix('/')}")
    return Created(name, {"name": name, "arn": arn, "version": 1, "tagsAll": new.tags()})


def create_document(new: Creation) -> Created:
    """``aws.ssm.Document``."""
    ssm, name = new.client("ssm"), new.physical_name(limit=NAME_LIMIT)
    ssm.create_document(
        Name=name,
        Content=new.inputs.get("content"),
        Tags=new.tag_list(),
        **new.inputs.pascal("documentType", "documentFormat"),
    )
    new.on_delete(ssm.delete_document, Name=name)
    arn = new.account.arn("ssm", f"document/{name}")
    return Created(name, {"name": name, "arn": arn, "tagsAll": new.tags()})


HANDLERS: dict[str, Handler] = {
    "aws:ssm/document:Document": create_document,
    "aws:ssm/parameter:Parameter": create_parameter,
}
