"""What is in the worker's image, by the wheels that it locks: ``python -m benchmarks.image_size``.

Wheels are compressed about as well as an image's layers, so their sizes are what a machine pulls.
"""

import json
import re
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "image" / "requirements.txt"
INDEX = "https://pypi.org/simple/"
JSON_TYPE = "application/vnd.pypi.simple.v1+json"
WHEEL = re.compile(r"-(cp312|cp3\d*|py2\.py3|py3)-(\w+)-(any|.*(manylinux|linux)\w*x86_64)\.whl$")

LIBRARIES = ("nvidia-cudnn", "nvidia-cusparselt", "nvidia-nccl", "nvidia-nvshmem")
"""NVIDIA's packages outside ``nvidia/cu13``."""

MODEL_BYTES = 1_255_000_000
"""627 million weights in bf16."""

BASE_BYTES = 150_000_000
"""Amazon Linux 2023 with Python 3.12; a guess, since it can't be pulled where no registry is."""

PULL_BYTES_PER_SECOND = 60e6
"""Images of 15 to 20 GB are reported to take 4 to 6 minutes to pull and unpack."""


@dataclass(frozen=True)
class Package:
    """A locked package and the size of its wheel for the image."""

    name: str
    version: str
    size_bytes: int


def main() -> int:
    """Print the layers, their largest packages and how long pulling them takes."""
    with ThreadPoolExecutor(16) as pool:
        packages = list(pool.map(lambda entry: look_up(*entry), locked(REQUIREMENTS.read_text())))
    layers: dict[str, list[Package]] = {}
    for package in packages:
        layers.setdefault(layer_of(package.name), []).append(package)
    print(f"{'layer':<10} {'MB':>6}  largest parts")
    total = MODEL_BYTES + BASE_BYTES
    for name, members in sorted(layers.items(), key=lambda item: -size_of(item[1])):
        largest = sorted(members, key=lambda package: -package.size_bytes)[:5]
        parts = ", ".join(f"{each.name} {each.size_bytes / 1e6:.0f}" for each in largest)
        print(f"{name:<10} {size_of(members) / 1e6:>6.0f}  {parts} ({len(members)} packages)")
        total += size_of(members)
    print(f"{'model':<10} {MODEL_BYTES / 1e6:>6.0f}  weights in bf16")
    print(f"{'base':<10} {BASE_BYTES / 1e6:>6.0f}  Amazon Linux, Python (a guess)")
    seconds = total / PULL_BYTES_PER_SECOND
    print(f"{'all':<10} {total / 1e6:>6.0f}  projected: {seconds:.0f} s to pull and unpack")
    return 0


def locked(text: str) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield name, version and hashes of each requirement."""
    for line in text.replace("\\\n", " ").splitlines():
        if found := re.match(r"([\w.-]+)==([^\s;]+)", line):
            yield found[1], found[2], frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))


def look_up(name: str, version: str, hashes: frozenset[str]) -> Package:
    """Ask the index for the wheel that the image gets: one of ``hashes``, for Linux on x86-64."""
    request = urllib.request.Request(f"{INDEX}{name}/", headers={"Accept": JSON_TYPE})  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        files = json.load(answer)["files"]
    known = [each for each in files if each["hashes"].get("sha256") in hashes]
    wheels = [each for each in known if WHEEL.search(each["filename"])] or known
    return Package(name, version, max((each["size"] for each in wheels), default=0))


def layer_of(name: str) -> str:
    """Return the layer of the Dockerfile that a package is in."""
    if name == "torch":
        return "torch"
    if not name.startswith("nvidia-"):
        return "packages"
    return "libraries" if name.startswith(LIBRARIES) else "cuda"


def size_of(packages: list[Package]) -> int:
    """Return what ``packages`` take together."""
    return sum(package.size_bytes for package in packages)


if __name__ == "__main__":
    sys.exit(main())
