import json
from collections.abc import Callable

from local.cloud import LocalCloud
from local.deployment import Deployment

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
