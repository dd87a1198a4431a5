"""Queries on the log of jobs, saved in CloudWatch Logs Insights."""

import pulumi
import pulumi_aws as aws

from components.aws.names import stack_prefix

TRANSCRIBED = "ispresent(audio_seconds) and ispresent(total_seconds)"
"""The worker's line about a transcript. Each transcript has one such line."""

LATEST_FAILURES = """\
filter level = "error"
| fields @timestamp, message, exit_code, job_id, attempt
| sort @timestamp desc
| limit 20"""

SLOWEST_FILES = f"""\
filter {TRANSCRIBED}
| fields uri, audio_seconds, total_seconds, load_seconds, real_time_factor, device, instance_type
| sort total_seconds desc
| limit 20"""

FAILURES_BY_REASON = """\
filter detail.status = "FAILED"
| stats count(*) as files, latest(detail.parameters.key) as latest_file
    by detail.container.exitCode, detail.statusReason, detail.container.reason
| sort files desc"""

FILE_HISTORY = """\
# Put the file's key, or a part of it without quotes, between these; a job id finds what the worker said.
filter @message like "KEY"
| fields @timestamp, coalesce(detail.status, message) as what,
    coalesce(detail.statusReason, reason) as reason, coalesce(detail.jobId, job_id) as job, @logStream
| sort @timestamp asc
| limit 1000"""

THROUGHPUT_PER_HOUR = f"""\
filter {TRANSCRIBED}
| stats count(*) as files, sum(audio_seconds) / 3600 as audio_hours,
    sum(total_seconds) / sum(audio_seconds) as real_time_factor by bin(1h)"""

SAVED = {
    "latest-failures": LATEST_FAILURES,
    "failures-by-reason": FAILURES_BY_REASON,
    "slowest-files": SLOWEST_FILES,
    "file-history": FILE_HISTORY,
    "throughput-per-hour": THROUGHPUT_PER_HOUR,
}


class SavedQueries(pulumi.ComponentResource):
    """The queries above, in a folder named after the stack."""

    def __init__(
        self, name: str, log_group: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("parakeet:components:SavedQueries", name, None, opts)
        for label, text in SAVED.items():
            aws.cloudwatch.QueryDefinition(
                f"{name}-{label}",
                name=f"{stack_prefix()}/{label}",
                log_group_names=[log_group],
                query_string=text,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
