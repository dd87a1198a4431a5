"""Alarms as SDKs see them, in whichever protocol they speak."""

from typing import Any

import boto3
import botocore.session
import pytest

from emulator.cloud import LocalCloud
from tests.emulator.batch_account import unique

SETTINGS: dict[str, Any] = {
    "AlarmDescription": "Jobs failed <& more>",
    "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:topic"],
    "OKActions": [],
    "InsufficientDataActions": [],
    "ActionsEnabled": False,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 0.5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
    "Dimensions": [],
    "Metrics": [
        {"Id": "rate", "Expression": "failed / 60", "Label": "failed", "ReturnData": True},
        {
            "Id": "failed",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Events",
                    "MetricName": "Invocations",
                    "Dimensions": [{"Name": "RuleName", "Value": "failed"}],
                },
                "Period": 300,
                "Stat": "Sum",
            },
            "ReturnData": False,
        },
    ],
}


@pytest.fixture(params=["smithy-rpc-v2-cbor", "json", "query"])
def cloudwatch(request: pytest.FixtureRequest, cloud: LocalCloud) -> Any:
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    model = loader.load_service_model("cloudwatch", "service-2")
    metadata = model["metadata"] | {"protocol": request.param, "protocols": [request.param]}
    loader.load_service_model = lambda name, kind, api_version=None: (
        model | {"metadata": metadata}
        if (name, kind) == ("cloudwatch", "service-2")
        else type(loader).load_service_model(loader, name, kind, api_version)
    )
    return boto3.Session(botocore_session=session).client(
        "cloudwatch",
        endpoint_url=cloud.aws_endpoint,
        region_name=cloud.region,
        aws_access_key_id=cloud.credentials.access_key_id,
        aws_secret_access_key=cloud.credentials.secret_access_key,
    )


def test_an_alarm_is_described_as_it_was_put(cloudwatch: Any) -> None:
    name = unique("alarm")
    cloudwatch.put_metric_alarm(AlarmName=name, Tags=[{"Key": "Project", "Value": "x"}], **SETTINGS)
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert alarm.pop("AlarmArn") == f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"
    assert alarm.pop("StateValue") == "INSUFFICIENT_DATA"
    assert alarm.pop("AlarmConfigurationUpdatedTimestamp").tzinfo
    alarm = {key: value for key, value in alarm.items() if not key.startswith("State")}
    assert alarm == {"AlarmName": name, **SETTINGS}


def test_what_was_not_given_has_its_default(cloudwatch: Any) -> None:
    name = unique("alarm")
    minimal = {
        "MetricName": "Failures",
        "Namespace": "Worker",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    cloudwatch.put_metric_alarm(AlarmName=name, **minimal)
    (alarm,) = cloudwatch.describe_alarms(AlarmNamePrefix=name)["MetricAlarms"]
    assert alarm.items() >= minimal.items()
    assert alarm["ActionsEnabled"]
    assert [alarm[key] for key in ("AlarmActions", "OKActions", "Dimensions", "Metrics")] == [[], [], [], []]


def test_a_deleted_alarm_is_gone_and_a_wrong_one_refused(cloudwatch: Any) -> None:
    name = unique("alarm")
    cloudwatch.put_metric_alarm(AlarmName=name, **SETTINGS)
    cloudwatch.delete_alarms(AlarmNames=[name])
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []
    with pytest.raises(cloudwatch.exceptions.ClientError, match="maxRecords"):
        cloudwatch.describe_alarms(MaxRecords=1000)
