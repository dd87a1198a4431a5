"""Images without a container engine: buildah builds them, and this machine's kernel runs them.

For Debian and Ubuntu, as root. The base is a stand-in (see `standin_base`). Everything is kept outside the
clone, in a folder for each base and lock file; when there is a new one the former ones are deleted.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from emulator.batch.images import ContainerImage, Launch
from image_trial.engine import (
    GIVEN_FOLDER,
    PROJECT,
    Archives,
    Build,
    ImageConfiguration,
    Layer,
    Network,
    is_installed,
    layers_of,
)
from image_trial.enter import Entry
from image_trial.errors import MissingToolError, TrialError, read, run
from image_trial.job_container import JobContainer
from image_trial.python312 import find_python
from image_trial.standin_base import base_key, make_root

TOOLS = ("buildah", "debootstrap")
READ_BYTES = 1 << 20


class Buildah:
    """buildah with the overlay driver and chroot isolation, which need no daemon."""

    def __init__(self, cache: Path) -> None:
        """Keep images below ``cache``."""
        self._cache = cache

    def build(self, build: Build) -> None:
        """Build the image, and before it the base where that is not there yet.

        Raises:
            TrialError: the build failed.
            MissingToolError: not root, or something has to be installed.
        """
        _require_tools()
        self._delete_former(self._folder(build))
        self._make_base(build)
        arguments = [f"--build-arg={name}={value}" for name, value in build.arguments().items()]
        run(
            [
                *self._buildah(build),
                *("build", "--isolation", "chroot", "--layers", "--pull-never"),
                *("--volume", f"{build.model_file.parent}:{GIVEN_FOLDER}:ro"),
                *arguments,
                *("--file", str(build.dockerfile), "--tag", build.tag, str(build.context)),
            ]
        )

    def layers(self, build: Build) -> Sequence[Layer]:
        """Return the image's layers, the base's first.

        Raises:
            TrialError: there is no such image.
        """
        return layers_of(self._inspect(build)["OCIv1"])

    @contextmanager
    def archives(self, build: Build) -> Iterator[Archives]:
        """Give what archives the files of a layer: as buildah would push them, but for their order."""
        storage = self._folder(build) / "storage"
        records = json.loads((storage / "overlay-layers/layers.json").read_text())
        names = {each.get("diff-digest"): each["id"] for each in records}

        def archive(layer: Layer) -> Iterator[bytes]:
            files = storage / "overlay" / names[layer.digest] / "diff"
            command = ["tar", "--create", "--numeric-owner", "--directory", str(files), "."]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as tar:
                assert tar.stdout is not None
                while piece := tar.stdout.read(READ_BYTES):
                    yield piece
            if tar.returncode != 0:
                raise TrialError(f"tar ended with {tar.returncode} on the layer {layer.made_by!r}.")

        yield archive

    @contextmanager
    def network(self, build: Build) -> Iterator[Network]:  # noqa: ARG002 - the kernel's, whatever the image
        """Make a network namespace, which is gone with the last process in it."""
        yield Network(["unshare", "--net", "--"], "namespace of the trial")

    @contextmanager
    def image(self, build: Build, network: str) -> Iterator[ContainerImage]:  # noqa: ARG002 - inherited
        """Give the image for the block; its containers are processes of the calling process's network."""
        config = self._inspect(build)["OCIv1"]["config"]
        variables = dict(each.split("=", 1) for each in config.get("Env", []))
        configuration = ImageConfiguration(variables, config.get("WorkingDir") or "/")
        container = read([*self._buildah(build), "from", "--pull-never", build.tag]).strip()
        try:
            root = read([*self._buildah(build), "mount", container]).strip()
            yield ChrootImage(root, configuration)
        finally:
            read([*self._buildah(build), "rm", container])

    def _inspect(self, build: Build) -> Any:
        return json.loads(read([*self._buildah(build), "inspect", "--type", "image", build.tag]))

    def _make_base(self, build: Build) -> None:
        name, command = build.base(), self._buildah(build)
        if name in read([*command, "images", "--format", "{{.Name}}:{{.Tag}}"]).splitlines():
            return
        with TemporaryDirectory(dir=self._folder(build)) as folder:
            root = Path(folder, "root")
            root.mkdir()
            make_root(root, find_python())
            container = read([*command, "from", "scratch"]).strip()
            read([*command, "add", container, str(root), "/"])
            read([*command, "commit", "--rm", container, name])

    def _folder(self, build: Build) -> Path:
        key = hashlib.sha256(base_key(find_python()).encode() + build.lock_file.read_bytes())
        return self._cache / f"buildah-{key.hexdigest()[:16]}"

    def _buildah(self, build: Build) -> list[str]:
        folder = self._folder(build)
        places = ["--root", str(folder / "storage"), "--runroot", str(folder / "run")]
        return ["buildah", *places, "--storage-driver", "overlay"]

    def _delete_former(self, current: Path) -> None:
        for folder in self._cache.glob("buildah-*"):
            if folder != current:
                # Working containers of an interrupted trial may still be mounted.
                places = ["--root", str(folder / "storage"), "--runroot", str(folder / "run")]
                read(["buildah", *places, "--storage-driver", "overlay", "rm", "--all"])
                shutil.rmtree(folder)
        current.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True)
class ChrootImage:
    """An image whose files are mounted at ``root``; its containers are namespaces of this machine."""

    root: str
    configuration: ImageConfiguration

    def launch(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        properties: Mapping[str, Any],
        scratch: Path,
    ) -> Launch:
        """Return how to start ``command`` as the job definition's ``properties`` say.

        Raises:
            TrialError: they ask for what the trial can't give.
        """
        entry = Entry(
            root=self.root,
            command=command,
            environment={**self.configuration.environment, **variables},
            working_directory=self.configuration.working_directory,
            container=JobContainer.of(properties),
        )
        namespaces = ["unshare", "--mount", "--ipc", "--uts", "--pid", "--fork", "--kill-child"]
        program = [sys.executable, "-m", "image_trial.enter", entry.to_json()]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1"}
        return Launch([*namespaces, *program], environment, scratch)


def _require_tools() -> None:
    """Install what is missing, where that can be done.

    Raises:
        MissingToolError: not root, or no package manager that is known here.
    """
    if os.geteuid() != 0:
        raise MissingToolError("Without a container engine the image is built by root: sudo make image")
    missing = [tool for tool in TOOLS if not is_installed(tool)]
    if not missing:
        return
    if not is_installed("apt-get"):
        raise MissingToolError(
            f"Install {' and '.join(missing)}, or use a container engine: make image ENGINE=docker"
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "--quiet=2"], environment=environment)
    run(
        ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *missing],
        environment=environment,
    )
