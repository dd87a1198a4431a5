"""Saved queries of CloudWatch Logs Insights, as boto3 sees them."""

import pytest
from botocore.exceptions import ClientError

from emulator.cloud import LocalCloud
from tests.emulator.batch_account import unique


def test_a_saved_query_is_found_changed_and_deleted(cloud: LocalCloud) -> None:
    logs, name = cloud.client("logs"), unique("query")
    identifier = logs.put_query_definition(name=name, queryString="fields @message", logGroupNames=["/jobs"])[
        "queryDefinitionId"
    ]

    def find() -> list[dict[str, object]]:
        found: list[dict[str, object]] = logs.describe_query_definitions(queryDefinitionNamePrefix=name[:-1])[
            "queryDefinitions"
        ]
        return found

    (definition,) = find()
    assert definition.pop("lastModified")
    assert definition == {
        "queryDefinitionId": identifier,
        "name": name,
        "queryString": "fields @message",
        "queryLanguage": "CWLI",
        "logGroupNames": ["/jobs"],
    }
    logs.put_query_definition(queryDefinitionId=identifier, name=name, queryString="fields @timestamp")
    assert [(each["queryString"], each["logGroupNames"]) for each in find()] == [("fields @timestamp", [])]
    assert logs.delete_query_definition(queryDefinitionId=identifier)["success"]
    assert find() == []


def test_saved_queries_come_by_name_a_page_at_a_time(cloud: LocalCloud) -> None:
    logs, prefix = cloud.client("logs"), unique("many")
    for number in (2, 0, 1):
        logs.put_query_definition(name=f"{prefix}-{number}", queryString="fields @message")
    first = logs.describe_query_definitions(queryDefinitionNamePrefix=prefix, maxResults=2)
    rest = logs.describe_query_definitions(queryDefinitionNamePrefix=prefix, nextToken=first["nextToken"])
    names = [each["name"] for page in (first, rest) for each in page["queryDefinitions"]]
    assert names == [f"{prefix}-{number}" for number in range(3)]
    assert "nextToken" not in rest


def test_what_does_not_exist_is_neither_changed_nor_deleted(cloud: LocalCloud) -> None:
    logs = cloud.client("logs")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.put_query_definition(queryDefinitionId="missing", name="name", queryString="fields @message")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.delete_query_definition(queryDefinitionId="missing")


def test_only_who_may_save_queries_does(cloud: LocalCloud) -> None:
    iam, user = cloud.client("iam"), unique("user")
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    logs = cloud.client("logs")
    logs._request_signer._credentials.access_key = key["AccessKeyId"]
    logs._request_signer._credentials.secret_key = key["SecretAccessKey"]
    with pytest.raises(ClientError, match="AccessDenied"):
        logs.put_query_definition(name="name", queryString="fields @message")
