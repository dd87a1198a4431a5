"""Every configuration key of the stack, read, typed and checked in one place."""

import json
import re
from dataclasses import dataclass

import pulumi

FORMATS = ("json", "srt", "vtt", "txt", "csv", "transcribe-json")
DEFAULT_FORMATS = ("json", "srt", "vtt", "txt")
DEFAULT_INSTANCE_TYPES = ("g6.xlarge", "g5.xlarge")
DEFAULT_SPOT_INSTANCE_TYPES = ("g6.xlarge", "g6.2xlarge", "g5.xlarge")
"""With Spot a wider choice is interrupted less often."""

ENCODER_FRAME_SECONDS = 0.08
"""A hop of 10 ms times 8-fold subsampling."""

LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827),
    *(2192, 2557, 2922, 3288, 3653),
)
"""What PutRetentionPolicy takes."""

FAILURES_PREFIX = "failures/"
"""Where the worker says why a file has no transcript."""

PATTERN_CHARACTERS = frozenset("*?$")
"""What an IAM policy would not take literally."""

KEY_PREFIX_LIMIT_BYTES = 512
"""Half of an S3 key, so that a prefix and a recording's own key fit together."""


class ConfigError(pulumi.RunError):
    """A configuration value that can't be used: the sentence names the key, the value and what is allowed."""

    def __init__(self, key: str, value: str, allowed: str) -> None:
        super().__init__(f"parakeet-transcription:{key} is '{value}': {allowed}.")


@dataclass(frozen=True)
class PipelineSettings:
    """The stack's configuration; Pulumi.yaml describes each key."""

    use_spot: bool
    enable_streaming: bool
    chunk_seconds: float
    left_context_seconds: float
    right_context_seconds: float
    on_demand_instance_types: tuple[str, ...]
    spot_instance_types: tuple[str, ...]
    max_vcpus: int
    vpc_id: str | None
    subnet_ids: tuple[str, ...]
    create_s3_endpoint: bool
    input_prefix: str
    output_prefix: str
    output_formats: tuple[str, ...]
    model_name: str
    model_revision: str
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

    force_destroy: bool

    @staticmethod
    def load(config: pulumi.Config) -> "PipelineSettings":
        """Read and check every key of ``config``.

        Raises:
            ConfigError: a value is wrong; nothing has been registered yet.
        """
        read = _Reader(config)
        vpc_id = read.pattern("vpcId", r"vpc-[0-9a-f]+", "a VPC id such as vpc-0a1b2c3d, or empty")
        instance_types = read.words(
            "instanceTypes", r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "instance types such as g6.xlarge,g5.xlarge", ()
        )
        subnet_ids = read.words("subnetIds", r"subnet-[0-9a-f]+", "subnet ids such as subnet-0a1b2c3d", ())
        if subnet_ids and not vpc_id:
            raise ConfigError("subnetIds", ",".join(subnet_ids), "allowed only together with vpcId")
        alarm_emails = read.words(
            "alarmEmail", r"[^@\s]+@[^@\s]+\.[^@\s]+", "addresses such as team@example.org", ()
        )
        return PipelineSettings(
            use_spot=read.boolean("useSpot", False),
            enable_streaming=read.boolean("enableStreaming", False),
            chunk_seconds=read.frames("chunkSeconds", 20, least=1, most=300),
            left_context_seconds=read.seconds("leftContextSeconds", 5, least=0, most=300),
            right_context_seconds=read.seconds("rightContextSeconds", 3, least=0, most=60),
            on_demand_instance_types=instance_types or DEFAULT_INSTANCE_TYPES,
            spot_instance_types=instance_types or DEFAULT_SPOT_INSTANCE_TYPES,
            max_vcpus=read.integer("maxVcpus", 64, least=4, most=10_000),
            vpc_id=vpc_id,
            subnet_ids=subnet_ids,
            create_s3_endpoint=read.boolean("createS3Endpoint", False),
            input_prefix=read.prefix("inputPrefix", ""),
            output_prefix=read.output_prefix("outputPrefix", "transcripts/"),
            output_formats=read.formats("outputFormats"),
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
            force_destroy=read.boolean("forceDestroy", False),
        )


