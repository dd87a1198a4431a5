"""Every configuration key of the stack, read, typed and checked in one place."""

from dataclasses import dataclass

import pulumi

from components.aws.gpu_instances import vcpus
from components.config_reader import ConfigError, ConfigReader
from components.media_suffixes import SuffixError, media_suffixes
from components.monitoring.budget import MOST_ADDRESSES
from transcriber.outcomes import FAILURES_FOLDER

CHANNEL_NAME = r"[^\x00-\x1f\x7f-\x9f,]{1,32}"
"""What the worker takes for the name of a channel."""

FORMATS = ("json", "srt", "vtt", "txt", "csv", "transcribe-json")
DEFAULT_FORMATS = ("json", "srt", "vtt", "txt")
DEFAULT_INSTANCE_TYPES = ("g6.xlarge", "g5.xlarge")
DEFAULT_SPOT_INSTANCE_TYPES = ("g6.xlarge", "g6.2xlarge", "g5.xlarge")
"""With Spot a wider choice is interrupted less often."""

DEFAULT_MIN_CONFIDENCE = 0.2
"""The worker's own default."""

LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827),
    *(2192, 2557, 2922, 3288, 3653),
)
"""What PutRetentionPolicy takes."""

BUCKET_NAME = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"

EMAIL_ADDRESS = (
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])"
)
"""What a browser takes for one (HTML, input type=email), and a domain that has a dot."""

ARCHIVE_LEAST_DAYS = 90
"""What S3 Glacier Instant Retrieval charges for at least."""

DIGEST_MOST_MINUTES = 8
"""What collects mails waits in a script of Systems Manager Automation, which runs for ten minutes at most."""

KEYS = (
    *("useSpot", "enableStreaming", "chunkSeconds", "leftContextSeconds", "rightContextSeconds"),
    *("instanceTypes", "maxVcpus", "vpcId", "subnetIds", "createS3Endpoint", "inputPrefix", "outputPrefix"),
    *("outputFormats", "modelName", "modelRevision", "modelSha256", "imageUri", "retryAttempts"),
    *(
        "jobTimeoutMinutes",
        "diskSizeGib",
        "metricsIntervalSeconds",
        "logRetentionDays",
        "alarmEmail",
        "notifyFinished",
    ),
    *("enableAlarms", "instancePrices", "kmsKeyArn", "enableVersioning", "inputArchiveDays"),
    *("inputExpirationDays", "transcriptExpirationDays", "forceDestroy", "mediaSuffixes", "budgetUsd"),
    *("existingInputBucket", "existingOutputBucket", "digestMinutes"),
    *("csvForExcel", "minConfidence", "channels", "channelNames"),
)
"""Every key there is; Pulumi.yaml describes them."""


