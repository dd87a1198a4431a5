"""The transcription service: settings to components to exports."""

from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.aws.account import Account
from components.aws.offered_instances import find_offered_types, usable_types
from components.aws.tags import COST_TAGS, default_tags, register_default_tags
from components.compute import GpuCompute, GpuComputeArgs
from components.existing_buckets import find_existing_bucket
from components.failures.failure_reports import FailureReports, FailureReportsArgs
from components.media_suffixes import suffixes_text
from components.monitoring.budget import StackBudget, StackBudgetArgs
from components.monitoring.monitoring import Monitoring, MonitoringArgs
from components.monitoring.prices import usd_per_hour
from components.network import BatchNetwork, BatchNetworkArgs, find_network
from components.settings import PipelineSettings
from components.storage import AudioStorage, AudioStorageArgs, Retention
from components.transcription_job import TranscriptionJob, TranscriptionJobArgs
from components.upload_trigger import UploadTrigger, UploadTriggerArgs
from components.worker_image import WorkerImage, WorkerImageArgs

settings = PipelineSettings.load(pulumi.Config())
tags = default_tags(pulumi.get_project(), pulumi.get_stack())
register_default_tags(tags)

account_id = aws.get_caller_identity().account_id
partition = aws.get_partition()
region = aws.get_region().region

place = find_network(settings.vpc_id, settings.subnet_ids)
existing_input = find_existing_bucket("existingInputBucket", settings.existing_input_bucket, region)
existing_output = find_existing_bucket("existingOutputBucket", settings.existing_output_bucket, region)
extra_input_arns = [f"arn:{partition.partition}:s3:::{name}" for name in settings.extra_input_buckets]
offered = find_offered_types()
on_demand_types, spot_types = (
    usable_types(types, offered, region, are_asked_for=bool(settings.instance_types))
    for types in (settings.on_demand_instance_types, settings.spot_instance_types)
)

storage = AudioStorage(
    "audio",
    AudioStorageArgs(
        force_destroy=settings.force_destroy,
        existing_input=existing_input,
        existing_output=existing_output,
        account_id=account_id,
        kms_key_arn=settings.kms_key_arn,
        recordings=Retention(
            settings.input_expiration_days, settings.input_archive_days, settings.enable_versioning
        ),
        transcripts=Retention(settings.transcript_expiration_days, versions=settings.enable_versioning),
    ),
)

network = BatchNetwork(
    "network",
    BatchNetworkArgs(place=place, create_s3_endpoint=settings.create_s3_endpoint, region=region),
)

image = WorkerImage(
    "worker",
    WorkerImageArgs(
        image_uri=settings.image_uri,
        program=Path(__file__).resolve().parent,
        model_name=settings.model_name,
        model_revision=settings.model_revision,
        model_sha256=settings.model_sha256,
        partition=partition.partition,
    ),
)

compute = GpuCompute(
    "gpu",
    GpuComputeArgs(
        use_spot=settings.use_spot,
        on_demand_instance_types=on_demand_types,
        spot_instance_types=spot_types,
        max_vcpus=settings.max_vcpus,
        job_timeout_minutes=settings.job_timeout_minutes,
        disk_size_gib=settings.disk_size_gib,
        metrics_interval_seconds=settings.metrics_interval_seconds,
        vpc_id=place.vpc_id,
        subnet_ids=network.subnet_ids,
        security_group_id=network.security_group_id,
        partition=partition.partition,
        dns_suffix=partition.dns_suffix,
        tags=tags,
    ),
)

job = TranscriptionJob(
    "transcribe",
    TranscriptionJobArgs(
        image_uri=image.uri,
        repository_arn=image.repository_arn,
        input_bucket_arn=storage.input_bucket.arn,
        extra_input_bucket_arns=extra_input_arns,
        output_bucket_arn=storage.output_bucket.arn,
        output_bucket=storage.output_bucket.bucket,
        kms_key_arn=settings.kms_key_arn,
        s3_endpoint_vpc_id=network.s3_endpoint_vpc_id,
        output_prefix=settings.output_prefix,
        options=settings.options,
        retry_attempts=settings.retry_attempts,
        job_timeout_minutes=settings.job_timeout_minutes,
        log_retention_days=settings.log_retention_days,
        account_id=account_id,
        partition=partition.partition,
        region=region,
    ),
)

