"""Every setting of the worker: command-line options and ``TRANSCRIBER_*`` variables are the same thing."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from transcriber.errors import UsageError
from transcriber.model.directory import DESCRIPTION_FILE, ModelDescription
from transcriber.recognition.modes import MODES
from transcriber.recognition.modes.selection import AUTO
from transcriber.results.formats import FORMATS

ENVIRONMENT_PREFIX = "TRANSCRIBER_"
DEFAULT_MODEL = "nvidia/parakeet-tdt-0.6b-v3"
DEFAULT_REVISION = "6d590f77001d318fb17a0b5bf7ee329a91b52598"
"""The commit of the hub repository that `DEFAULT_MODEL` means here: another one is another model."""
DEFAULT_FORMATS = ("json", "srt", "vtt", "txt")
LICENCES = {DEFAULT_MODEL: "CC-BY-4.0"}

SPLIT = "split"
"""Each channel by itself."""

MOST_NAME_CHARACTERS = 32

HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Allowed:
    """What a setting may be, in words for the message about a wrong value and for ``--help``."""

    text: str


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _known_formats(names: tuple[str, ...]) -> tuple[str, ...]:
    if not set(names) <= FORMATS.keys():
        raise ValueError
    return tuple(dict.fromkeys(names))


def _short_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if any(len(name) > MOST_NAME_CHARACTERS or not name.isprintable() for name in names):
        raise ValueError
    return names


def _known_mode(name: str) -> str:
    if name != AUTO and name not in MODES:
        raise ValueError
    return name


def _hub_name_or_path(name: str) -> str:
    is_file = name.endswith(".nemo") and Path(name).is_file()
    if is_file or _is_directory(name):
        return name
    if name.endswith(".nemo") or not HUB_NAME.fullmatch(name):
        raise ValueError
    return name


def _is_directory(name: str) -> bool:
    return Path(name, DESCRIPTION_FILE).is_file()


class JobIdentity(BaseSettings):
    """Which job this is, for the log and the metrics."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        protected_namespaces=(),
    )

    stack: str | None = None
    """Whose metrics the job's are; without it, it has none."""
    job_id: str | None = Field(None, validation_alias="AWS_BATCH_JOB_ID")
    attempt: int | None = Field(None, validation_alias="AWS_BATCH_JOB_ATTEMPT")

    @classmethod
    def read(cls, **options: object) -> Self:
        """Read the environment and ``options``, which are command-line values under the names of fields.

        Raises:
            UsageError: a value is not allowed; the message names the option or variable.
        """
        try:
            return cls(**options)  # type: ignore[arg-type]
        except ValidationError as error:
            raise UsageError(cls._explain(error, options)) from None

    @classmethod
    def _explain(cls, error: ValidationError, options: dict[str, object]) -> str:
        first = error.errors()[0]
        location = str(first["loc"][0])
        field = cls.model_fields.get(location)
        if field is None:
            return f"{location} is {first['input']!r}; allowed: what AWS Batch sets."
        value = options.get(location, first["input"])
        name = option_name(location) if location in options else ENVIRONMENT_PREFIX + location.upper()
        return f"{name} is {value!r}; allowed: {allowed_values(location)}."


