"""Every configuration key of the stack, with its type, default, range and description.

The options that jobs get are in `transcriber.options`. `make docs` writes Pulumi.yaml and the table of
docs/configuration.md from both.
"""

import re
from typing import Annotated, Literal

import pulumi
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core.core_schema import ValidationInfo

from components.aws.gpu_instances import FAMILIES, vcpus, why_unfit
from components.media_suffixes import media_suffixes as suffixes_of_words
from components.monitoring.budget import MOST_ADDRESSES
from components.stack_config import AsGiven, read_model, refuse_unknown
from transcriber.options import (
    AUTO,
    DEFAULT_MODEL,
    DEFAULT_REVISION,
    STREAMING,
    Allowed,
    TranscriptionOptions,
)
from transcriber.outcomes import FAILURES_FOLDER

DEFAULT_INSTANCE_TYPES = ("g6.xlarge", "g5.xlarge")
DEFAULT_SPOT_INSTANCE_TYPES = ("g6.xlarge", "g6.2xlarge", "g5.xlarge")
"""A wider choice of types makes Spot interruptions less frequent."""

ENCODER_FRAME_SECONDS = 0.08
"""A hop of 10 ms, and 8-fold subsampling."""

PATTERN_CHARACTERS = frozenset("*?$")
"""Characters with a meaning of their own in IAM policies."""

KEY_PREFIX_LIMIT_BYTES = 512
"""Half of the limit of an S3 key, so that the key of a recording fits behind a prefix."""

ARCHIVE_LEAST_DAYS = 90
"""S3 Glacier Instant Retrieval charges for at least so many days."""

DIGEST_MOST_MINUTES = 8
"""The longest wait in a script of Systems Manager Automation, which may run for ten minutes."""

LogRetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""The values that PutRetentionPolicy accepts."""

BUCKET_NAME = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
BUCKET_ALLOWED = Allowed("the name of a bucket, or empty for one of the stack's own")

EMAIL_ADDRESS = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])$"
)
"""The rule of browsers (HTML, input type=email), and a domain with a dot."""

INSTANCE_TYPE = r"[a-z][a-z0-9-]*\.[a-z0-9-]+"

Days = Annotated[int | None, Field(ge=1, le=36_500)]


def _prices(entries: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """Return the pairs of type and price from texts such as ``g6.xlarge=0.374``."""
    if not all(re.fullmatch(INSTANCE_TYPE + r"=\d{1,4}(\.\d{1,6})?", entry) for entry in entries):
        raise ValueError
    pairs = tuple((kind, float(usd)) for kind, usd in (entry.split("=") for entry in entries))
    if len(dict(pairs)) < len(pairs):
        raise ValueError("allowed is one price for each instance type")
    return pairs


def _key_prefix(value: str) -> str:
    """Return the prefix of S3 keys: an empty text, or a text that ends with a slash."""
    fits = len(value.encode()) <= KEY_PREFIX_LIMIT_BYTES and value.isprintable()
    folders_fit = all(folder == folder.strip() for folder in value.split("/"))
    if value and not (value.endswith("/") and not value.startswith("/") and fits and folders_fit):
        raise ValueError(
            f"allowed is empty or a prefix such as calls/, of {KEY_PREFIX_LIMIT_BYTES} bytes at most and"
            " without space around the names of folders"
        )
    return value


def _results_prefix(value: str) -> str:
    """Return a prefix that is safe in a policy. Neither it nor `FAILURES_FOLDER` begins with the other."""
    apart = not value.startswith(FAILURES_FOLDER) and not FAILURES_FOLDER.startswith(value)
    if not apart or PATTERN_CHARACTERS & set(value):
        raise ValueError(
            "allowed is a prefix such as transcripts/, not empty, without * ? $ and outside"
            f" {FAILURES_FOLDER}, where the reasons of failures go"
        )
    return value


class StackOptions(TranscriptionOptions):
    """The options of jobs, as a stack may set them."""

    @field_validator("chunk_seconds")
    @classmethod
    def _in_whole_frames(cls, seconds: float) -> float:
        """Accept whole frames only, because each chunk starts where the last one ended."""
        nearest = round(seconds / ENCODER_FRAME_SECONDS) * ENCODER_FRAME_SECONDS
        if abs(seconds - nearest) >= 1e-6:
            raise ValueError(
                f"allowed are multiples of {ENCODER_FRAME_SECONDS:g} s, the model's frame,"
                f" such as {nearest:g}"
            )
        return seconds


class PipelineSettings(BaseModel):
    """The stack's configuration. A validator of a field sees the fields above it."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    use_spot: bool = Field(
        False,
        description="Run jobs on Spot capacity, at about half the price; interrupted jobs are tried again",
    )
    enable_streaming: bool = Field(
        False,
        description="Use buffered streaming for every file; otherwise the worker chooses a mode by duration"
        " and memory",
    )
    options: TranscriptionOptions
    """The options that jobs get. `enable_streaming` sets their mode."""

    max_vcpus: int = Field(
        64,
        ge=4,
        le=10_000,
        description="Most vCPUs that run at once; a job on an xlarge size needs 4. Without jobs, none run",
    )
    instance_types: Annotated[
        tuple[Annotated[str, Field(pattern=f"^{INSTANCE_TYPE}$")], ...],
        Allowed("instance types such as g6.xlarge,g5.xlarge"),
    ] = Field(
        (),
        description="GPU instance types, comma-separated; by default g6.xlarge,g5.xlarge,"
        " with Spot g6.2xlarge too",
    )
    """The configured types. If it is empty, each kind of capacity has its defaults."""

    vpc_id: Annotated[
        str | None, Field(pattern=r"^vpc-[0-9a-f]+$"), Allowed("a VPC id such as vpc-0a1b2c3d, or empty")
    ] = Field(None, description="VPC of the instances; if empty, the default VPC")
    subnet_ids: Annotated[
        tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]+$")], ...],
        Allowed("subnet ids such as subnet-0a1b2c3d"),
    ] = Field(
        (),
        description="Subnets of the instances, comma-separated; if empty, all of the VPC"
        " in Availability Zones",
    )
    create_s3_endpoint: bool = Field(
        False,
        description="Create an S3 gateway endpoint in the VPC (for private subnets; a VPC can have only one)",
    )
    input_prefix: Annotated[str, AsGiven(), AfterValidator(_key_prefix)] = Field(
        "", description="Only keys under this prefix of the input bucket are transcribed, such as calls/"
    )
    media_suffixes: Annotated[tuple[str, ...], AfterValidator(suffixes_of_words)] = Field(
        (),
        validate_default=True,
        description="Suffixes of names that start a job, comma-separated; .abc replaces the known ones,"
        " +.abc adds to them",
    )
    """The suffixes of recordings, in lower case."""

    output_prefix: Annotated[str, AsGiven(), AfterValidator(_key_prefix), AfterValidator(_results_prefix)] = (
        Field(
            "transcripts/",
            description=f"Where transcripts go in the output bucket; not empty and outside {FAILURES_FOLDER}",
        )
    )
    model_name: Annotated[
        str, Field(pattern=r"^[\w.-]+/[\w.-]+$"), Allowed("a model of the hub, OWNER/NAME")
    ] = Field(DEFAULT_MODEL, description="Model on the Hugging Face hub, put into the image when it is built")
    model_revision: Annotated[
        str,
        Field(pattern=r"^[0-9a-f]{40}$"),
        Allowed("a commit of 40 hex digits, so that a build can be repeated"),
    ] = Field(DEFAULT_REVISION, description="Commit of the model on the hub")
    model_sha256: Annotated[
        str | None,
        Field(pattern=r"^[0-9a-f]{64}$"),
        Allowed("a SHA-256 of 64 hex digits, or empty for what the hub tells"),
    ] = Field(
        None,
        description="SHA-256 of the model's .nemo file; if empty, the one that the hub states for the commit",
    )
    image_uri: Annotated[
        str | None,
        Field(pattern=r"^[\w.:/@-]+$"),
        Allowed("an image such as HOST/NAME:TAG or HOST/NAME@sha256:DIGEST, or empty"),
    ] = Field(
        None, description="A worker image that exists already; then none is built and Docker is not needed"
    )
    retry_attempts: int = Field(
        3, ge=1, le=10, description="How often a job is tried, the first time included (1 to 10)"
    )
    job_timeout_minutes: int = Field(
        60,
        ge=1,
        le=14 * 24 * 60,
        description="A job that runs longer is stopped and fails; AWS Batch does not try it again",
    )
    disk_size_gib: int = Field(
        100, ge=50, le=16_384, description="Root volume of the instances (gp3, encrypted)"
    )
    metrics_interval_seconds: int = Field(
        10, ge=1, le=3600, description="How often the CloudWatch agent measures GPU, CPU, memory and disk"
    )
    log_retention_days: LogRetentionDays = Field(
        30, description="How long CloudWatch Logs keeps the jobs' logs"
    )
    alarm_emails: Annotated[
        tuple[Annotated[str, Field(pattern=EMAIL_ADDRESS)], ...],
        Allowed("addresses such as team@example.org"),
    ] = Field((), description="Addresses, comma-separated, that get mails about failed files and alarms")
    notify_finished: bool = Field(False, description="Send mails about finished files too, every hour")
    digest_minutes: int = Field(
        5,
        ge=0,
        le=DIGEST_MOST_MINUTES,
        description="Files that fail within so many minutes go into one mail"
        f" (0 to {DIGEST_MOST_MINUTES}; 0 sends each mail at once)",
    )
    budget_usd: Annotated[int | None, Field(ge=1, le=1_000_000)] = Field(
        None, description="USD a month; alarmEmail gets a mail when the cost of the stack nears or passes it"
    )
    enable_alarms: bool | None = Field(
        None,
        validate_default=True,
        description="Create alarms (about four dollars a month) and saved log queries;"
        " by default with alarmEmail",
    )
    instance_prices: Annotated[
        tuple[tuple[str, float], ...],
        BeforeValidator(_prices),
        Allowed("prices in USD an hour such as g6.xlarge=0.374,g5.xlarge=0.5"),
    ] = Field(
        (), description="USD an hour for the dashboard, such as g6.xlarge=0.374; else on demand in us-east-1"
    )
    """Configured prices of instance types, in USD an hour."""

    kms_key_arn: Annotated[
        str | None,
        Field(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[a-zA-Z0-9-]+$"),
        Allowed("the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-..., or empty"),
    ] = Field(
        None,
        description="KMS key that encrypts recordings and transcripts; if empty, S3 uses its own keys",
    )
    enable_versioning: bool = Field(
        False, description="Keep overwritten and deleted objects of the input and output buckets for 30 days"
    )
    input_expiration_days: Days = Field(
        None, description="Recordings are deleted after so many days; if empty, never"
    )
    input_archive_days: Days = Field(
        None,
        description="Recordings go to S3 Glacier Instant Retrieval after so many days; if empty, never",
    )
    transcript_expiration_days: Days = Field(
        None, description="Transcripts and failures are deleted after so many days; if empty, never"
    )
    force_destroy: bool = Field(
        False,
        description="Let `pulumi destroy` delete recordings and transcripts; otherwise their buckets stay",
    )
    existing_input_bucket: Annotated[str | None, Field(pattern=BUCKET_NAME), BUCKET_ALLOWED] = Field(
        None,
        description="An existing bucket for recordings, such as an earlier stack left; it is never deleted",
    )
    existing_output_bucket: Annotated[str | None, Field(pattern=BUCKET_NAME), BUCKET_ALLOWED] = Field(
        None,
        description="An existing bucket for transcripts, such as an earlier stack left; it is never deleted",
    )

    @property
    def on_demand_instance_types(self) -> tuple[str, ...]:
        """The instance types of on-demand capacity."""
        return self.instance_types or self._with_room(DEFAULT_INSTANCE_TYPES)

    @property
    def spot_instance_types(self) -> tuple[str, ...]:
        """The instance types of Spot capacity."""
        return self.instance_types or self._with_room(DEFAULT_SPOT_INSTANCE_TYPES)

    def _with_room(self, types: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in types if vcpus(each) <= self.max_vcpus)

    @staticmethod
    def load(config: pulumi.Config) -> "PipelineSettings":
        """Read and check every key of ``config``.

        Raises:
            ConfigError: a value is wrong; nothing has been registered yet.
        """
        refuse_unknown(config, {*OPTION_KEYS.values(), *SETTING_KEYS.values()})
        options = read_model(StackOptions, OPTION_KEYS, config, {})
        settings = read_model(PipelineSettings, SETTING_KEYS, config, {"options": options})
        mode = STREAMING if settings.enable_streaming else AUTO
        return settings.model_copy(update={"options": options.model_copy(update={"mode": mode})})

    @field_validator("instance_types")
    @classmethod
    def _can_run_the_worker(cls, types: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for each in types:
            if reason := why_unfit(each):
                raise ValueError(
                    f"{each} can't be used, {reason}; allowed are the families {', '.join(FAMILIES)}"
                    " in sizes such as xlarge, 2xlarge and 12xlarge"
                )
            most = info.data.get("max_vcpus", vcpus(each))
            if vcpus(each) > most:
                raise ValueError(
                    f"{each} has {vcpus(each)} vCPUs; allowed are types of maxVcpus ({most}) at most"
                )
        return types

    @field_validator("subnet_ids")
    @classmethod
    def _have_their_vpc(cls, subnet_ids: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if subnet_ids and not info.data.get("vpc_id"):
            raise ValueError("allowed only together with vpcId")
        return subnet_ids

    @field_validator("budget_usd")
    @classmethod
    def _is_told_to_somebody(cls, budget_usd: int | None, info: ValidationInfo) -> int | None:
        if budget_usd and not 1 <= len(info.data.get("alarm_emails", ())) <= MOST_ADDRESSES:
            raise ValueError(
                f"allowed only together with 1 to {MOST_ADDRESSES} addresses in alarmEmail, which are told"
            )
        return budget_usd

    @field_validator("enable_alarms")
    @classmethod
    def _follow_the_addresses(cls, enable_alarms: bool | None, info: ValidationInfo) -> bool:
        return bool(info.data.get("alarm_emails")) if enable_alarms is None else enable_alarms

    @field_validator("input_archive_days")
    @classmethod
    def _stay_as_long_as_the_archive_charges(cls, days: int | None, info: ValidationInfo) -> int | None:
        expiration_days = info.data.get("input_expiration_days")
        if days and expiration_days and days + ARCHIVE_LEAST_DAYS > expiration_days:
            raise ValueError(
                f"allowed are {ARCHIVE_LEAST_DAYS} days and more before inputExpirationDays"
                f" ({expiration_days}), since the archive charges for as many"
            )
        return days

    @field_validator("existing_output_bucket")
    @classmethod
    def _is_another_bucket(cls, name: str | None, info: ValidationInfo) -> str | None:
        if name and name == info.data.get("existing_input_bucket"):
            raise ValueError("allowed is another bucket than that of recordings")
        return name


OTHER_KEYS = {"alarm_emails": "alarmEmail", "formats": "outputFormats"}
"""The fields whose keys differ from their names."""

OPTION_KEYS = {
    name: OTHER_KEYS.get(name, to_camel(name)) for name in StackOptions.model_fields if name != "mode"
}
"""The configuration key of each option; a stack sets the mode by enableStreaming."""

SETTING_KEYS = {
    name: OTHER_KEYS.get(name, to_camel(name)) for name in PipelineSettings.model_fields if name != "options"
}
"""The configuration key of each of the stack's own settings."""


def described_fields() -> dict[str, FieldInfo]:
    """Return every configuration key with its field: settings of the stack, and options of jobs."""
    found: dict[str, FieldInfo] = {}
    for name, field in PipelineSettings.model_fields.items():
        if name == "options":
            found |= {key: StackOptions.model_fields[option] for option, key in OPTION_KEYS.items()}
        else:
            found[SETTING_KEYS[name]] = field
    return found
