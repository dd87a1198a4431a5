"""The transcription service: settings to components to exports."""

from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.compute import GpuCompute, GpuComputeArgs
from components.failure_records import Account, FailureRecords, FailureRecordsArgs
from components.monitoring import Monitoring, MonitoringArgs
from components.network import BatchNetwork, BatchNetworkArgs, find_network
from components.prices import usd_per_hour
from components.settings import PipelineSettings
from components.storage import AudioStorage, AudioStorageArgs, Retention
from components.tags import default_tags, register_default_tags
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

storage = AudioStorage(
    "audio",
    AudioStorageArgs(
        force_destroy=settings.force_destroy,
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
        context=Path(__file__).resolve().parent / "image",
        model_name=settings.model_name,
        model_revision=settings.model_revision,
        model_sha256=settings.model_sha256,
        force_destroy=settings.force_destroy,
        partition=partition.partition,
    ),
)

compute = GpuCompute(
    "gpu",
    GpuComputeArgs(
        use_spot=settings.use_spot,
        on_demand_instance_types=settings.on_demand_instance_types,
        spot_instance_types=settings.spot_instance_types,
        max_vcpus=settings.max_vcpus,
        disk_size_gib=settings.disk_size_gib,
        metrics_interval_seconds=settings.metrics_interval_seconds,
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
        output_bucket_arn=storage.output_bucket.arn,
        output_bucket=storage.output_bucket.bucket,
        kms_key_arn=settings.kms_key_arn,
        output_prefix=settings.output_prefix,
        output_formats=settings.output_formats,
        csv_for_excel=settings.csv_for_excel,
        min_confidence=settings.min_confidence,
        enable_streaming=settings.enable_streaming,
        chunk_seconds=settings.chunk_seconds,
        left_context_seconds=settings.left_context_seconds,
        right_context_seconds=settings.right_context_seconds,
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
        rule_arns=f"arn:{partition.partition}:events:{region}:{account_id}:rule/*",
        job_queue_arn=compute.job_queue.arn,
        job_definition_arn=job.definition.arn,
        job_definition_arn_prefix=job.definition.arn_prefix,
    ),
)

records = FailureRecords(
    "failures",
    FailureRecordsArgs(
        job_queue_arn=compute.job_queue.arn,
        input_bucket_arn=storage.input_bucket.arn,
        output_bucket_arn=storage.output_bucket.arn,
        output_bucket=storage.output_bucket.bucket,
        output_prefix=settings.output_prefix,
        kms_key_arn=settings.kms_key_arn,
        log_group_arn=job.log_group.arn,
        log_group_name=job.log_group.name,
        account=Account(partition.partition, region, account_id),
    ),
)

# Either kind of capacity may be the one that runs.
instance_types = list(dict.fromkeys((*settings.on_demand_instance_types, *settings.spot_instance_types)))
monitoring = Monitoring(
    "watch",
    MonitoringArgs(
        job_queue_arn=compute.job_queue.arn,
        log_group_arn=job.log_group.arn,
        log_group_name=job.log_group.name,
        rule_names=[rule.name for rule in trigger.rules],
        dead_letter_queue_name=trigger.dead_letters.name,
        record_rule_names=[rule.name for rule in records.rules],
        record_dead_letter_queue_name=records.dead_letters.name,
        output_bucket=storage.output_bucket.bucket,
        output_prefix=settings.output_prefix,
        retry_attempts=settings.retry_attempts,
        alarm_emails=settings.alarm_emails,
        notify_finished=settings.notify_finished,
        enable_alarms=settings.enable_alarms,
        instance_types=instance_types,
        usd_per_hour=usd_per_hour(instance_types, dict(settings.instance_prices)),
        metrics_interval_seconds=settings.metrics_interval_seconds,
        account_id=account_id,
        partition=partition.partition,
        region=region,
    ),
)

pulumi.export("inputBucket", storage.input_bucket.bucket)
pulumi.export("inputPrefix", settings.input_prefix)
pulumi.export("outputBucket", storage.output_bucket.bucket)
pulumi.export("jobQueue", compute.job_queue.name)
pulumi.export("jobDefinition", job.definition.arn)
pulumi.export("imageUri", image.uri)
pulumi.export("logGroup", job.log_group.name)
pulumi.export("deadLetterQueue", trigger.dead_letters.url)
pulumi.export("notificationTopic", monitoring.topic.arn)
pulumi.export("dashboardUrl", monitoring.dashboard_url)
pulumi.export("uploadCommand", trigger.upload_command)
