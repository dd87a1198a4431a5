"""The set-up of an instance at its start: it installs the CloudWatch agent. Pure functions."""

from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

METRICS_NAMESPACE = "CWAgent"
GPU_METRICS = (
    "utilization_gpu",
    "utilization_memory",
    "memory_used",
    "memory_total",
    "power_draw",
    "temperature_gpu",
)
STACK_DIMENSION = "Stack"
AGGREGATIONS = ((STACK_DIMENSION,), (STACK_DIMENSION, "InstanceType"), (STACK_DIMENSION, "InstanceId"))
"""The dimensions of published metrics. The dashboard needs no others."""

METADATA_ADDRESS = "169.254.169.254"

MIME_BOUNDARY = "==parakeet=="
"""It is fixed, so that the same set-up gives the same text and does not change the launch template."""


def agent_config(interval_seconds: int, stack: str) -> dict[str, Any]:
    """Return the CloudWatch agent's configuration: GPU, CPU, memory and disk every ``interval_seconds``.

    Metrics have the name of the ``stack`` as a dimension, so the stacks of one account stay apart. They are
    published with few dimensions only, because each combination of dimensions is a metric that costs money.
    """
    measured: dict[str, dict[str, Any]] = {
        "nvidia_gpu": {"measurement": list(GPU_METRICS)},
        "cpu": {"measurement": ["usage_active", "usage_iowait"], "totalcpu": True},
        "mem": {"measurement": ["used_percent"]},
        "disk": {"measurement": ["used_percent"], "resources": ["/"]},
    }
    shared = {"append_dimensions": {STACK_DIMENSION: stack}, "drop_original_metrics": ["*"]}
    return {
        "agent": {
            "metrics_collection_interval": interval_seconds,
            "omit_hostname": True,
            "run_as_user": "root",
        },
        "metrics": {
            "namespace": METRICS_NAMESPACE,
            "append_dimensions": {
                "InstanceId": "${aws:InstanceId}",
                "InstanceType": "${aws:InstanceType}",
            },
            "aggregation_dimensions": [list(dimensions) for dimensions in AGGREGATIONS],
            "metrics_collected": {plugin: {**settings, **shared} for plugin, settings in measured.items()},
        },
    }


def user_data(agent_parameter: str) -> str:
    """Return the user data, MIME multipart text that Batch extends. It starts the agent by an SSM parameter.

    The ECS agent, and so the first job, waits until this script ends. So the script sets up metrics in the
    background. A fault there costs metrics, but never a job.

    Batch runs jobs in the network of the instance. There a hop limit does not keep jobs from the metadata
    service and its credentials. So iptables lets only root use that service, as the services of the instance
    do. The ECS agent changes the same tables, so iptables waits for the lock.
    """
    script = f"""#!/bin/bash
mkdir -p /etc/ecs
echo ECS_IMAGE_PULL_BEHAVIOR=prefer-cached >> /etc/ecs/ecs.config
iptables --wait --insert OUTPUT --destination {METADATA_ADDRESS} \\
  --match owner ! --uid-owner root --jump REJECT
systemd-run --no-block --unit=set-up-metrics /bin/bash -c '
  dnf install --assumeyes amazon-cloudwatch-agent \\
    && /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl \\
      -a fetch-config -m ec2 -s -c ssm:{agent_parameter}'
"""
    message = MIMEMultipart(boundary=MIME_BOUNDARY)
    message.attach(MIMEText(script, "x-shellscript", "us-ascii"))
    return message.as_string()
