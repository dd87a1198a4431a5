"""Every configuration key of the stack, with its type, default, range and description.

The options that jobs get are in `transcriber.options`. `make docs` writes Pulumi.yaml and the table of
docs/configuration.md from both.
"""

from typing import Annotated

import pulumi
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core.core_schema import ValidationInfo

from components.aws.gpu_instances import FAMILIES, vcpus, why_unfit
from components.monitoring.budget import MOST_ADDRESSES
from components.setting_types import (
    BucketName,
    BucketNames,
    Commit,
    Days,
    EmailAddresses,
    HubName,
    ImageUri,
    InstancePrices,
    InstanceTypes,
    KeyArn,
    KeyPrefix,
    LogRetentionDays,
    MediaSuffixes,
    ResultsPrefix,
    Sha256,
    SubnetIds,
    VpcId,
)
from components.stack_config import read_model, refuse_unknown
from runbooks.manifests import LIST_FILES
from transcriber.options import (
    AUTO,
    DEFAULT_MODEL,
    DEFAULT_REVISION,
    STREAMING,
    TranscriptionOptions,
)
from transcriber.outcomes import FAILURES_FOLDER

DEFAULT_INSTANCE_TYPES = ("g6.xlarge", "g5.xlarge")
DEFAULT_SPOT_INSTANCE_TYPES = ("g6.xlarge", "g6.2xlarge", "g5.xlarge")
"""A wider choice of types makes Spot interruptions less frequent."""

ENCODER_FRAME_SECONDS = 0.08
"""A hop of 10 ms, and 8-fold subsampling."""

ARCHIVE_LEAST_DAYS = 90
"""S3 Glacier Instant Retrieval charges for at least this many days."""

COLLECT_MOST_SECONDS = 600
"""Operators hear of uploads that have waited for 15 minutes."""

