"""``python -m image_trial``: build the worker's image, tell what it weighs, run its worker."""

import argparse
import fcntl
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from image_trial.engine import PROJECT, Build
from image_trial.engines import AUTO, engine_of, resolve
from image_trial.errors import TrialError
from image_trial.layers import measure, table

INTERRUPTED = 130
"""The exit code of what Ctrl-C ended."""


def main(arguments: Sequence[str]) -> int:
    """Do all three and return the exit code: 0, 1 for a failure, 2 for what is missing, 130 for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m image_trial", description=__doc__)
    parser.add_argument("--engine", default=AUTO, help="auto, buildah, docker or podman")
    parser.add_argument("--cache", type=Path, required=True, help="a folder for images, outside the clone")
    options = parser.parse_args(arguments)
    options.cache.mkdir(parents=True, exist_ok=True)
    try:
        with (options.cache / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return _build_and_try(resolve(options.engine), options.cache)
    except TrialError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


def _build_and_try(engine_name: str, cache: Path) -> int:
    engine, build = engine_of(engine_name, cache), Build()
    began = time.monotonic()
    engine.build(build)
    built = time.monotonic()
    print(f"\nBuilt by {engine_name} in {built - began:.0f} s. What a machine pulls:")
    for line in table(measure(engine, build, cache)):
        print(line)
    measured = time.monotonic()
    print(f"(measured in {measured - built:.0f} s)\n\nIts worker, as the job definition runs it:", flush=True)
    with engine.network(build) as network:
        trial = [sys.executable, "-m", "image_trial.trial", engine_name, str(cache), network.name]
        ended = subprocess.run([*network.enter, *trial], cwd=PROJECT, check=False)
    if ended.returncode == 0:
        print(f"The image is built and its worker works ({time.monotonic() - measured:.0f} s).")
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
