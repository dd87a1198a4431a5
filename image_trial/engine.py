"""What builds images and runs them, behind one Protocol: buildah, or a container engine."""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from emulator.batch.images import ContainerImage

PROJECT = Path(__file__).resolve().parents[1]
CONTEXT = PROJECT
TINY_MODEL = PROJECT / "tiny_model" / "tiny.nemo"
GIVEN_FOLDER = "/given"
"""Where the build finds the model's file, which is not part of the build context."""


@dataclass(frozen=True)
class Build:
    """What is built: the Dockerfile as it stands, with a model file of this machine."""

    model_file: Path = TINY_MODEL
    tag: str = "localhost/parakeet-transcription:trial"
    context: Path = CONTEXT

    @property
    def dockerfile(self) -> Path:
        """The Dockerfile."""
        return self.context / "image" / "Dockerfile"

    @property
    def lock_file(self) -> Path:
        """The packages that the image gets."""
        return self.context / "image" / "requirements.txt"

    def arguments(self) -> dict[str, str]:
        """Return the build arguments; by the checksum another file makes another layer."""
        return {
            "MODEL_NAME": f"{GIVEN_FOLDER}/{self.model_file.name}",
            "MODEL_REVISION": "",
            "MODEL_SHA256": hashlib.sha256(self.model_file.read_bytes()).hexdigest(),
        }

    def base(self) -> str:
        """Return the name of the image that the Dockerfile starts from."""
        return base_of(self.dockerfile.read_text())


@dataclass(frozen=True)
class Layer:
    """A layer of an image."""

    digest: str
    """SHA-256 of its uncompressed archive, which names it in the cache of sizes."""

    made_by: str
    """The instruction that made it, as the image's history tells."""


@dataclass(frozen=True)
class ImageConfiguration:
    """What an image says about how it is run."""

    environment: Mapping[str, str] = field(default_factory=dict)
    working_directory: str = "/"


@dataclass(frozen=True)
class Network:
    """A network that has no more than a loopback interface."""

    enter: Sequence[str]
    """The start of a command line; the program named after it runs within."""

    name: str
    """By which the engine finds it."""


Archives = Callable[[Layer], Iterator[bytes]]


class Engine(Protocol):
    """Builds an image, tells its layers and runs commands in it."""

    def build(self, build: Build) -> None:
        """Build the image.

        Raises:
            TrialError: the build failed.
            MissingToolError: something has to be installed first.
        """

    def layers(self, build: Build) -> Sequence[Layer]:
        """Return the image's layers, the base's first.

        Raises:
            TrialError: there is no such image.
        """

    def archives(self, build: Build) -> AbstractContextManager[Archives]:
        """Give what returns the uncompressed archive of a layer, piece by piece."""

    def network(self, build: Build) -> AbstractContextManager[Network]:
        """Make a network for the block."""

    def image(self, build: Build, network: str) -> AbstractContextManager[ContainerImage]:
        """Give the image, whose containers share the network of that name, as Batch starts commands in it."""


def base_of(dockerfile: str) -> str:
    """Return the name after the first FROM of a Dockerfile's text.

    Raises:
        ValueError: it has none.
    """
    found = re.search(r"^FROM\s+(?:--\S+\s+)*(\S+)", dockerfile, re.MULTILINE)
    if found is None:
        raise ValueError("the Dockerfile has no FROM")
    return found[1]


def layers_of(configuration: Mapping[str, Any]) -> list[Layer]:
    """Return the layers that an image's configuration names, the base's first."""
    history = configuration["history"]
    made_by = [each.get("created_by", "") for each in history if not each.get("empty_layer")]
    return [Layer(*each) for each in zip(configuration["rootfs"]["diff_ids"], made_by, strict=True)]


def is_installed(program: str) -> bool:
    """Tell whether ``program`` is on the search path."""
    return shutil.which(program) is not None
