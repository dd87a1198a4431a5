"""Saved queries of CloudWatch Logs Insights."""

import uuid

from local.deployment.creation import Created, Creation, Handler


def create_query(new: Creation) -> Created:
    """``aws.cloudwatch.QueryDefinition``, kept in the deployment alone: MiniStack knows no saved queries."""
    name = str(new.inputs.get("name"))
    new.inputs.get("queryString")
    new.inputs.get("logGroupNames")
    return Created(name, {"queryDefinitionId": str(uuid.uuid4())})


HANDLERS: dict[str, Handler] = {"aws:cloudwatch/queryDefinition:QueryDefinition": create_query}
