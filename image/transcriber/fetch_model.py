"""Put a model into the hub's cache, for the image: ``python -m transcriber.fetch_model NAME [REVISION]``."""

import sys
import tarfile
from pathlib import Path

from transcriber import log
from transcriber.errors import TemporaryFailureError, TranscriberError, UsageError
from transcriber.hub import find_model_file

CONFIG_MEMBER = "model_config.yaml"


def main(arguments: list[str]) -> int:
    """Fetch the model that ``arguments`` name and return the exit code."""
    log.configure()
    try:
        match arguments:
            case [name]:
                path = find_model_file(name, revision=None)
            case [name, revision]:
                path = find_model_file(name, revision or None)
            case _:
                raise UsageError("Name a model of the Hugging Face hub, and a revision if you want.")
        check_model_file(path)
    except TranscriberError as error:
        log.failure(str(error), exit_code=error.exit_code)
        return error.exit_code
    log.event("model cached", path=str(path), size_bytes=path.stat().st_size)
    return 0


def check_model_file(path: Path) -> None:
    """Find out whether ``path`` is a NeMo model: an archive with a configuration in it.

    Raises:
        TemporaryFailureError: it is not, as after a download that broke off.
    """
    try:
        with tarfile.open(path) as archive:
            names = {Path(member.name).name for member in archive}
    except (tarfile.TarError, OSError) as error:
        raise TemporaryFailureError(f"{path}: not a NeMo model ({error}).") from error
    if CONFIG_MEMBER not in names:
        raise TemporaryFailureError(f"{path}: not a NeMo model (no {CONFIG_MEMBER} in it).")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
