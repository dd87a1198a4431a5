"""``python -m supply_chain.third_party``: the licences of all that is in the image, for people to read."""

import sys
from collections import defaultdict
from collections.abc import Iterator

from supply_chain.bundled import libraries_in
from supply_chain.licences import OBLIGATIONS, licence_of, licences_in
from supply_chain.lock import LockedImage, read_lock
from supply_chain.sbom import HUB, MODEL_LICENCE

HEADING = """\
# Third-party software in the worker's image

Made by `make sbom` of `image/requirements.txt`, the packages' own metadata and `supply_chain/licences.py`.

Whoever builds the image for an account of their own hands nothing on, and has to do nothing. Whoever
gives the image to others does what these licences ask. One case takes more than a notice: PyAV's wheel
carries x264 and x265, linked with its FFmpeg, and the GPL asks for all that runs with them, which
NVIDIA's libraries can't be given under. The worker only decodes and needs neither: an image for others
takes PyAV built from source on an FFmpeg without them.

The licences that ask for more than their notices:
"""


def third_party(image: LockedImage) -> str:
    """Return the page as Markdown."""
    return "\n".join([HEADING, *_obligations(image), "", "All of it:", "", *_table(image), ""])


def _licences(image: LockedImage) -> Iterator[tuple[str, str, str]]:
    """Yield name, version and licence of the model, of each package and of the libraries in it."""
    model = f"[{image.model_name}]({HUB}/{image.model_name})"
    yield model, image.model_revision[:12], MODEL_LICENCE
    for package in image.packages:
        yield package.name, package.version, licence_of(package.name)
        for library in libraries_in(package.name):
            yield f"{package.name}: {library.name}", library.version or "", library.licence


def _obligations(image: LockedImage) -> Iterator[str]:
    holders = defaultdict(list)
    for name, _version, expression in _licences(image):
        for licence in licences_in(expression) & OBLIGATIONS.keys():
            holders[licence].append(name)
    yield "| licence | asks whoever hands the image on to | of |"
    yield "| --- | --- | --- |"
    for licence, names in sorted(holders.items()):
        yield f"| {licence} | {OBLIGATIONS[licence]} | {', '.join(names)} |"


def _table(image: LockedImage) -> Iterator[str]:
    yield "| name | version | licence |"
    yield "| --- | --- | --- |"
    for row in _licences(image):
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    sys.stdout.write(third_party(read_lock()))