class Settings(JobIdentity):
    """What a job is told besides its source and destination. An option goes before its variable."""

    model: Annotated[
        str,
        AfterValidator(_hub_name_or_path),
        Allowed("a prepared directory, a .nemo file or a Hugging Face name such as " + DEFAULT_MODEL),
    ] = Field(DEFAULT_MODEL, description="the model")
    model_revision: Annotated[str | None, Allowed("a branch, tag or commit")] = Field(
        None, description="revision of a Hugging Face model; the default model is pinned"
    )
    mode: Annotated[str, AfterValidator(_known_mode), Allowed(", ".join([AUTO, *MODES]))] = Field(
        AUTO, description="how audio is cut for the model; auto decides by duration"
    )
    chunk_seconds: Annotated[float, Allowed("a number from 1 to 600")] = Field(
        20.0, ge=1, le=600, description="streaming: audio that each window adds"
    )
    left_context_seconds: Annotated[float, Allowed("a number from 0 to 300")] = Field(
        5.0, ge=0, le=300, description="streaming: audio before the chunk that the window sees again"
    )
    right_context_seconds: Annotated[float, Allowed("a number from 0 to 300")] = Field(
        3.0, ge=0, le=300, description="streaming: audio after the chunk that the window sees ahead"
    )
    attention_frames: Annotated[int, Allowed("a whole number from 16 to 4096")] = Field(
        256, ge=16, le=4096, description="local: frames of 80 ms to each side that the model sees"
    )
    formats: Annotated[
        tuple[str, ...],
        NoDecode,
        BeforeValidator(_split),
        AfterValidator(_known_formats),
        Allowed("a comma-separated list of " + ", ".join(FORMATS)),
    ] = Field(DEFAULT_FORMATS, description="what is written; json always is")
    failures: Annotated[str | None, Allowed("a folder or an s3:// URI")] = Field(
        None,
        description="where the reason goes when the input is unusable; without it, DESTINATION/failures/",
    )
    device: Annotated[Literal["auto", "cpu", "cuda"], Allowed("auto, cpu, cuda")] = Field(
        "auto", description="what computes; auto takes the GPU if there is one"
    )
    precision: Annotated[
        Literal["auto", "fp32", "bf16", "fp16"], Allowed("auto, fp32, bf16, on a GPU fp16")
    ] = Field("auto", description="number format; auto takes fp32 on a CPU and what the GPU is fast at")
    force: Annotated[bool, Allowed("true, false")] = Field(
        False, description="transcribe even where the transcript of this very file exists"
    )

    channels: Annotated[Literal["mix", "split"], Allowed("mix, split")] = Field(
        "mix", description="whether channels are mixed, or each is transcribed by itself"
    )
    channel_names: Annotated[
        tuple[str, ...],
        NoDecode,
        BeforeValidator(_split),
        AfterValidator(_short_names),
        Allowed(f"comma-separated names of at most {MOST_NAME_CHARACTERS} letters"),
    ] = Field((), description="split: what transcripts call the channels, from the first on")
    csv_for_excel: Annotated[bool, Allowed("true, false")] = Field(
        False, description="begin csv with a byte order mark, without which Excel shows wrong letters"
    )
    min_confidence: Annotated[float, Allowed("a number from 0 to 1")] = Field(
        0.2, ge=0, le=1, description="segments less certain than this are left out and listed; 0 keeps all"
    )

    @property
    def pinned_revision(self) -> str | None:
        """The revision: a prepared model's own, else as set, else the default model's; a file has none."""
        if self._prepared:
            return self._prepared.revision
        if self.model.endswith(".nemo"):
            return None
        return self.model_revision or (DEFAULT_REVISION if self.model == DEFAULT_MODEL else None)

    @property
    def model_label(self) -> str:
        """What transcripts call the model: its name on the hub, or its file's name without the folder."""
        if self._prepared:
            return self._prepared.name
        return Path(self.model).name if self.model.endswith(".nemo") else self.model

    @property
    def licence(self) -> str | None:
        """SPDX name of the model's licence, where known; transcripts name it, as CC-BY asks."""
        return LICENCES.get(self.model_label)

    @cached_property
    def _prepared(self) -> ModelDescription | None:
        return ModelDescription.read(Path(self.model)) if _is_directory(self.model) else None


def option_name(field_name: str) -> str:
    """Return the command-line option of a field of `Settings`."""
    return "--" + field_name.replace("_", "-")


def allowed_values(field_name: str) -> str | None:
    """Return what a field of `Settings` may be, or None where it can't be set by an option."""
    metadata = Settings.model_fields[field_name].metadata
    return next((entry.text for entry in metadata if isinstance(entry, Allowed)), None)
