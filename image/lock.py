"""What the image is built from, as its lock file and its Dockerfile pin it."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
LOCK_FILE = FOLDER / "requirements.txt"
REQUIREMENTS = FOLDER / "requirements.in"
DOCKERFILE = FOLDER / "Dockerfile"

MODEL_LICENCE = "CC-BY-4.0"
HUB = "https://huggingface.co"


def package_name(text: str) -> str:
    """Return the name of a package as lock files write it: lower case, words joined by dashes."""
    return re.sub(r"[-_.]+", "-", text).lower()


def locked_versions() -> dict[str, str]:
    """Return the version of each package in the image."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK_FILE.read_text(), re.MULTILINE))


def required_packages() -> list[str]:
    """Return the names of the packages that the worker itself asks for."""
    return [package_name(name) for name in re.findall(r"^[\w.-]+", REQUIREMENTS.read_text(), re.MULTILINE)]


def locked_model() -> tuple[str, str]:
    """Return the name and the revision of the model in the image."""
    arguments = dict(re.findall(r"^ARG (\w+)=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE))
    return arguments["MODEL_NAME"], arguments["MODEL_REVISION"]


def base_image() -> tuple[str, str]:
    """Return the repository and the tag of the image that the Dockerfile begins with.

    Raises:
        ValueError: it begins with more than one.
    """
    ((repository, tag),) = set(re.findall(r"^FROM (\S+/\S+):(\S+)", DOCKERFILE.read_text(), re.MULTILINE))
    return repository, tag
