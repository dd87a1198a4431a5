"""Find the file of a model: on this machine, or on the Hugging Face hub, which has a local cache."""

import logging
import re
from pathlib import Path

import httpx
from huggingface_hub import constants, errors, hf_hub_download
from huggingface_hub import logging as hub_logging
from huggingface_hub.utils.tqdm import disable_progress_bars

from transcriber.errors import FaultError, TemporaryFailureError, UsageError

SUFFIX = ".nemo"

SHA_256 = re.compile(r"[0-9a-f]{64}")

NOT_FOUND = (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.RemoteEntryNotFoundError)
UNREACHABLE = (errors.LocalEntryNotFoundError, errors.HfHubHTTPError, httpx.TransportError)


def find_model_file(name: str, revision: str | None) -> Path:
    """Return the ``.nemo`` file of a model; download it if it is not in the hub's cache yet.

    The file has the name of its repository, as for NeMo's ``from_pretrained``, which has no revisions. With
    ``HF_HUB_OFFLINE=1`` only the cache is used. ``HF_HOME`` is the folder of the cache.

    Args:
        name: ``ORGANISATION/NAME`` or the path of a file.
        revision: branch, tag or commit of the repository; None means its main branch.

    Raises:
        UsageError: the hub has no such model, revision or file, or it is not cached and the hub is forbidden.
        FaultError: the hub refuses access.
        TemporaryFailureError: it is not cached and the hub can't be reached.
    """
    if name.endswith(SUFFIX):
        return Path(name)
    hub_logging.set_verbosity(logging.ERROR)
    disable_progress_bars()
    at = f"{name} at {revision}" if revision else name
    try:
        return Path(hf_hub_download(name, name.rsplit("/", 1)[-1] + SUFFIX, revision=revision))
    except errors.GatedRepoError as error:
        raise FaultError(f"{at}: the hub wants a token (HF_TOKEN) for this model.") from error
    except NOT_FOUND as error:
        raise UsageError(f"{at}: the hub has no such model with a {SUFFIX} file.") from error
    except UNREACHABLE as error:
        if constants.HF_HUB_OFFLINE:
            raise UsageError(f"{at}: not in the model cache, and HF_HUB_OFFLINE is set.") from error
        raise TemporaryFailureError(f"{at}: the hub can't be reached ({error}).") from error


def declared_sha256(file: Path) -> str | None:
    """Return the SHA-256 that the hub declares for a file from `find_model_file`; None if it declares none.

    The hub's ETag of a large file is its SHA-256 (``X-Linked-ETag``), and the cache names the file after it.
    The client of the hub compares sizes only.
    """
    etag = file.resolve().name
    return etag if SHA_256.fullmatch(etag) else None
