"""The buckets for recordings, for transcripts, and for the logs of access to both."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.policies import (
    Document,
    allow,
    deny_customer_keys,
    deny_plain_http,
    document,
    to_json,
)
from components.existing_buckets import ExistingBucket
from transcriber.outcomes import MANIFESTS_FOLDER

ABORT_MULTIPART_DAYS = 7
"""The parts of an unfinished upload cost money until they are deleted."""

ACCESS_LOG_DAYS = 90


NONCURRENT_DAYS = 30
"""For how long overwritten or deleted objects can be restored, if versions are kept."""

EncryptionRule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs
EncryptionDefault = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
LifecycleRule = aws.s3.BucketLifecycleConfigurationRuleArgs


@dataclass(frozen=True)
class Retention:
    """How long a bucket keeps its objects. None means for ever."""

    expire_days: int | None = None
    archive_days: int | None = None
    versions: bool = False
    manifest_days: int | None = None
    """How long the lists of list jobs stay. None if there are none."""


@dataclass(frozen=True)
class AudioStorageArgs:
    """Encryption, retention, and buckets that exist already."""

    force_destroy: bool
    """Whether `pulumi destroy` may delete recordings and transcripts."""

    existing_input: ExistingBucket | None
    existing_output: ExistingBucket | None
    """Existing buckets to use. If there is none, the stack makes one."""

    account_id: pulumi.Input[str]
    kms_key_arn: str | None
    """The key that encrypts recordings and transcripts. Without one, S3 uses its own."""

    recordings: Retention
    transcripts: Retention


@dataclass(frozen=True)
class AudioBucket:
    """A bucket of the stack. Either the stack made it, or it existed before."""

    id: pulumi.Input[str]
    bucket: pulumi.Output[str]
    arn: pulumi.Output[str]
    outlives_the_stack: bool


class AudioStorage(pulumi.ComponentResource):
    """Input, output and access-log buckets. They are encrypted and private, and accept TLS only.

    Uploads to the input bucket raise events. Without ``force_destroy``, `pulumi destroy` leaves the input and
    output buckets, and the resources that keep them private and encrypted and that expire objects. A later
    stack can use these buckets.

    Access logs are always encrypted with S3's own key, because the log delivery of S3 supports no other.
    """

    input_bucket: AudioBucket
    output_bucket: AudioBucket
    after_destroy: pulumi.Output[str]
    """A text for the user about what `pulumi destroy` leaves."""

    def __init__(self, name: str, args: AudioStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:AudioStorage", name, None, opts)
        self.input_bucket, self.output_bucket = (
            self._bucket(f"{name}-{label}", existing, args.force_destroy, args.kms_key_arn, retention)
            for label, existing, retention in (
                ("input", args.existing_input, args.recordings),
                ("output", args.existing_output, args.transcripts),
            )
        )
        # It is never empty, and nobody needs the logs without the stack.
        logs = self._bucket(f"{name}-access-logs", None, True, None, Retention(expire_days=ACCESS_LOG_DAYS))

        policy = pulumi.Output.all(
            logs.arn, args.account_id, self.input_bucket.arn, self.output_bucket.arn
        ).apply(lambda parts: access_log_bucket_policy(parts[0], parts[1], parts[2:]))
        logs_policy = self._policy(f"{name}-access-logs", logs, policy)

        for bucket, label in ((self.input_bucket, "input"), (self.output_bucket, "output")):
            self._policy(f"{name}-{label}", bucket, bucket.arn.apply(private_bucket_policy))
            aws.s3.BucketLogging(
                f"{name}-{label}",
                bucket=bucket.id,
                # The id of the policy is the name of its bucket. S3 needs the policy before it can log.
                target_bucket=logs_policy.id,
                target_prefix=f"{label}/",
                opts=pulumi.ResourceOptions(parent=self),
            )

        aws.s3.BucketNotification(
            f"{name}-input",
            bucket=self.input_bucket.id,
            eventbridge=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.after_destroy = pulumi.Output.all(self.input_bucket.bucket, self.output_bucket.bucket).apply(
            lambda names: after_destroy(
                names[0] if self.input_bucket.outlives_the_stack else None,
                names[1] if self.output_bucket.outlives_the_stack else None,
            )
        )
        self.register_outputs(
            {"inputBucket": self.input_bucket.bucket, "outputBucket": self.output_bucket.bucket}
        )

    def _bucket(
        self,
        name: str,
        existing: ExistingBucket | None,
        force_destroy: bool,
        kms_key_arn: str | None,
        retention: Retention,
    ) -> AudioBucket:
        child = pulumi.ResourceOptions(parent=self)
        stays = existing is not None or not force_destroy
        staying = pulumi.ResourceOptions(parent=self, retain_on_delete=stays)
        if existing:
            bucket = AudioBucket(
                existing.name,
                pulumi.Output.from_input(existing.name),
                pulumi.Output.from_input(existing.arn),
                stays,
            )
        else:
            made = aws.s3.Bucket(name, force_destroy=force_destroy, opts=staying)
            bucket = AudioBucket(made.id, made.bucket, made.arn, stays)
        aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=staying,
        )
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=staying,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[_encryption(kms_key_arn)],
            opts=staying,
        )
        versioning = None
        if retention.versions:
            # It does not stay, because removing it from the configuration must end it.
            versioning = aws.s3.BucketVersioning(
                name, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=child
            )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=_lifecycle_rules(retention),
            opts=pulumi.ResourceOptions.merge(
                # S3 accepts rules for old versions only for a bucket with versions.
                staying,
                pulumi.ResourceOptions(depends_on=versioning),
            ),
        )
        return bucket

    def _policy(self, name: str, bucket: AudioBucket, policy: pulumi.Output[Document]) -> aws.s3.BucketPolicy:
        return aws.s3.BucketPolicy(
            name,
            bucket=bucket.id,
            policy=policy.apply(to_json),
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=bucket.outlives_the_stack),
        )


def after_destroy(kept_input: str | None, kept_output: str | None) -> str:
    """Return a text that names the buckets which `pulumi destroy` leaves, and says how to use them again."""
    kept = {"existingInputBucket": kept_input, "existingOutputBucket": kept_output}
    names = {key: name for key, name in kept.items() if name is not None}
    if not names:
        return "nothing stays: recordings and transcripts are deleted"
    buckets = " and ".join(f"s3://{name}" for name in names.values())
    commands = " && ".join(f"pulumi config set {key} {name}" for key, name in names.items())
    return f"{buckets} stay with all that is in them; to go on with them: {commands} && pulumi up"


def private_bucket_policy(bucket_arn: str) -> Document:
    """Return the policy of a private bucket: TLS only, and no objects under a key of the uploader."""
    return document(deny_plain_http(bucket_arn), deny_customer_keys(bucket_arn))


def access_log_bucket_policy(bucket_arn: str, account_id: str, sources: list[str]) -> Document:
    """Return the policy that lets S3 write the access logs of the buckets ``sources`` (ARNs)."""
    delivery = allow(
        ["s3:PutObject"],
        [f"{bucket_arn}/*"],
        Sid="AccessLogs",
        Principal={"Service": "logging.s3.amazonaws.com"},
        Condition={
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": list(sources)},
        },
    )
    return document(delivery, deny_plain_http(bucket_arn))


def _encryption(kms_key_arn: str | None) -> EncryptionRule:
    """Return encryption by S3's own key or by a KMS key, with a bucket key that saves most calls to KMS."""
    if kms_key_arn is None:
        default = EncryptionDefault(sse_algorithm="AES256")
        return EncryptionRule(apply_server_side_encryption_by_default=default)
    default = EncryptionDefault(sse_algorithm="aws:kms", kms_master_key_id=kms_key_arn)
    return EncryptionRule(apply_server_side_encryption_by_default=default, bucket_key_enabled=True)


