"""What a stack, a command line and an environment can ask of the worker: each option stands here, once.

A new option is a field of `TranscriptionOptions`. The stack's configuration, the job's environment, the
worker's ``--help`` and variables, Pulumi.yaml and the page on configuration follow from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo

from transcriber.outcomes import ResultFormat

ENVIRONMENT_PREFIX = "TRANSCRIBER_"

Mode = Literal["auto", "full", "local", "streaming", "segmented"]
AUTO: Mode = "auto"
STREAMING: Mode = "streaming"

Channels = Literal["mix", "split"]
SPLIT: Channels = "split"

MOST_NAME_CHARACTERS = 32

DEFAULT_MODEL = "nvidia/parakeet-tdt-0.6b-v3"
DEFAULT_REVISION = "6d590f77001d318fb17a0b5bf7ee329a91b52598"
"""The commit of the hub repository that `DEFAULT_MODEL` means here: another one is another model."""


@dataclass(frozen=True)
class Allowed:
    """What a field may be, in words, where its type does not tell."""

    text: str


def _split(value: object) -> object:
    """Return the words of comma-separated text; anything else as it is."""
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def _known_formats(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the formats in the order of `ResultFormat`; the JSON transcript is always one of them."""
    if not set(names) <= set(ResultFormat):
        raise ValueError
    return tuple(each.value for each in ResultFormat if each in {ResultFormat.JSON, *names})


def _short_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(1 <= len(name) <= MOST_NAME_CHARACTERS and name.isprintable() for name in names):
        raise ValueError
    return names


class TranscriptionOptions(BaseModel):
    """The options that a stack passes on to its jobs. The name of a field is that of the worker's option."""

    model_config = ConfigDict(frozen=True)

    mode: Mode = Field(AUTO, description="How audio is cut for the model; auto decides by duration")
    chunk_seconds: float = Field(
        20.0, ge=1, le=600, description="Streaming: seconds of audio that each step transcribes"
    )
    left_context_seconds: float = Field(
        5.0, ge=0, le=300, description="Streaming: seconds of audio before the chunk that the encoder sees"
    )
    right_context_seconds: float = Field(
        3.0, ge=0, le=300, description="Streaming: seconds of audio after the chunk that the encoder sees"
    )
    max_speech_segment_seconds: float = Field(
        30.0,
        ge=5,
        le=60,
        description="Longest piece that audio is cut into at pauses, in seconds; shorter takes less memory",
    )
    formats: Annotated[
        tuple[str, ...],
        BeforeValidator(_split),
        AfterValidator(_known_formats),
        Allowed("a comma-separated list of " + ", ".join(ResultFormat)),
    ] = Field(
        ("json", "srt", "vtt", "txt"),
        description="What is written for each recording, comma-separated: "
        + ", ".join(each if each != ResultFormat.JSON else f"{each} (always)" for each in ResultFormat),
    )
    csv_for_excel: bool = Field(
        False, description="Begin csv files with a byte order mark, without which Excel shows wrong letters"
    )
    min_confidence: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Segments less certain than this, from 0 to 1, are left out and listed; 0 keeps all",
    )
    channels: Channels = Field(
        "mix",
        description="mix hears all channels as one; split transcribes each by itself"
        " and says which one spoke",
    )
    channel_names: Annotated[
        tuple[str, ...],
        BeforeValidator(_split),
        AfterValidator(_short_names),
        Allowed(f"names of at most {MOST_NAME_CHARACTERS} letters, comma-separated"),
    ] = Field(
        (),
        description="With split: what transcripts call the channels, comma-separated, such as agent,customer",
    )

    def environment(self) -> dict[str, str]:
        """Return the variables by which the worker is told all of these options."""
        return {
            environment_name(name): as_text(getattr(self, name)) for name in TranscriptionOptions.model_fields
        }


def environment_name(field_name: str) -> str:
    """Return the variable that sets a field of the worker's settings."""
    return ENVIRONMENT_PREFIX + field_name.upper()


def as_text(value: Any) -> str:
    """Return a value of a field as text that the field reads back; None is an empty text."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


def plain_types(field: FieldInfo) -> tuple[Any, ...]:
    """Return the types that values of a field have, without None: ``int`` for ``int | None``."""
    annotation = field.annotation
    if get_origin(annotation) in (Union, UnionType):
        return tuple(each for each in get_args(annotation) if each is not NoneType)
    return (annotation,)


def allowed_values(field_name: str, field: FieldInfo) -> str:
    """Return what a field may be, in words: as `Allowed` says, else by its type and range."""
    (kind,) = plain_types(field)
    if texts := [each.text for each in field.metadata if isinstance(each, Allowed)]:
        return texts[0]
    if kind is bool:
        return "true and false"
    if get_origin(kind) is Literal:
        return _listed(map(str, get_args(kind)))
    least, most = (
        next((getattr(each, end) for each in field.metadata if isinstance(each, bound)), None)
        for bound, end in ((Ge, "ge"), (Le, "le"))
    )
    number = "whole numbers" if kind is int else "seconds" if field_name.endswith("_seconds") else "numbers"
    return f"{number} from {least} to {most}"


def _listed(words: Iterable[str]) -> str:
    listed = list(words)
    return " and ".join(listed) if len(listed) == 2 else ", ".join(listed)
