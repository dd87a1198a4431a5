"""Compare the results of an earlier transcription with the present settings of the stack."""

import json
import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from operations.jobs import Recording
from operations.outcomes import ResultFolder, etag_of
from operations.stack import Stack
from operations.worker import Worker
from transcriber.options import AUTO, STREAMING
from transcriber.outcomes import result_name

HEAD_BYTES = 64 * 1024
"""The model is near the start of a transcript. Only a long list of damage comes before it."""

SPACE = re.compile(r"\s*")


@dataclass(frozen=True)
class Present:
    """The present settings of the stack."""

    model_name: str | None
    """None if the model is not known. Then models are not compared."""

    model_revision: str | None
    mode: str
    formats: tuple[str, ...]

    @staticmethod
    def of(stack: Stack, worker: Worker) -> "Present":
        """Read them from the outputs of the stack and the settings of its worker."""
        return Present(stack.model_name, stack.model_revision, worker.mode, worker.formats)


def differences(s3: Any, folder: ResultFolder, recording: Recording, present: Present) -> list[str]:
    """Return how the results of a recording differ from what a job would make now, as far as they show it.

    It compares the model with its revision, the mode, and the existing formats.

    Args:
        s3: a client.
        folder: where transcripts are.
        recording: a recording that has a transcript.
        present: the present settings of the stack.
    """
    found = []
    model = _recorded_model(s3, folder, recording)
    if model is None:
        found.append("its transcript can't be read")
    else:
        found += _differences_of_model(model, present)
    missing = [
        name
        for name in present.formats
        if etag_of(s3, folder, result_name(recording.key, name)) != recording.etag
    ]
    if missing:
        found.append(f"no {', '.join(missing)}")
    return found


def leading_value(text: str, name: str) -> Any:
    """Return a value near the start of a JSON object. The end of the text may be missing.

    Raises:
        ValueError: the value is not there, or the text is not a JSON object.
    """
    decoder = json.JSONDecoder()
    position = _after(text, 0, "{")
    while True:
        key, position = decoder.raw_decode(text, _after(text, position, ""))
        value, position = decoder.raw_decode(text, _after(text, position, ":"))
        if key == name:
            return value
        position = _after(text, position, ",")


def _differences_of_model(model: dict[str, Any], present: Present) -> list[str]:
    found = []
    name, revision, mode = (str(model.get(field)) for field in ("name", "revision", "mode"))
    if present.model_name and (name, revision) != (present.model_name, present.model_revision):
        found.append(f"model {name} at {revision}")
    # `auto` takes this mode only where memory runs out.
    is_other = mode == STREAMING if present.mode == AUTO else mode != present.mode
    if is_other:
        found.append(f"mode {mode}")
    return found


def _recorded_model(s3: Any, folder: ResultFolder, recording: Recording) -> dict[str, Any] | None:
    where = {"Bucket": folder.bucket, "Key": folder.prefix + result_name(recording.key)}
    for span in ({"Range": f"bytes=0-{HEAD_BYTES - 1}"}, {}):
        try:
            body: bytes = s3.get_object(**where, **span)["Body"].read()
        except ClientError as error:
            # S3 refuses a range of an empty object.
            if error.response["Error"]["Code"] != "InvalidRange":
                raise
            continue
        try:
            model = leading_value(body.decode(errors="ignore"), "model")
        except (ValueError, RecursionError):
            continue
        return model if isinstance(model, dict) else None
    return None


def _after(text: str, position: int, mark: str) -> int:
    """Return the position of the next value, after ``mark`` and the space around it."""
    position = SPACE.match(text, position).end()  # type: ignore[union-attr]
    if not text.startswith(mark, position):
        raise ValueError(f"no {mark!r} at {position}")
    return SPACE.match(text, position + len(mark)).end()  # type: ignore[union-attr]
