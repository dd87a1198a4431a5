"""Put the model into the hub's cache: ``python -m transcriber.fetch_model``, run when the image is built.

``TRANSCRIBER_MODEL`` and ``TRANSCRIBER_MODEL_REVISION`` say which, as they do at run time.
"""

import sys
import tarfile
from pathlib import Path

from transcriber import log
from transcriber.errors import TemporaryFailureError, TranscriberError
from transcriber.hub import find_model_file
from transcriber.settings import Settings

CONFIG_MEMBER = "model_config.yaml"


def main() -> int:
    """Fetch the model and return the exit code."""
    log.configure()
    try:
        settings = Settings.read()
        path = find_model_file(settings.model, settings.pinned_revision)
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
    sys.exit(main())
