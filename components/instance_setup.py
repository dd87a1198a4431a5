"""What an instance does at its start: install the CloudWatch agent and measure the GPU; pure functions."""

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
"""The dimensions of what is published, and all that the dashboard asks for."""

METADATA_ADDRESS = "169.254.169.254"

MIME_BOUNDARY = "==parakeet=="
"""Fixed, so that the same set-up is the same text and changes no launch template."""


def agent_config(interval_seconds: int, stack: str) -> dict[str, Any]:
    """Return the CloudWatch agent's configuration: GPU, CPU, memory and disk every ``interval_seconds``.

    Metrics carry the name of the ``stack``, so that stacks of one account keep apart, and are published only
    in sums over few dimensions: each combination of dimensions is a metric that costs money while it lives.
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
    """Return the MIME multipart text, which Batch extends, that starts the agent as an SSM parameter says.

    The ECS agent, and so the first job, waits until this script ends: metrics are set up beside it, and a
    fault in that costs metrics, never a job.

    Batch runs jobs in the instance's own network, where a limit of hops keeps nobody from the metadata
    service and its credentials; only the services of the instance, which are root's, may ask it. The ECS
    agent changes the same tables, so iptables waits for its lock.
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