def _lifecycle_rules(retention: Retention) -> list[LifecycleRule]:
    """Return the lifecycle rules of a bucket. S3 keeps objects to which no rule applies."""
    everything = aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix="")
    rules = [
        LifecycleRule(
            id="abort-unfinished-uploads",
            status="Enabled",
            filter=everything,
            abort_incomplete_multipart_upload=(
                aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                    days_after_initiation=ABORT_MULTIPART_DAYS
                )
            ),
        )
    ]
    if retention.expire_days is not None:
        expiration = aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=retention.expire_days)
        rules.append(LifecycleRule(id="expire", status="Enabled", filter=everything, expiration=expiration))
    if retention.manifest_days is not None:
        rules.append(
            LifecycleRule(
                id="expire-manifests",
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=MANIFESTS_FOLDER),
                expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(
                    days=retention.manifest_days
                ),
            )
        )
    if retention.archive_days is not None:
        archive = aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(
            days=retention.archive_days, storage_class="GLACIER_IR"
        )
        rules.append(LifecycleRule(id="archive", status="Enabled", filter=everything, transitions=[archive]))
    if retention.versions:
        noncurrent = aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=NONCURRENT_DAYS
        )
        rules.append(
            LifecycleRule(
                id="expire-old-versions",
                status="Enabled",
                filter=everything,
                noncurrent_version_expiration=noncurrent,
            )
        )
    return rules