class _Reader:
    """Typed look at a stack's configuration, in which every value is text; an empty one is not set."""

    def __init__(self, config: pulumi.Config) -> None:
        self._config = config

    def text(self, key: str) -> str:
        return (self._config.get(key) or "").strip()

    def boolean(self, key: str, default: bool) -> bool:
        value = self.text(key).lower()
        if value in ("true", "false"):
            return value == "true"
        if not value:
            return default
        raise ConfigError(key, self.text(key), "allowed are true and false")

    def integer(self, key: str, default: int, *, least: int, most: int) -> int:
        value = self.text(key)
        if not value:
            return default
        if re.fullmatch(r"-?\d{1,9}", value) and least <= int(value) <= most:
            return int(value)
        raise ConfigError(key, value, f"allowed are whole numbers from {least} to {most}")

    def seconds(self, key: str, default: float, *, least: float, most: float) -> float:
        value = self.text(key)
        if not value:
            return float(default)
        if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value) and least <= float(value) <= most:
            return float(value)
        raise ConfigError(key, value, f"allowed are seconds from {least:g} to {most:g}")

    def frames(self, key: str, default: float, *, least: float, most: float) -> float:
        """Seconds in whole frames of the encoder: each chunk starts where the last one ended."""
        seconds = self.seconds(key, default, least=least, most=most)
        nearest = round(seconds / ENCODER_FRAME_SECONDS) * ENCODER_FRAME_SECONDS
        if abs(seconds - nearest) < 1e-6:
            return seconds
        raise ConfigError(
            key,
            self.text(key),
            f"allowed are multiples of {ENCODER_FRAME_SECONDS:g} s, the model's frame, such as {nearest:g}",
        )

    def choice(self, key: str, default: int, allowed: tuple[int, ...]) -> int:
        value = self.text(key)
        if not value:
            return default
        if value in map(str, allowed):
            return int(value)
        raise ConfigError(key, value, f"allowed are {', '.join(map(str, allowed))}")

    def pattern(self, key: str, pattern: str, allowed: str) -> str | None:
        value = self.text(key)
        if value and not re.fullmatch(pattern, value):
            raise ConfigError(key, value, f"allowed is {allowed}")
        return value or None

    def required_pattern(self, key: str, pattern: str, allowed: str, default: str) -> str:
        return self.pattern(key, pattern, allowed) or default

    def words(self, key: str, pattern: str, allowed: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """A list: a JSON array (from ``--path`` or YAML) or comma-separated text."""
        words = self._list(key)
        if not all(re.fullmatch(pattern, word) for word in words):
            raise ConfigError(key, self.text(key), f"allowed are {allowed}")
        return words or default

    def prices(self, key: str) -> tuple[tuple[str, float], ...]:
        entries = self.words(
            key,
            r"[a-z][a-z0-9-]*\.[a-z0-9-]+=\d{1,4}(\.\d{1,6})?",
            "prices in USD an hour such as g6.xlarge=0.374,g5.xlarge=0.5",
            (),
        )
        pairs = (entry.split("=") for entry in entries)
        return tuple((kind, float(usd)) for kind, usd in pairs)

    def formats(self, key: str) -> tuple[str, ...]:
        words = self._list(key) or DEFAULT_FORMATS
        if not set(words) <= set(FORMATS):
            raise ConfigError(key, self.text(key), f"allowed are {', '.join(FORMATS)}")
        # The JSON transcript is what marks a file as done.
        return tuple(name for name in FORMATS if name in words or name == "json")

    def prefix(self, key: str, default: str) -> str:
        raw = self._config.get(key)
        value = default if raw is None else raw
        fits = len(value.encode()) <= KEY_PREFIX_LIMIT_BYTES and value.isprintable()
        if value and not (value.endswith("/") and not value.startswith("/") and fits):
            raise ConfigError(
                key,
                value,
                f"allowed is empty or a prefix such as calls/, of {KEY_PREFIX_LIMIT_BYTES} bytes at most",
            )
        return value

    def output_prefix(self, key: str, default: str) -> str:
        value = self.prefix(key, default)
        if value.startswith(FAILURES_PREFIX) or PATTERN_CHARACTERS & set(value):
            raise ConfigError(
                key,
                value,
                f"allowed is a prefix such as {default} without * ? $ and outside {FAILURES_PREFIX},"
                " where the reasons of failures go",
            )
        return value

    def _list(self, key: str) -> tuple[str, ...]:
        value = self.text(key)
        if value.startswith("["):
            try:
                parsed = json.loads(value)
            except json.JSONDecodeError:
                raise ConfigError(
                    key, value, "allowed is a comma-separated list or a JSON array of text"
                ) from None
            return tuple(str(each).strip() for each in parsed)
        return tuple(word.strip() for word in value.split(",") if word.strip())
