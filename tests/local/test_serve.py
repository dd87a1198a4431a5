"""Emulated AWS and Batch on ports that the Pulumi CLI knows."""

import inspect
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pulumi_aws
import pytest
import yaml

from emulator.cloud import LocalCloud
from emulator.deployment import deploy
from emulator.deployment.catalog import HANDLERS
from emulator.events.rules import MIRROR_PREFIX
from emulator.processes import free_port
from local import state
from local.aws_cli import exports
from local.pipeline import PROJECT, read_config
from local.serve import PORTS
from tests.emulator.waiting import wait_for
from tests.local.command_line import read_until, run
from tests.local.command_line import start as start_command

STACK_TEXT = (PROJECT / "Pulumi.local.yaml").read_text()
STACK_FILE = yaml.safe_load(STACK_TEXT)
PROVIDER_SERVICES = {
    "cloudwatch": {"cloudwatch", "events", "logs"},
    "s3": {"s3", "s3control"},
    "vpc": {"ec2"},
}
"""The services behind the modules of pulumi-aws that are not named after theirs."""

Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    processes: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        processes.append(start_command(tmp_path, "serve", *options))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_a_stack_deployed_to_the_served_account_gets_jobs_for_its_uploads(
    serve: Serve, tmp_path: Path
) -> None:
    ports = free_port(), free_port()
    process = serve("--port", str(ports[0]), "--batch-port", str(ports[1]))
    lines = read_until(process, "Then: ")
    early = start_command(tmp_path, "status")
    assert "No stack is deployed to the served account" in early.communicate(timeout=60)[0]
    cloud = state.find(tmp_path).cloud
    assert (cloud.aws_endpoint, cloud.batch_endpoint) == tuple(f"http://127.0.0.1:{port}" for port in ports)
    assert f"Emulated AWS: {cloud.aws_endpoint}   Batch: {cloud.batch_endpoint}" in lines
    check_commands(lines, ports, tmp_path)
    assert f"  {exports(cloud)}" in lines
    with deploy(PROJECT, read_config([]), cloud) as deployment:
        # The service looks for new rules every second, and a stack has several.
        wait_for(lambda: any("Object Created" in pattern for pattern in mirrored_patterns(cloud)))
        (tmp_path / "no-audio.mp3").write_bytes(b"no audio")
        uploaded = start_command(tmp_path, "upload", str(tmp_path / "no-audio.mp3"))
        output, _ = uploaded.communicate(timeout=120)
        assert uploaded.returncode == 1
        assert f"s3://{deployment.outputs['outputBucket']}/failures/no-audio.mp3.json" in output
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert not (tmp_path / "pulumi").exists()


@pytest.mark.parametrize("option", ["--port", "--batch-port"])
def test_a_taken_port_is_told_in_one_sentence(serve: Serve, option: str) -> None:
    ports = {"--port": free_port(), "--batch-port": free_port()}
    with socket.create_server(("127.0.0.1", ports[option])):
        process = serve(*(text for name, port in ports.items() for text in (name, str(port))))
        output, _ = process.communicate(timeout=60)
    program = Path("/proc/self/cmdline").read_bytes().split(b"\0")[0].decode()
    assert process.returncode == 1
    assert re.fullmatch(
        rf"error: Port {ports[option]} is taken by process {os.getpid()} \({re.escape(program)} .*\): "
        rf"stop what listens there or choose another port with {option}\.\n",
        output,
    )


@pytest.mark.parametrize("option", ["--port", "--batch-port"])
def test_a_port_that_is_none_is_refused(serve: Serve, option: str) -> None:
    process = serve(option, "70000")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"{option}: '70000' is not a port from 1 to 65535" in output


def test_one_port_is_not_enough(tmp_path: Path) -> None:
    code, said = run(tmp_path, "serve", "--port", "5000", "--batch-port", "5000")
    assert (code, said) == (2, "error: --port and --batch-port are both 5000; each needs its own port.\n")


def test_the_stack_file_sets_only_what_the_provider_knows() -> None:
    keys = [key.removeprefix("aws:") for key in STACK_FILE["config"] if key.startswith("aws:")]
    names = {re.sub(r"(?=[A-Z])", "_", key).lower() for key in keys}
    assert names <= set(inspect.signature(pulumi_aws.Provider._internal_init).parameters)
    (endpoints,) = STACK_FILE["config"]["aws:endpoints"]
    # The key is that of each start, by the variables that AWS's clients know.
    assert not {"aws:accessKey", "aws:secretKey"} & set(STACK_FILE["config"])
    parameters = inspect.signature(pulumi_aws.ProviderEndpointArgs.__init__).parameters
    # Python's keywords have an underscore there.
    assert set(endpoints) <= {name.removesuffix("_") for name in parameters}


def test_the_stack_file_names_a_served_endpoint_for_every_service_that_the_program_uses() -> None:
    (endpoints,) = STACK_FILE["config"]["aws:endpoints"]
    modules = {kind.split(":")[1].split("/")[0] for kind in HANDLERS}
    services = {service for module in modules for service in PROVIDER_SERVICES.get(module, {module})}
    assert set(endpoints) >= services | {"sts"}
    assert endpoints.pop("s3control") == f"http://localhost:{PORTS.aws}"
    assert endpoints == {
        name: f"http://127.0.0.1:{PORTS.batch if name == 'batch' else PORTS.aws}" for name in endpoints
    }
    assert {STACK_FILE["config"][f"aws:{name}"] for name in ("httpProxy", "httpsProxy")} == {endpoints["s3"]}


def mirrored_patterns(cloud: LocalCloud) -> list[str]:
    """The event patterns that the served account delivers."""
    rules = cloud.client("events").list_rules(NamePrefix=MIRROR_PREFIX)["Rules"]
    return [rule.get("EventPattern", "") for rule in rules]


def check_commands(lines: list[str], ports: tuple[int, int], folder: Path) -> None:
    """The commands let the Pulumi CLI keep its state in ``folder`` and deploy to ``ports``."""
    assert f"  export PULUMI_BACKEND_URL={(folder / 'pulumi').as_uri()} PULUMI_CONFIG_PASSPHRASE=" in lines
    assert (folder / "pulumi").is_dir()
    (deploy_line,) = (line for line in lines if "pulumi up" in line)
    stack_file = re.fullmatch(r"  pulumi up --stack local --config-file (.+)", deploy_line)
    assert stack_file
    written = Path(stack_file[1]).read_text()
    assert written.count(f":{ports[1]}\n") == 1
    moved_back = written.replace(f":{ports[0]}\n", ":4566\n").replace(f":{ports[1]}\n", ":4567\n")
    assert yaml.safe_load(moved_back) == STACK_FILE
