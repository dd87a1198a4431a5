"""What an instance does when it starts, and what it then measures."""

import email
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from components.instance_setup import agent_config, user_data
from tests.components.graph import ROOT

DOCKERFILE = ROOT / "image" / "Dockerfile"


@pytest.fixture
def metrics() -> dict[str, Any]:
    section: dict[str, Any] = agent_config(15, "service-dev")["metrics"]
    return section


def test_user_data_is_a_multipart_script_that_starts_the_agent_from_its_parameter() -> None:
    message = email.message_from_string(user_data("AmazonCloudWatch-a"))
    assert message.is_multipart()
    (part,) = message.get_payload()
    assert part.get_content_type() == "text/x-shellscript"
    script = part.get_payload()
    assert script.startswith("#!/bin/bash\n")
    assert "ssm:AmazonCloudWatch-a" in script
    assert user_data("AmazonCloudWatch-a") == user_data("AmazonCloudWatch-a")


def test_the_first_job_does_not_wait_for_the_agent() -> None:
    (part,) = email.message_from_string(user_data("AmazonCloudWatch-a")).get_payload()
    script = part.get_payload()
    checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert script.index("systemd-run --no-block") < script.index("dnf install")


def test_only_services_of_the_instance_may_ask_for_its_credentials(tmp_path: Path) -> None:
    """The image's user is not root, so that this is about jobs; it is done before the first one starts."""
    (part,) = email.message_from_string(user_data("AmazonCloudWatch-a")).get_payload()
    for command in ("mkdir", "iptables", "systemd-run"):
        (tmp_path / command).write_text(f'#!/bin/bash\necho {command} "$@" >> {tmp_path}/calls\n')
        (tmp_path / command).chmod(0o755)
    script = part.get_payload().replace("/etc/ecs", str(tmp_path))
    subprocess.run(["/bin/bash"], input=script, text=True, env={"PATH": str(tmp_path)}, check=True)
    _, rule, start = (tmp_path / "calls").read_text().splitlines()[:3]
    assert rule == (
        "iptables --wait --insert OUTPUT --destination 169.254.169.254"
        " --match owner ! --uid-owner root --jump REJECT"
    )
    assert start.startswith("systemd-run")
    assert re.search(r"^USER (?!0|root)", DOCKERFILE.read_text(), re.MULTILINE)


def test_the_agent_measures_gpu_cpu_memory_and_disk_at_the_given_interval(metrics: dict[str, Any]) -> None:
    assert agent_config(15, "service-dev")["agent"]["metrics_collection_interval"] == 15
    measured = {plugin: each["measurement"] for plugin, each in metrics["metrics_collected"].items()}
    assert measured == {
        "nvidia_gpu": [
            *("utilization_gpu", "utilization_memory", "memory_used", "memory_total"),
            *("power_draw", "temperature_gpu"),
        ],
        "cpu": ["usage_active", "usage_iowait"],
        "mem": ["used_percent"],
        "disk": ["used_percent"],
    }


def test_what_is_published_tells_stacks_apart_and_is_summed_up(metrics: dict[str, Any]) -> None:
    assert metrics["namespace"] == "CWAgent"
    assert metrics["aggregation_dimensions"] == [
        ["Stack"],
        ["Stack", "InstanceType"],
        ["Stack", "InstanceId"],
    ]
    # Every dimension that is summed over has to be there.
    assert metrics["append_dimensions"].keys() == {"InstanceId", "InstanceType"}
    for plugin in metrics["metrics_collected"].values():
        assert plugin["append_dimensions"] == {"Stack": "service-dev"}
        assert plugin["drop_original_metrics"] == ["*"]
