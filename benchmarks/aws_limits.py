"""Published limits and prices of AWS, and what a recording uses of them, as of 2025 in us-east-1."""

from dataclasses import dataclass

from operations.service_times import SUBMITTED_PER_SECOND

GPU_USD_PER_HOUR = 0.805
"""g6.xlarge on demand."""

DISK_USD_PER_HOUR = (100 * 0.08 + 375 * 0.04) / 730
"""100 GB of gp3, and 375 MB/s more than its 125."""

S3_WRITES, S3_READS = 4, 11
"""Requests for a recording in four formats, as they were counted on emulated S3."""

USD_PER_MILLION_WRITES, USD_PER_MILLION_READS = 5.0, 0.4
USD_PER_MILLION_SQS_REQUESTS = 0.4
USD_PER_GB_OF_LOGS = 0.5
USD_PER_LAMBDA_SECOND = 0.5 * 0.0000166667
"""With 512 MB."""

LOG_BYTES_OF_JOB, LOG_BYTES_OF_RECORDING = 4_000, 2_000
"""Assumed, from the lines that the worker writes."""

COLLECTED_PER_SECOND = 300
"""Messages that a run of the collector reads and deletes, ten at a time and one request after the other.
Assumed: 33 ms for the two requests."""

COLLECTED_PER_RUN = 20_000
"""The most messages of one run. Runs may overlap."""

COLLECT_SECONDS = 60.0

COLLECTOR_SUBMITS_PER_SECOND = 25
EVENT_AGE_SECONDS = 24 * 3600
"""How long EventBridge tries. After that, an event goes to the dead-letter queue."""

MOST_VCPUS_OF_STACK = 10_000


@dataclass(frozen=True)
class Peak:
    """The busiest hour of a day, in units for each second."""

    recordings: float
    jobs: float
    busy_instances: float

    def utilisation(self, *, collects: bool) -> dict[str, float]:
        """Return how much of each limit is used, as a share."""
        submits = COLLECTOR_SUBMITS_PER_SECOND if collects else SUBMITTED_PER_SECOND
        shares = {
            "SubmitJob": self.jobs / submits,
            "maxVcpus 10,000": self.busy_instances * 4 / MOST_VCPUS_OF_STACK,
            "S3 writes to a prefix": self.recordings * S3_WRITES / 3_500,
            "S3 reads of a prefix": self.recordings * S3_READS / 5_500,
            "EventBridge": self.recordings / 18_750,
            # Each container sends its lines every five seconds at most.
            "PutLogEvents": self.busy_instances / 5 / 5_000,
        }
        if collects:
            shares["the collector"] = self.recordings * COLLECT_SECONDS / COLLECTED_PER_RUN
        return shares


def usd_per_month(
    recordings: float, jobs: float, instance_seconds: float, *, collects: bool
) -> dict[str, float]:
    """Return the cost of 30 days by service. The arguments are those of one day."""
    requests = recordings * (S3_WRITES * USD_PER_MILLION_WRITES + S3_READS * USD_PER_MILLION_READS) / 1e6
    logs = (jobs * LOG_BYTES_OF_JOB + recordings * LOG_BYTES_OF_RECORDING) / 1e9 * USD_PER_GB_OF_LOGS
    # EventBridge sends each message; ten are read and deleted at once; the queue is asked each minute.
    sqs = (recordings * 1.2 + 1440) * USD_PER_MILLION_SQS_REQUESTS / 1e6 if collects else 0.0
    function = (recordings / COLLECTED_PER_SECOND + 1440) * USD_PER_LAMBDA_SECOND if collects else 0.0
    return {
        "GPU": 30 * instance_seconds / 3600 * GPU_USD_PER_HOUR,
        "disks": 30 * instance_seconds / 3600 * DISK_USD_PER_HOUR,
        "S3 requests": 30 * requests,
        "logs": 30 * logs,
        "SQS, Lambda": 30 * (sqs + function),
    }