DIGEST_MOST_MINUTES = 8
"""The longest wait in a script of Systems Manager Automation, which may run for ten minutes."""


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
    """The stack's configuration. Keep the order: a validator can read only fields declared above it."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    use_spot: bool = Field(
        False,
        description="Run jobs on Spot capacity, at about half the price; interrupted jobs are tried again",
    )
    enable_streaming: bool = Field(
        False,
        description="Use buffered streaming for every file; otherwise the worker chooses a mode by duration",
    )
    options: TranscriptionOptions
    """The options that jobs get. `enable_streaming` sets their mode."""

    max_vcpus: int = Field(
        64,
        ge=4,
        le=10_000,
        description="The most vCPUs of all running instances; an xlarge has 4. Without jobs, none run",
    )
    instance_types: InstanceTypes = Field(
        (),
        description="GPU instance types, comma-separated; by default g6.xlarge,g5.xlarge,"
        " with Spot g6.2xlarge too",
    )
    """The configured types. If it is empty, each kind of capacity has its defaults."""

    vpc_id: VpcId = Field(None, description="VPC of the instances; if empty, the default VPC")
    subnet_ids: SubnetIds = Field(
        (),
        description="Subnets of the instances, comma-separated; if empty, all subnets of the VPC"
        " except Local and Wavelength Zones",
    )
    create_s3_endpoint: bool = Field(
        False,
        description="Create an S3 gateway endpoint in the VPC (for private subnets; a VPC can have only one)",
    )
    input_prefix: KeyPrefix = Field(
        "", description="Only keys under this prefix of the input bucket are transcribed, such as calls/"
    )
    media_suffixes: MediaSuffixes = Field(
        (),
        validate_default=True,
        description="Suffixes of names that start a job, comma-separated; .abc alone replaces the built-in"
        " list, +.abc extends it",
    )
    """The suffixes of recordings, in lower case."""

    output_prefix: ResultsPrefix = Field(
        "transcripts/",
        description=f"Where transcripts go in the output bucket; not empty and outside {FAILURES_FOLDER}",
    )
    model_name: HubName = Field(
        DEFAULT_MODEL, description="Model on the Hugging Face hub, put into the image when it is built"
    )
    model_revision: Commit = Field(DEFAULT_REVISION, description="Commit of the model on the hub")
    model_sha256: Sha256 = Field(
        None,
        description="SHA-256 of the model's .nemo file; if empty, the one that the hub states for the commit",
    )
    image_uri: ImageUri = Field(
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
    collect_seconds: Annotated[int, Field(ge=0, le=COLLECT_MOST_SECONDS)] = Field(
        0,
        description="Short recordings wait up to this many seconds and then share a job (60, 120 and so on to"
        f" {COLLECT_MOST_SECONDS}); 0 gives each recording a job at once",
    )
    collect_max_megabytes: int = Field(
        32,
        ge=1,
        le=500,
        description="With collectSeconds: larger recordings get a job of their own at once",
    )
    collect_max_files: int = Field(
        LIST_FILES, ge=2, le=5000, description="With collectSeconds: the most recordings that share a job"
    )
    log_retention_days: LogRetentionDays = Field(
        30, description="How long CloudWatch Logs keeps the jobs' logs"
    )
    alarm_emails: EmailAddresses = Field(
        (), description="Addresses, comma-separated, that get mails about failed files and alarms"
    )
    notify_finished: bool = Field(False, description="Send mails about finished files too, every hour")
    digest_minutes: int = Field(
        5,
        ge=0,
        le=DIGEST_MOST_MINUTES,
        description="Files that fail within this many minutes go into one mail"
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
    instance_prices: InstancePrices = Field(
        (),
        description="USD an hour for the dashboard, such as g6.xlarge=0.374; if not set, the on-demand price"
        " in us-east-1",
    )
    """Configured prices of instance types, in USD an hour."""

    kms_key_arn: KeyArn = Field(
        None,
        description="KMS key that encrypts recordings and transcripts; if empty, S3 uses its own keys",
    )
    enable_versioning: bool = Field(
        False, description="Keep overwritten and deleted objects of the input and output buckets for 30 days"
    )
    input_expiration_days: Days = Field(
        None, description="Recordings are deleted after this many days; if empty, never"
    )
    input_archive_days: Days = Field(
        None,
        description="Recordings go to S3 Glacier Instant Retrieval after this many days; if empty, never",
    )
    transcript_expiration_days: Days = Field(
        None, description="Transcripts and failures are deleted after this many days; if empty, never"
    )
    force_destroy: bool = Field(
        False,
        description="Let `pulumi destroy` delete recordings and transcripts; otherwise their buckets stay",
    )
    existing_input_bucket: BucketName = Field(
        None,
        description="An existing bucket for recordings, such as an earlier stack left; it is never deleted",
    )
    existing_output_bucket: BucketName = Field(
        None,
        description="An existing bucket for transcripts, such as an earlier stack left; it is never deleted",
    )

    extra_input_buckets: BucketNames = Field(
        (),
        description="Other buckets, comma-separated, whose recordings jobs may read;"
        " operations.backfill submits them",
    )

    @property
    def collects(self) -> bool:
        """Whether short recordings share jobs."""
        return self.collect_seconds > 0

    @property
    def on_demand_instance_types(self) -> tuple[str, ...]:
        """The instance types of on-demand capacity."""
        return self.instance_types or self._within_max_vcpus(DEFAULT_INSTANCE_TYPES)

    @property
    def spot_instance_types(self) -> tuple[str, ...]:
        """The instance types of Spot capacity."""
        return self.instance_types or self._within_max_vcpus(DEFAULT_SPOT_INSTANCE_TYPES)

    def _within_max_vcpus(self, types: tuple[str, ...]) -> tuple[str, ...]:
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
                    f"{each} has {vcpus(each)} vCPUs; allowed are types with at most maxVcpus ({most}) vCPUs"
                )
        return types

    @field_validator("subnet_ids")
    @classmethod
    def _subnets_need_vpc(cls, subnet_ids: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if subnet_ids and not info.data.get("vpc_id"):
            raise ValueError("allowed only together with vpcId")
        return subnet_ids

    @field_validator("collect_seconds")
    @classmethod
    def _are_whole_minutes(cls, seconds: int) -> int:
        if seconds % 60:
            raise ValueError(
                "allowed are 0 and whole minutes, such as 60 and 120, because a schedule has no other rates"
            )
        return seconds

    @field_validator("budget_usd")
    @classmethod
    def _budget_needs_email(cls, budget_usd: int | None, info: ValidationInfo) -> int | None:
        if budget_usd and not 1 <= len(info.data.get("alarm_emails", ())) <= MOST_ADDRESSES:
            raise ValueError(
                f"allowed only together with 1 to {MOST_ADDRESSES} addresses in alarmEmail, which are told"
            )
        return budget_usd

    @field_validator("enable_alarms")
    @classmethod
    def _alarms_default_to_email(cls, enable_alarms: bool | None, info: ValidationInfo) -> bool:
        return bool(info.data.get("alarm_emails")) if enable_alarms is None else enable_alarms

    @field_validator("input_archive_days")
    @classmethod
    def _archive_minimum_days(cls, days: int | None, info: ValidationInfo) -> int | None:
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

    @field_validator("extra_input_buckets")
    @classmethod
    def _are_other_buckets(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for own in (info.data.get("existing_input_bucket"), info.data.get("existing_output_bucket")):
            if own in names:
                raise ValueError(f"allowed are other buckets than those of the stack, and {own} is one")
        return names


KEY_EXCEPTIONS = {"alarm_emails": "alarmEmail", "formats": "outputFormats"}
"""The fields whose keys differ from their names."""

OPTION_KEYS = {
    name: KEY_EXCEPTIONS.get(name, to_camel(name)) for name in StackOptions.model_fields if name != "mode"
}
"""The configuration key of each option; a stack sets the mode by enableStreaming."""

SETTING_KEYS = {
    name: KEY_EXCEPTIONS.get(name, to_camel(name))
    for name in PipelineSettings.model_fields
    if name != "options"
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
