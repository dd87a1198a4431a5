"""Which engine builds the image."""

from pathlib import Path

from image_trial.buildah import Buildah
from image_trial.container_engine import ContainerEngine, answers
from image_trial.engine import Engine
from image_trial.errors import MissingToolError

AUTO = "auto"
BUILDAH = "buildah"
CONTAINER_ENGINES = ("docker", "podman")


def resolve(name: str) -> str:
    """Return the name of the engine that is meant: `auto` is a running Docker, else buildah.

    Raises:
        MissingToolError: no such engine is known.
    """
    if name == AUTO:
        return "docker" if answers("docker") else BUILDAH
    if name not in (BUILDAH, *CONTAINER_ENGINES):
        raise MissingToolError(
            f"ENGINE is {name!r}; allowed: {AUTO}, {BUILDAH}, {', '.join(CONTAINER_ENGINES)}."
        )
    return name


def engine_of(name: str, cache: Path) -> Engine:
    """Return the engine that `resolve` named; buildah keeps what it makes in ``cache``."""
    return Buildah(cache) if name == BUILDAH else ContainerEngine(name)