trigger = UploadTrigger(
    "uploads",
    UploadTriggerArgs(
        input_bucket=storage.input_bucket.bucket,
        input_prefix=settings.input_prefix,
        media_suffixes=settings.media_suffixes,
        rule_arns=f"arn:{partition.partition}:events:{region}:{account_id}:rule/*",
        job_queue_arn=compute.job_queue.arn,
        job_definition_arn=job.definition.arn,
        job_definition_arn_prefix=job.definition.arn_prefix,
    ),
)

account = Account(partition.partition, region, account_id)
reports = FailureReports(
    "failures",
    FailureReportsArgs(
        job_queue_arn=compute.job_queue.arn,
        input_bucket_arn=storage.input_bucket.arn,
        extra_input_bucket_arns=extra_input_arns,
        output_bucket_arn=storage.output_bucket.arn,
        output_bucket=storage.output_bucket.bucket,
        output_prefix=settings.output_prefix,
        kms_key_arn=settings.kms_key_arn,
        log_group_arn=job.log_group.arn,
        log_group_name=job.log_group.name,
        account=account,
    ),
)

# The queue may use either kind of capacity.
instance_types = list(dict.fromkeys((*on_demand_types, *spot_types)))
monitoring = Monitoring(
    "watch",
    MonitoringArgs(
        job_queue_arn=compute.job_queue.arn,
        log_group_arn=job.log_group.arn,
        log_group_name=job.log_group.name,
        submitting_rules=trigger.submitting_dimensions,
        upload_rules=trigger.watched_dimensions,
        dead_letter_queue_name=trigger.dead_letters.name,
        report_rule_names=[rule.name for rule in reports.rules],
        report_dead_letter_queue_name=reports.dead_letters.name,
        output_bucket=storage.output_bucket.bucket,
        output_bucket_arn=storage.output_bucket.arn,
        output_prefix=settings.output_prefix,
        kms_key_arn=settings.kms_key_arn,
        digest_minutes=settings.digest_minutes,
        alarm_emails=settings.alarm_emails,
        notify_finished=settings.notify_finished,
        enable_alarms=settings.enable_alarms,
        instance_types=instance_types,
        usd_per_hour=usd_per_hour(instance_types, dict(settings.instance_prices)),
        metrics_interval_seconds=settings.metrics_interval_seconds,
        account=account,
    ),
)

if settings.budget_usd is not None:
    counted = {key: tags[key] for key in COST_TAGS}
    StackBudget("budget", StackBudgetArgs(settings.budget_usd, counted, settings.alarm_emails))

pulumi.export("inputBucket", storage.input_bucket.bucket)
pulumi.export("inputPrefix", settings.input_prefix)
pulumi.export("mediaSuffixes", suffixes_text(settings.media_suffixes))
pulumi.export("extraInputBuckets", ",".join(settings.extra_input_buckets))
pulumi.export("outputBucket", storage.output_bucket.bucket)
pulumi.export("jobQueue", compute.job_queue.name)
pulumi.export("jobDefinition", job.definition.arn)
pulumi.export("imageUri", image.uri)
# The model in an image from elsewhere is not known.
pulumi.export("modelName", "" if settings.image_uri else settings.model_name)
pulumi.export("modelRevision", "" if settings.image_uri else settings.model_revision)
pulumi.export("logGroup", job.log_group.name)
pulumi.export("deadLetterQueue", trigger.dead_letters.url)
pulumi.export("notificationTopic", monitoring.topic.arn)
pulumi.export("dashboardUrl", monitoring.dashboard_url)
pulumi.export("uploadCommand", trigger.upload_command)
pulumi.export("afterDestroy", storage.after_destroy)
