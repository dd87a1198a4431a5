"""Serve emulated AWS and Batch on fixed ports, so that the Pulumi CLI can deploy to them."""

import shlex
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from emulator.deployment import StackConfig
from emulator.listeners import port_taken_message
from local.errors import LocalError, WrongUseError
from local.pipeline import (
    PROJECT,
    STACK,
    Ports,
    Services,
    Tell,
    deliver_events,
    say_nothing,
    start_services,
    worker_image,
)
from tiny_model.prepared import prepare_tiny_model

PORTS = Ports(aws=4566, batch=4567)
"""The ports in `Pulumi.local.yaml`."""

AWS_OPTION = "--port"
BATCH_OPTION = "--batch-port"
BACKEND_FOLDER = "pulumi"
STACK_FILE = f"Pulumi.{STACK}.yaml"
IMAGE_KEY = "imageUri"
PROXY_KEYS = ("aws:httpProxy", "aws:httpsProxy")


@contextmanager
def serve_cloud(
    config: StackConfig, folder: Path, slots: int, ports: Ports, tell: Tell = say_nothing
) -> Iterator[Services]:
    """Serve an empty account in which the stack's image can run; end every process at the end of the block.

    Args:
        config: the stack's configuration; only region and image are used.
        folder: for the services' logs and the Pulumi CLI's state of the stack. The state is deleted with the
            account.
        slots: how many jobs run at once.
        ports: where the services listen.
        tell: gets sentences on what the end of the block waits for.

    Raises:
        LocalError: a port is taken.
        EmulatorError: a service did not start; nothing is left behind.
    """
    backend = folder / BACKEND_FOLDER
    if ports.aws == ports.batch:
        raise WrongUseError(f"{AWS_OPTION} and {BATCH_OPTION} are both {ports.aws}; each needs its own port.")
    for port, option in ((ports.aws, AWS_OPTION), (ports.batch, BATCH_OPTION)):
        _check_port(port, option)
    with start_services(config.region, folder, slots, ports, tell) as services:
        if image_uri := config.values.get(f"{config.project}:{IMAGE_KEY}"):
            services.images[image_uri] = worker_image(prepare_tiny_model(folder), slots)
        shutil.rmtree(backend, ignore_errors=True)
        backend.mkdir()
        try:
            with deliver_events(services, tell):
                yield services
        finally:
            shutil.rmtree(backend, ignore_errors=True)


def pulumi_commands(folder: Path, ports: Ports) -> list[str]:
    """Return the commands that deploy the stack to the services at ``ports``.

    If the ports are not those of `Pulumi.local.yaml`, a copy of it with these ports is written to ``folder``.
    """
    backend = (folder / BACKEND_FOLDER).resolve().as_uri()
    option = "" if ports == PORTS else f" --config-file {shlex.quote(str(_stack_file_for(ports, folder)))}"
    return [
        f"export PULUMI_BACKEND_URL={shlex.quote(backend)} PULUMI_CONFIG_PASSPHRASE=",
        f"pulumi stack init {STACK}",
        f"pulumi up --stack {STACK}{option}",
    ]


def _check_port(port: int, option: str) -> None:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return
    except OSError as error:
        raise LocalError(port_taken_message(port, option)) from error


def _stack_file_for(ports: Ports, folder: Path) -> Path:
    """Write a copy of the stack's file, with the services at ``ports``, and return its path."""
    document = yaml.safe_load((PROJECT / STACK_FILE).read_text())
    config = document["config"]
    for endpoints in config["aws:endpoints"]:
        for service, url in endpoints.items():
            endpoints[service] = _with_port(url, ports.batch if service == "batch" else ports.aws)
    for key in PROXY_KEYS:
        config[key] = _with_port(config[key], ports.aws)
    path = folder / STACK_FILE
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path.resolve()


def _with_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.hostname}:{port}").geturl()
