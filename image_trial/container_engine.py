"""Images by Docker or Podman, over the real base, on a Linux machine whose engine runs as root."""

import json
import os
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from emulator.batch.images import ContainerImage, Launch
from image_trial.engine import GIVEN_FOLDER, Archives, Build, Layer, Network, is_installed, layers_of
from image_trial.errors import MissingToolError, read, run
from image_trial.job_container import JobContainer

READ_BYTES = 1 << 20
PLATFORM = "linux/amd64"
PACKAGES_STAGE = "packages"
"""The stage of the Dockerfile that the model's stage starts from."""

HOLDER = "import signal; signal.pause()"
"""What keeps a network while containers come and go."""


class ContainerEngine:
    """An engine with Docker's command line."""

    def __init__(self, program: str) -> None:
        """Use ``program``: ``docker`` or ``podman``."""
        self._program = program

    def build(self, build: Build) -> None:
        """Build the image.

        Docker can't mount a folder while it builds. So the stage before the model's is built by itself, gets
        the model's file, and takes the place of the stage of that name; the worker takes only packages of it.

        Raises:
            TrialError: the build failed.
            MissingToolError: there is no such engine, or it does not answer.
        """
        self._require()
        if self._program == "podman":
            self._build(build, "--volume", f"{build.model_file.parent}:{GIVEN_FOLDER}:ro")
            return
        stage = f"{build.tag}-{PACKAGES_STAGE}"
        self._build(build, "--target", PACKAGES_STAGE, tag=stage)
        container = read([self._program, "create", stage]).strip()
        try:
            # A folder that ends in /. is copied as a folder of the name that follows.
            read([self._program, "cp", f"{build.model_file.parent}/.", f"{container}:{GIVEN_FOLDER}"])
            read([self._program, "commit", container, f"{stage}-given"])
        finally:
            read([self._program, "rm", container])
        self._build(build, "--build-context", f"{PACKAGES_STAGE}=docker-image://{stage}-given")

    def layers(self, build: Build) -> Sequence[Layer]:
        """Return the image's layers, the base's first.

        Raises:
            TrialError: there is no such image.
        """
        with self._saved(build) as image:
            (manifest,) = _json_in(image, "manifest.json")
            return layers_of(_json_in(image, manifest["Config"]))

    @contextmanager
    def archives(self, build: Build) -> Iterator[Archives]:
        """Give what reads the archive of a layer out of the saved image."""
        with self._saved(build) as image:
            (manifest,) = _json_in(image, "manifest.json")
            digests = [each.digest for each in layers_of(_json_in(image, manifest["Config"]))]

            def archive(layer: Layer) -> Iterator[bytes]:
                name = manifest["Layers"][digests.index(layer.digest)]
                with tarfile.open(image) as opened:
                    member = opened.extractfile(name)
                    while piece := member.read(READ_BYTES) if member else b"":
                        yield piece

            yield archive

    @contextmanager
    def network(self, build: Build) -> Iterator[Network]:
        """Make the network of a container that has none, and remove both after the block.

        Raises:
            TrialError: the container does not start.
        """
        command = ["run", "--detach", "--rm", "--network", "none", "--entrypoint", "python", build.tag]
        holder = read([self._program, *command, "-c", HOLDER]).strip()
        try:
            process = read([self._program, "inspect", "--format", "{{.State.Pid}}", holder]).strip()
            yield Network(["nsenter", f"--net=/proc/{process}/ns/net", "--"], holder)
        finally:
            read([self._program, "rm", "--force", holder])

    @contextmanager
    def image(self, build: Build, network: str) -> Iterator[ContainerImage]:
        """Give the image for the block; its containers join the network of the container ``network``."""
        yield EngineImage(self._program, build.tag, network)

    def _build(self, build: Build, *options: str, tag: str = "") -> None:
        arguments = [f"--build-arg={name}={value}" for name, value in build.arguments().items()]
        command = ["build", "--platform", PLATFORM, *arguments, *options, "--tag", tag or build.tag]
        run([self._program, *command, "--file", str(build.dockerfile), str(build.context)])

    def _require(self) -> None:
        if not answers(self._program):
            raise MissingToolError(
                f"`{self._program} info` fails: is it installed and running? Without a container engine:"
                " make image ENGINE=buildah"
            )
        if os.geteuid() != 0:
            raise MissingToolError(
                f"The trial enters a container's network, which needs root: sudo make image"
                f" ENGINE={self._program}"
            )

    @contextmanager
    def _saved(self, build: Build) -> Iterator[Path]:
        with TemporaryDirectory() as folder:
            saved = Path(folder, "image.tar")
            read([self._program, "save", "--output", str(saved), build.tag])
            yield saved


@dataclass(frozen=True)
class EngineImage:
    """An image of a container engine."""

    program: str
    tag: str
    network: str
    """The container whose network its containers share."""

    def launch(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        properties: Mapping[str, Any],
        scratch: Path,
    ) -> Launch:
        """Return how to start ``command`` as the job definition's ``properties`` say.

        The engine's client passes SIGTERM on, and ends with the command's exit code.

        Raises:
            TrialError: they ask for what the trial can't give.
        """
        options = run_options(JobContainer.of(properties), variables)
        network = ["--network", f"container:{self.network}"]
        program, *arguments = command
        return Launch(
            [self.program, "run", "--rm", *network, *options, "--entrypoint", program, self.tag, *arguments],
            dict(os.environ),
            scratch,
        )


def run_options(container: JobContainer, variables: Mapping[str, str]) -> list[str]:
    """Return the options of ``docker run`` for a job's container, as ECS sets them."""
    options = ["--user", container.user]
    if container.read_only:
        options.append("--read-only")
    if container.init_process:
        options.append("--init")
    for limit in container.limits:
        options += ["--ulimit", f"{limit.name}={limit.soft}:{limit.hard}"]
    for folder in container.memory_folders:
        settings = ",".join([f"size={folder.size_mebibytes}m", *folder.options])
        options += ["--tmpfs", f"{folder.path}:{settings}"]
    for name, value in variables.items():
        options += ["--env", f"{name}={value}"]
    return options


def answers(program: str) -> bool:
    """Tell whether an engine with the command line ``program`` is there and runs."""
    if not is_installed(program):
        return False
    return subprocess.run([program, "info"], capture_output=True, check=False).returncode == 0


def _json_in(image: Path, name: str) -> Any:
    with tarfile.open(image) as opened:
        member = opened.extractfile(name)
        return json.load(member) if member else None
