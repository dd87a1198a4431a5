"""CloudWatch dashboards and alarms."""

import json
from typing import Any

from emulator.deployment.creation import Created, Creation, Handler
from emulator.deployment.properties import Properties


def create_dashboard(new: Creation) -> Created:
    """``aws.cloudwatch.Dashboard``."""
    cloudwatch, name = new.client("cloudwatch"), new.physical_name("dashboardName")
    body = new.inputs.get("dashboardBody")
    cloudwatch.put_dashboard(
        DashboardName=name, DashboardBody=body if isinstance(body, str) else json.dumps(body)
    )
    new.on_delete(cloudwatch.delete_dashboards, DashboardNames=[name])
    arn = f"arn:aws:cloudwatch::{new.account.id}:dashboard/{name}"
    return Created(name, {"dashboardName": name, "dashboardArn": arn})


def create_alarm(new: Creation) -> Created:
    """``aws.cloudwatch.MetricAlarm``."""
    cloudwatch, name = new.client("cloudwatch"), new.physical_name()
    settings = new.inputs.pascal(
        "actionsEnabled",
        "alarmDescription",
        "alarmActions",
        "comparisonOperator",
        "datapointsToAlarm",
        "evaluationPeriods",
        "insufficientDataActions",
        "metricName",
        "namespace",
        "period",
        "statistic",
        "threshold",
        "treatMissingData",
        "unit",
        extendedStatistic="ExtendedStatistic",
        okActions="OKActions",
    )
    if "dimensions" in new.inputs:
        settings["Dimensions"] = _dimensions(new.inputs)
    if "metricQueries" in new.inputs:
        settings["Metrics"] = [_metric_query(query) for query in new.inputs.blocks("metricQueries")]
    cloudwatch.put_metric_alarm(AlarmName=name, Tags=new.tag_list(), **settings)
    new.on_delete(cloudwatch.delete_alarms, AlarmNames=[name])
    arn = new.account.arn("cloudwatch", f"alarm:{name}")
    return Created(name, {"name": name, "arn": arn, "tagsAll": new.tags()})


def _metric_query(query: Properties) -> dict[str, Any]:
    api = query.pascal("id", "expression", "label", "period", "returnData")
    if "metric" in query:
        metric = query.block("metric")
        api["MetricStat"] = {
            "Metric": {**metric.pascal("metricName", "namespace"), "Dimensions": _dimensions(metric)},
            **metric.pascal("period", "stat", "unit"),
        }
    return api


def _dimensions(inputs: Properties) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in inputs.get("dimensions", {}).items()]


HANDLERS: dict[str, Handler] = {
    "aws:cloudwatch/dashboard:Dashboard": create_dashboard,
    "aws:cloudwatch/metricAlarm:MetricAlarm": create_alarm,
}