@dataclass(frozen=True)
class PipelineSettings:
    """The stack's configuration; Pulumi.yaml describes each key."""

    use_spot: bool
    enable_streaming: bool
    chunk_seconds: float
    left_context_seconds: float
    right_context_seconds: float
    instance_types: tuple[str, ...]
    """Those that are asked for; where empty, the defaults of either kind of capacity."""

    max_vcpus: int
    vpc_id: str | None
    subnet_ids: tuple[str, ...]
    create_s3_endpoint: bool
    input_prefix: str
    output_prefix: str
    output_formats: tuple[str, ...]
    model_name: str
    model_revision: str
    model_sha256: str | None
    image_uri: str | None
    retry_attempts: int
    job_timeout_minutes: int
    disk_size_gib: int
    metrics_interval_seconds: int
    log_retention_days: int
    alarm_emails: tuple[str, ...]
    notify_finished: bool
    enable_alarms: bool
    instance_prices: tuple[tuple[str, float], ...]
    """USD an hour of those instance types that have a price of their own."""

    kms_key_arn: str | None
    enable_versioning: bool
    input_archive_days: int | None
    input_expiration_days: int | None
    transcript_expiration_days: int | None
    force_destroy: bool
    csv_for_excel: bool
    min_confidence: float
    channels: str
    channel_names: tuple[str, ...]
    existing_input_bucket: str | None
    existing_output_bucket: str | None

    media_suffixes: tuple[str, ...]
    """Ends of names that make an upload a recording, in lower case."""

    digest_minutes: int
    budget_usd: int | None
    """A month; a mail tells when the stack's cost nears it."""

    @property
    def on_demand_instance_types(self) -> tuple[str, ...]:
        """What on-demand capacity is made of."""
        return self.instance_types or self._with_room(DEFAULT_INSTANCE_TYPES)

    @property
    def spot_instance_types(self) -> tuple[str, ...]:
        """What Spot capacity is made of."""
        return self.instance_types or self._with_room(DEFAULT_SPOT_INSTANCE_TYPES)

    def _with_room(self, types: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in types if vcpus(each) <= self.max_vcpus)

    @staticmethod
    def load(config: pulumi.Config) -> "PipelineSettings":
        """Read and check every key of ``config``.

        Raises:
            ConfigError: a value is wrong; nothing has been registered yet.
        """
        read = ConfigReader(config)
        read.refuse_unknown(KEYS)
        vpc_id = read.pattern("vpcId", r"vpc-[0-9a-f]+", "a VPC id such as vpc-0a1b2c3d, or empty")
        max_vcpus = read.integer("maxVcpus", 64, least=4, most=10_000)
        instance_types = read.instance_types("instanceTypes", max_vcpus)
        subnet_ids = read.words("subnetIds", r"subnet-[0-9a-f]+", "subnet ids such as subnet-0a1b2c3d", ())
        if subnet_ids and not vpc_id:
            raise ConfigError("subnetIds", ",".join(subnet_ids), "allowed only together with vpcId")
        alarm_emails = read.words("alarmEmail", EMAIL_ADDRESS, "addresses such as team@example.org", ())
        # The JSON transcript is what marks a file as done.
        output_formats = tuple(
            dict.fromkeys(("json", *read.subset("outputFormats", FORMATS, DEFAULT_FORMATS)))
        )
        existing_input_bucket, existing_output_bucket = (
            read.pattern(key, BUCKET_NAME, "the name of a bucket, or empty for one of the stack's own")
            for key in ("existingInputBucket", "existingOutputBucket")
        )
        if existing_input_bucket and existing_input_bucket == existing_output_bucket:
            raise ConfigError(
                "existingOutputBucket",
                existing_input_bucket,
                "allowed is another bucket than that of recordings",
            )
        archive_days = read.optional_days("inputArchiveDays", least=1)
        expiration_days = read.optional_days("inputExpirationDays", least=1)
        if archive_days and expiration_days and archive_days + ARCHIVE_LEAST_DAYS > expiration_days:
            raise ConfigError(
                "inputArchiveDays",
                str(archive_days),
                f"allowed are {ARCHIVE_LEAST_DAYS} days and more before inputExpirationDays"
                f" ({expiration_days}), since the archive charges for as many",
            )
        return PipelineSettings(
            use_spot=read.boolean("useSpot", False),
            enable_streaming=read.boolean("enableStreaming", False),
            chunk_seconds=read.frames("chunkSeconds", 20, least=1, most=300),
            left_context_seconds=read.seconds("leftContextSeconds", 5, least=0, most=300),
            right_context_seconds=read.seconds("rightContextSeconds", 3, least=0, most=60),
            instance_types=instance_types,
            max_vcpus=max_vcpus,
            vpc_id=vpc_id,
            subnet_ids=subnet_ids,
            create_s3_endpoint=read.boolean("createS3Endpoint", False),
            input_prefix=read.prefix("inputPrefix", ""),
            output_prefix=read.output_prefix("outputPrefix", "transcripts/", FAILURES_FOLDER),
            output_formats=output_formats,
            model_name=read.required_pattern(
                "modelName",
                r"[\w.-]+/[\w.-]+",
                "a model of the hub, OWNER/NAME",
                "nvidia/parakeet-tdt-0.6b-v3",
            ),
            model_revision=read.required_pattern(
                "modelRevision",
                r"[0-9a-f]{40}",
                "a commit of 40 hex digits, so that a build can be repeated",
                "6d590f77001d318fb17a0b5bf7ee329a91b52598",
            ),
            model_sha256=read.pattern(
                "modelSha256", r"[0-9a-f]{64}", "a SHA-256 of 64 hex digits, or empty for what the hub tells"
            ),
            image_uri=read.pattern(
                "imageUri",
                r"[\w.:/@-]+",
                "an image such as HOST/NAME:TAG or HOST/NAME@sha256:DIGEST, or empty",
            ),
            retry_attempts=read.integer("retryAttempts", 3, least=1, most=10),
            job_timeout_minutes=read.integer("jobTimeoutMinutes", 60, least=1, most=14 * 24 * 60),
            disk_size_gib=read.integer("diskSizeGib", 100, least=50, most=16_384),
            metrics_interval_seconds=read.integer("metricsIntervalSeconds", 10, least=1, most=3600),
            log_retention_days=read.choice("logRetentionDays", 30, LOG_RETENTION_DAYS),
            alarm_emails=alarm_emails,
            notify_finished=read.boolean("notifyFinished", False),
            enable_alarms=read.boolean("enableAlarms", bool(alarm_emails)),
            instance_prices=read.prices("instancePrices"),
            kms_key_arn=read.pattern(
                "kmsKeyArn",
                r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[a-zA-Z0-9-]+",
                "the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-..., or empty",
            ),
            enable_versioning=read.boolean("enableVersioning", False),
            input_archive_days=archive_days,
            input_expiration_days=expiration_days,
            transcript_expiration_days=read.optional_days("transcriptExpirationDays", least=1),
            force_destroy=read.boolean("forceDestroy", False),
            csv_for_excel=read.boolean("csvForExcel", False),
            min_confidence=read.share("minConfidence", DEFAULT_MIN_CONFIDENCE),
            channels=read.required_pattern("channels", "mix|split", "mix and split", "mix"),
            channel_names=read.words("channelNames", CHANNEL_NAME, "names of at most 32 letters", ()),
            existing_input_bucket=existing_input_bucket,
            existing_output_bucket=existing_output_bucket,
            media_suffixes=_media_suffixes(read),
            digest_minutes=read.integer("digestMinutes", 5, least=0, most=DIGEST_MOST_MINUTES),
            budget_usd=_budget_usd(read, alarm_emails),
        )


def _media_suffixes(read: ConfigReader) -> tuple[str, ...]:
    key = "mediaSuffixes"
    try:
        return media_suffixes(read.words(key, r".+", "suffixes", ()))
    except SuffixError as error:
        raise ConfigError(key, read.text(key), str(error)) from error


def _budget_usd(read: ConfigReader, alarm_emails: tuple[str, ...]) -> int | None:
    budget_usd = read.integer("budgetUsd", 0, least=1, most=1_000_000) or None
    if budget_usd and not 1 <= len(alarm_emails) <= MOST_ADDRESSES:
        allowed = f"allowed only together with 1 to {MOST_ADDRESSES} addresses in alarmEmail, which are told"
        raise ConfigError("budgetUsd", str(budget_usd), allowed)
    return budget_usd
