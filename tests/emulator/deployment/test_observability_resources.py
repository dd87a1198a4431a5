import json
from collections.abc import Callable

import pytest

from emulator.cloud import LocalCloud
from emulator.deployment import Deployment

Up = Callable[..., Deployment]


def test_log_groups_keep_their_retention(up: Up, cloud: LocalCloud) -> None:
    outputs = up("""
        group = aws.cloudwatch.LogGroup("jobs", retention_in_days=30, tags={"Part": "job"})
        pulumi.export("name", group.name)
        pulumi.export("arn", group.arn)
    """).outputs
    logs = cloud.client("logs")
    [group] = logs.describe_log_groups(logGroupNamePrefix=outputs["name"])["logGroups"]
    assert (group["retentionInDays"], group["logGroupArn"]) == (30, outputs["arn"])
    assert logs.list_tags_for_resource(resourceArn=outputs["arn"])["tags"] == {"Part": "job"}


def test_policies_of_the_logs_go_with_their_stack(up: Up, cloud: LocalCloud) -> None:
    deployment = up("""
        aws.cloudwatch.LogResourcePolicy(
            "history",
            policy_name="history",
            policy_document=json.dumps({"Version": "2012-10-17", "Statement": []}),
        )
    """)
    logs = cloud.client("logs")
    assert [each["policyName"] for each in logs.describe_resource_policies()["resourcePolicies"]] == [
        "history"
    ]
    deployment.destroy()
    assert logs.describe_resource_policies()["resourcePolicies"] == []


def test_dashboards_and_alarms(up: Up, cloud: LocalCloud) -> None:
    outputs = up("""
        topic = aws.sns.Topic("alarms")
        dashboard = aws.cloudwatch.Dashboard(
            "transcription", dashboard_name="transcription", dashboard_body=json.dumps({"widgets": []})
        )
        alarm = aws.cloudwatch.MetricAlarm(
            "undelivered",
            alarm_description="Events that became no job",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": "undelivered"},
            statistic="Maximum",
            period=300,
            evaluation_periods=1,
            threshold=0,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
        )
        pulumi.export("alarm", alarm.name)
        pulumi.export("topic", topic.arn)
    """).outputs
    cloudwatch = cloud.client("cloudwatch")
    dashboard = cloudwatch.get_dashboard(DashboardName="transcription")
    assert json.loads(dashboard["DashboardBody"]) == {"widgets": []}
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[outputs["alarm"]])["MetricAlarms"]
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Period"]) == ("AWS/SQS", "Maximum", 300)
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": "undelivered"}]
    assert (alarm["AlarmActions"], alarm["OKActions"]) == ([outputs["topic"]], [outputs["topic"]])


def test_parameters_hold_their_values(up: Up, cloud: LocalCloud) -> None:
    outputs = up("""
        parameter = aws.ssm.Parameter("agent", name="/small/agent", type="String", value="{}")
        pulumi.export("name", parameter.name)
        pulumi.export("arn", parameter.arn)
    """).outputs
    parameter = cloud.client("ssm").get_parameter(Name=outputs["name"])["Parameter"]
    assert (parameter["Value"], parameter["Type"], parameter["ARN"]) == ("{}", "String", outputs["arn"])


def test_keys_rotate_and_are_on_their_way_out_after_destroy(up: Up, cloud: LocalCloud) -> None:
    deployment = up("""
        key = aws.kms.Key(
            "topic",
            description="Mail",
            enable_key_rotation=True,
            deletion_window_in_days=7,
            policy=json.dumps({"Version": "2012-10-17", "Statement": []}),
        )
        topic = aws.sns.Topic("mail", kms_master_key_id=key.arn)
        pulumi.export("key", key.key_id)
        pulumi.export("arn", key.arn)
        pulumi.export("topic", topic.arn)
    """)
    kms, outputs = cloud.client("kms"), deployment.outputs
    assert kms.get_key_rotation_status(KeyId=outputs["key"])["KeyRotationEnabled"]
    topic = cloud.client("sns").get_topic_attributes(TopicArn=outputs["topic"])["Attributes"]
    assert topic["KmsMasterKeyId"] == outputs["arn"]
    deployment.destroy()
    assert kms.describe_key(KeyId=outputs["key"])["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_runbooks_stand_and_go_with_their_stack(up: Up, cloud: LocalCloud) -> None:
    deployment = up("""
        document = aws.ssm.Document(
            "record",
            document_type="Automation",
            document_format="JSON",
            content=json.dumps({"schemaVersion": "0.3", "mainSteps": []}),
            tags={"Part": "failures"},
        )
        pulumi.export("name", document.name)
        pulumi.export("arn", document.arn)
    """)
    ssm, name = cloud.client("ssm"), deployment.outputs["name"]
    assert deployment.outputs["arn"].endswith(f":document/{name}")
    assert ssm.describe_document(Name=name)["Document"]["DocumentType"] == "Automation"
    tags = ssm.list_tags_for_resource(ResourceType="Document", ResourceId=name)["TagList"]
    assert tags == [{"Key": "Part", "Value": "failures"}]
    deployment.destroy()
    with pytest.raises(ssm.exceptions.InvalidDocument):
        ssm.get_document(Name=name)
