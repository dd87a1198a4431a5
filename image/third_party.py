"""``python -m image.third_party``: print the licences of all that is in the image, for people to read."""

import sys
from collections.abc import Iterator

from image.licences import LISTED, libraries_in, packages
from image.lock import HUB, MODEL_LICENCE, locked_model, locked_versions

HEADING = """\
# Third-party software in the worker's image

Made by `make sbom` from `image/requirements.txt`, the packages' own metadata and `image/licences.toml`.

Whoever builds the image for an account of their own hands nothing on, and has to do nothing. Whoever
gives the image to others does what these licences ask. One case takes more than a notice: PyAV's wheel
carries x264 and x265, linked with its FFmpeg, and the GPL asks for all that runs with them, which
NVIDIA's libraries can't be given under. The worker only decodes and needs neither: an image for others
takes PyAV built from source on an FFmpeg without them.

The licences that ask for more than their notices:

| licence | asks whoever hands the image on to | of |
| --- | --- | --- |
"""


def third_party() -> str:
    """Return the page as Markdown."""
    rows = list(_rows())
    asking = "".join(
        f"| {licence} | {asks} | {', '.join(name for name, _, each in rows if each == licence)} |\n"
        for licence, asks in LISTED["obligations"].items()
    )
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"{HEADING}{asking}\nAll of it:\n\n| name | version | licence |\n| --- | --- | --- |\n{table}"


def _rows() -> Iterator[tuple[str, str, str]]:
    """Yield name, version and licence of the model, of each package and of the libraries in it."""
    model, revision = locked_model()
    yield f"[{model}]({HUB}/{model})", revision[:12], MODEL_LICENCE
    for package in packages(locked_versions()):
        yield package.name, package.version, package.licence
        for library in libraries_in(package.name):
            yield f"{package.name}: {library.name}", library.version, library.licence


if __name__ == "__main__":
    sys.stdout.write(third_party())
