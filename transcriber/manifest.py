"""Read the recordings of a job from a manifest: JSON lines with bucket, key, etag and size of S3 objects."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from transcriber.errors import UnusableInputError, UsageError
from transcriber.storage import S3_SCHEME, Storage

MOST_RECORDINGS = 10_000
MOST_BYTES = 32 * 2**20


@dataclass(frozen=True)
class ListedRecording:
    """A recording that a job is asked for."""

    uri: str
    etag: str | None = None
    """The version that is asked for; None for the version that is stored now."""


class ManifestLine(BaseModel):
    """An object in S3. Further fields are allowed, and mean nothing to the worker."""

    model_config = ConfigDict(frozen=True)

    bucket: str = Field(min_length=1)
    key: str = Field(min_length=1)
    etag: str
    size: int = Field(ge=0)


def read_manifest(uri: str, storage: Storage) -> list[ListedRecording]:
    """Return the recordings of the manifest ``uri`` in their order, each version once.

    Raises:
        UsageError: there is no such manifest, it is too long, or a line is not one of a manifest.
        TranscriberError: it can't be read.
    """
    source = storage.source(uri)
    try:
        version = source.version()
        if version.size_bytes > MOST_BYTES:
            raise UsageError(
                f"{uri}: a manifest of {version.size_bytes} bytes; allowed: up to {MOST_BYTES} bytes."
            )
        with source.open(version) as file:
            content = file.read()
    except UnusableInputError as error:
        raise UsageError(f"{uri}: the manifest can't be read ({error})") from error
    recordings = list(dict.fromkeys(_recordings(content, uri)))
    if len(recordings) > MOST_RECORDINGS:
        raise UsageError(
            f"{uri}: a manifest of {len(recordings)} recordings; allowed: up to {MOST_RECORDINGS}."
        )
    return recordings


def _recordings(content: bytes, uri: str) -> Iterator[ListedRecording]:
    for number, text in enumerate(content.split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            line = ManifestLine.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            reason = ": ".join([*map(str, first["loc"]), first["msg"]])
            raise UsageError(
                f'{uri}, line {number}: {reason}; allowed: {{"bucket": TEXT, "key": TEXT, "etag": TEXT,'
                ' "size": NUMBER}.'
            ) from None
        yield ListedRecording(f"{S3_SCHEME}{line.bucket}/{line.key}", line.etag.strip('"') or None)
