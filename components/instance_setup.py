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
MIME_BOUNDARY = "==parakeet=="
"""Fixed, so that the same set-up is the same text and changes no launch template."""


def agent_config(interval_seconds: int) -> dict[str, Any]:
    """Return the CloudWatch agent's configuration: GPU, CPU, memory and disk every ``interval_seconds``."""
    return {
        "agent": {"metrics_collection_interval": interval_seconds, "run_as_user": "root"},
        "metrics": {
            "namespace": METRICS_NAMESPACE,
            "append_dimensions": {
                "InstanceId": "${aws:InstanceId}",
                "InstanceType": "${aws:InstanceType}",
            },
            "metrics_collected": {
                "nvidia_gpu": {"measurement": list(GPU_METRICS)},
                "cpu": {"measurement": ["usage_active", "usage_iowait"], "totalcpu": True},
                "mem": {"measurement": ["used_percent"]},
                "disk": {"measurement": ["used_percent"], "resources": ["/"]},
            },
        },
    }


def user_data(agent_parameter: str) -> str:
    """Return the MIME multipart text, which Batch extends, that starts the agent as an SSM parameter says.

    A fault in it costs metrics, never a job: the instance joins its cluster all the same.
    """
    script = f"""#!/bin/bash
dnf install --assumeyes amazon-cloudwatch-agent \\
  && /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl \\
    -a fetch-config -m ec2 -s -c ssm:{agent_parameter}
mkdir -p /etc/ecs
echo ECS_IMAGE_PULL_BEHAVIOR=prefer-cached >> /etc/ecs/ecs.config
"""
    message = MIMEMultipart(boundary=MIME_BOUNDARY)
    message.attach(MIMEText(script, "x-shellscript", "us-ascii"))
    return message.as_string()
