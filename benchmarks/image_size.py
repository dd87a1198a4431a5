"""The layers of the worker's image as `make image` built it last: ``python -m benchmarks.image_size``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from image_trial.engine import Build
from image_trial.engines import AUTO, engine_of, resolve
from image_trial.errors import TrialError
from image_trial.layers import measure, table


def main(arguments: Sequence[str]) -> int:
    """Print the layers and what a machine pulls, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.image_size", description=__doc__)
    parser.add_argument("--engine", default=AUTO, help="auto, buildah, docker or podman")
    parser.add_argument("--cache", type=Path, required=True, help="where `make image` keeps images")
    options = parser.parse_args(arguments)
    try:
        layers = measure(engine_of(resolve(options.engine), options.cache), Build(), options.cache)
    except TrialError as error:
        print(f"error: {error} `make image` builds the image.", file=sys.stderr)
        return error.exit_code
    print("\n".join(table(layers)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
