"""The settings of the worker. Each is a command-line option and a ``TRANSCRIBER_*`` variable."""

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from transcriber.errors import UsageError
from transcriber.model.directory import DESCRIPTION_FILE, ModelDescription
from transcriber.options import (
    DEFAULT_MODEL,
    DEFAULT_REVISION,
    ENVIRONMENT_PREFIX,
    Allowed,
    TranscriptionOptions,
    allowed_values,
    environment_name,
)

LICENCES = {DEFAULT_MODEL: "CC-BY-4.0"}

HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


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
    """The identity of the job, for the log and the metrics."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_ignore_empty=True,
        # A list in a variable is comma-separated text, not JSON.
        enable_decoding=False,
        extra="ignore",
        frozen=True,
        protected_namespaces=(),
    )

    stack: str | None = None
    """The stack for whose metrics the job counts. Without it, the job has no metrics."""
    job_id: str | None = Field(None, validation_alias="AWS_BATCH_JOB_ID")
    attempt: int | None = Field(None, validation_alias="AWS_BATCH_JOB_ATTEMPT")

    @classmethod
    def read(cls, **options: object) -> Self:
        """Read the environment and ``options``, the command-line values by the names of the fields.

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
        name = option_name(location) if location in options else environment_name(location)
        return f"{name} is {value!r}; allowed: {allowed_values(location, field)}."


class Settings(JobIdentity, TranscriptionOptions):
    """What a job is told besides its source and destination. An option goes before its variable.

    Beside the options of `TranscriptionOptions` here are those that no stack passes on.
    """

    model_config = JobIdentity.model_config

    model: Annotated[
        str,
        AfterValidator(_hub_name_or_path),
        Allowed("a prepared directory, a .nemo file or a Hugging Face name such as " + DEFAULT_MODEL),
    ] = Field(DEFAULT_MODEL, description="The model")
    model_revision: Annotated[str | None, Allowed("a branch, tag or commit")] = Field(
        None, description="Revision of a Hugging Face model; the default model is pinned"
    )
    attention_frames: int = Field(
        256, ge=16, le=4096, description="Local: frames of 80 ms to each side that the model sees"
    )
    failures: Annotated[str | None, Allowed("a folder or an s3:// URI")] = Field(
        None,
        description="Where the reason goes when the input is unusable; without it, DESTINATION/failures/",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="What computes; auto takes the GPU if there is one"
    )
    precision: Annotated[
        Literal["auto", "fp32", "bf16", "fp16"], Allowed("auto, fp32, bf16, on a GPU fp16")
    ] = Field("auto", description="Number format; auto takes fp32 on a CPU and what the GPU is fast at")
    force: bool = Field(False, description="Transcribe even where the transcript of this very file exists")

    @property
    def pinned_revision(self) -> str | None:
        """The revision of a prepared model, else the setting, else the default model's. A file has none."""
        if self._prepared:
            return self._prepared.revision
        if self.model.endswith(".nemo"):
            return None
        return self.model_revision or (DEFAULT_REVISION if self.model == DEFAULT_MODEL else None)

    @property
    def model_label(self) -> str:
        """The name of the model in transcripts: its name on the hub, or its file name without the folder."""
        if self._prepared:
            return self._prepared.name
        return Path(self.model).name if self.model.endswith(".nemo") else self.model

    @property
    def licence(self) -> str | None:
        """SPDX name of the model's licence, if known. Transcripts name it, because CC-BY requires that."""
        return LICENCES.get(self.model_label)

    @cached_property
    def _prepared(self) -> ModelDescription | None:
        return ModelDescription.read(Path(self.model)) if _is_directory(self.model) else None


def option_name(field_name: str) -> str:
    """Return the command-line option of a field of `Settings`."""
    return "--" + field_name.replace("_", "-")
