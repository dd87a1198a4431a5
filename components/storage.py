"""The buckets: recordings in, transcripts out, and the log of who touched either."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.policies import (
    Document,
    allow,
    deny_customer_keys,
    deny_plain_http,
    document,
    to_json,
)

ABORT_MULTIPART_DAYS = 7
"""Parts of an upload that was given up cost money until they are deleted."""

ACCESS_LOG_DAYS = 90


NONCURRENT_DAYS = 30
"""How long what was overwritten or deleted can be brought back, where versions are kept."""

EncryptionRule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs
EncryptionDefault = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
LifecycleRule = aws.s3.BucketLifecycleConfigurationRuleArgs


@dataclass(frozen=True)
class Retention:
    """How long a bucket keeps what is in it; None is for ever."""

    expire_days: int | None = None
    archive_days: int | None = None
    versions: bool = False


@dataclass(frozen=True)
class AudioStorageArgs:
    """What the buckets depend on."""

    force_destroy: bool
    """Whether `pulumi destroy` may delete recordings and transcripts."""

    account_id: pulumi.Input[str]
    kms_key_arn: str | None
    """The key that recordings and transcripts are encrypted with; S3's own where there is none."""

    recordings: Retention
    transcripts: Retention


class AudioStorage(pulumi.ComponentResource):
    """Input, output and access-log buckets: encrypted, private, TLS only; uploads to the input raise events.

    What S3 logs about access is encrypted with S3's own key always: its log delivery takes no other.
    """

    input_bucket: aws.s3.Bucket
    output_bucket: aws.s3.Bucket

    def __init__(self, name: str, args: AudioStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:AudioStorage", name, None, opts)
        self.input_bucket, self.output_bucket = (
            self._bucket(f"{name}-{label}", args.force_destroy, args.kms_key_arn, retention)
            for label, retention in (("input", args.recordings), ("output", args.transcripts))
        )
        # It is never empty, and what it tells of is gone when the stack is.
        logs = self._bucket(f"{name}-access-logs", True, None, Retention(expire_days=ACCESS_LOG_DAYS))

        policy = pulumi.Output.all(
            logs.arn, args.account_id, self.input_bucket.arn, self.output_bucket.arn
        ).apply(lambda parts: access_log_bucket_policy(parts[0], parts[1], parts[2:]))
        logs_policy = self._policy(f"{name}-access-logs", logs, policy)

        for bucket, label in ((self.input_bucket, "input"), (self.output_bucket, "output")):
            self._policy(f"{name}-{label}", bucket, bucket.arn.apply(private_bucket_policy))
            aws.s3.BucketLogging(
                f"{name}-{label}",
                bucket=bucket.id,
                # The policy's id is its bucket's name: S3 wants the policy there before it logs.
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
        self.register_outputs(
            {"inputBucket": self.input_bucket.bucket, "outputBucket": self.output_bucket.bucket}
        )

    def _bucket(
        self, name: str, force_destroy: bool, kms_key_arn: str | None, retention: Retention
    ) -> aws.s3.Bucket:
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(name, force_destroy=force_destroy, opts=child)
        aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[_encryption(kms_key_arn)],
            opts=child,
        )
        versioning = None
        if retention.versions:
            versioning = aws.s3.BucketVersioning(
                name, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=child
            )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=_lifecycle_rules(retention),
            # S3 takes rules for old versions of a bucket that has some.
            opts=pulumi.ResourceOptions(parent=self, depends_on=versioning),
        )
        return bucket

    def _policy(
        self, name: str, bucket: aws.s3.Bucket, policy: pulumi.Output[Document]
    ) -> aws.s3.BucketPolicy:
        return aws.s3.BucketPolicy(
            name,
            bucket=bucket.id,
            policy=policy.apply(to_json),
            opts=pulumi.ResourceOptions(parent=self),
        )


def private_bucket_policy(bucket_arn: str) -> Document:
    """Return the policy of a bucket that only its account uses, over TLS, and whose objects it can read."""
    return document(deny_plain_http(bucket_arn), deny_customer_keys(bucket_arn))


def access_log_bucket_policy(bucket_arn: str, account_id: str, sources: list[str]) -> Document:
    """Return the policy by which S3 writes the access logs of the buckets ``sources`` (ARNs)."""
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
    """Return S3's own encryption, or that by a key; a key of the bucket then saves most calls to KMS."""
    if kms_key_arn is None:
        default = EncryptionDefault(sse_algorithm="AES256")
        return EncryptionRule(apply_server_side_encryption_by_default=default)
    default = EncryptionDefault(sse_algorithm="aws:kms", kms_master_key_id=kms_key_arn)
    return EncryptionRule(apply_server_side_encryption_by_default=default, bucket_key_enabled=True)


def _lifecycle_rules(retention: Retention) -> list[LifecycleRule]:
    """Return the rules of a bucket; S3 keeps what none of them names."""
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
