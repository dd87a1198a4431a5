"""Saved queries of CloudWatch Logs Insights."""

from emulator.deployment.creation import Created, Creation, Handler


def create_query(new: Creation) -> Created:
    """``aws.cloudwatch.QueryDefinition``."""
    logs, name = new.client("logs"), str(new.inputs.get("name"))
    identifier = logs.put_query_definition(name=name, **new.inputs.same("logGroupNames", "queryString"))[
        "queryDefinitionId"
    ]
    new.on_delete(logs.delete_query_definition, queryDefinitionId=identifier)
    return Created(name, {"queryDefinitionId": identifier})


HANDLERS: dict[str, Handler] = {"aws:cloudwatch/queryDefinition:QueryDefinition": create_query}
