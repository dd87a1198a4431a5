"""Mail notices about jobs, with one mail for all notices within a window of time.

This is a step of a runbook of AWS Systems Manager Automation, run as `aws:executeScript`. Each execution puts
its job into a queue. One execution of each window waits for the end of the window and mails everything in the
queue. The others end at once. A notice leaves the queue only after it was mailed, so none is lost: if one
window could not mail it, the next one does.
"""

import json
import time
from collections import Counter
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from runbooks.digest import MOST_SHOWN, SUBJECT_LIMIT, Fact, blocked_mail, failed_mail, finished_mail
from transcriber.outcomes import failure_report_key, result_name

CLIENT_CONFIG = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 6}
)
MAILS = {"failed": failed_mail, "blocked": blocked_mail, "finished": finished_mail}
ABOUT_OF_STATUS = {"FAILED": "failed", "SUCCEEDED": "finished"}
MISSING = {"404", "NoSuchKey", "NotFound"}
MOST_AT_ONCE = 5000
"""The most notices of one mail. The rest go into another mail."""

BATCH = 10
"""The most messages of one request to SQS."""

WAIT_SECONDS = 2
"""Long polling asks all servers of SQS. So if it finds nothing, nothing is left."""

BEYOND_SECONDS = 2
"""How long to wait after the end of a window, because the clocks of executions differ a little."""


class MailSettings(NamedTuple):
    """Where results are, the queue and the topic, and the first parts of console addresses."""

    output_bucket: str
    output_prefix: str
    failures_prefix: str
    queue_url: str
    topic_arn: str
    turn_prefix: str
    """Prefix of the parameters that let only one execution run for each window."""

    log_url: str
    job_url: str


class Clients(NamedTuple):
    """Clients of AWS."""

    batch: Any
    s3: Any
    sqs: Any
    sns: Any
    ssm: Any


def handler(events: dict[str, Any], _context: Any) -> dict[str, str]:
    """Put a job into the queue of notices, and mail the queue if this is the first execution of its window.

    Args:
        events: the fields of `MailSettings`; ``job_id``, or an empty text, and ``about``, a key of `MAILS`;
            ``execution``, the id of this one; ``window_seconds``.

    Raises:
        LookupError: Batch does not know the job.
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: AWS refused or did not answer.
    """
    settings = MailSettings(*(events[field] for field in MailSettings._fields))
    clients = Clients(*(boto3.client(name, config=CLIENT_CONFIG) for name in Clients._fields))  # type: ignore[call-overload]
    if events["job_id"]:
        keep(clients, settings, events["job_id"], events["about"])
    window_seconds = int(events["window_seconds"])
    if window_seconds == 0:
        return {"outcome": mail_all(clients, settings)}
    window = int(time.time()) // window_seconds
    turn = f"{settings.turn_prefix}{window}"
    if not take_turn(clients.ssm, turn, events["execution"]):
        return {"outcome": "another execution mails it"}
    time.sleep(max(0.0, (window + 1) * window_seconds + BEYOND_SECONDS - time.time()))
    outcome = mail_all(clients, settings)
    clients.ssm.delete_parameter(Name=turn)
    return {"outcome": outcome}


def keep(clients: Clients, settings: MailSettings, job_id: str, about: str) -> None:
    """Put what Batch knows about a job into the queue, in the form of Batch's own events.

    Raises:
        LookupError: Batch does not know the job.
    """
    jobs = clients.batch.describe_jobs(jobs=[job_id])["jobs"]
    if not jobs:
        raise LookupError(f"Batch knows no job {job_id}")
    kept = ("jobId", "status", "statusReason", "parameters", "container", "attempts")
    detail = {name: jobs[0][name] for name in kept if name in jobs[0]}
    body = json.dumps({"about": about, "detail": detail}, default=str)
    clients.sqs.send_message(QueueUrl=settings.queue_url, MessageBody=body)


def take_turn(ssm: Any, turn: str, execution: str) -> bool:
    """Tell whether this execution mails. The first one that asks does, even if it is tried again."""
    try:
        ssm.put_parameter(Name=turn, Value=execution, Type="String", Overwrite=False)
    except ssm.exceptions.ParameterAlreadyExists:
        try:
            return bool(ssm.get_parameter(Name=turn)["Parameter"]["Value"] == execution)
        except ssm.exceptions.ParameterNotFound:
            # The other execution has just mailed, after the end of its window, and its mail has this notice.
            return False
    return True


def mail_all(clients: Clients, settings: MailSettings) -> str:
    """Mail everything in the queue, one mail for each kind. Return what was mailed."""
    mailed: Counter[str] = Counter()
    while messages := receive_some(clients.sqs, settings.queue_url):
        by_kind: dict[str, list[dict[str, Any]]] = {about: [] for about in MAILS}
        for message in messages:
            body = json.loads(message["Body"])
            about = body.get("about") or ABOUT_OF_STATUS[body["detail"]["status"]]
            by_kind[about].append({"receipt": message["ReceiptHandle"], **body["detail"]})
        try:
            for about in [kind for kind, notices in by_kind.items() if notices]:
                mailed[about] += mail(clients, settings, about, by_kind[about])
                for notice in by_kind.pop(about):
                    clients.sqs.delete_message(QueueUrl=settings.queue_url, ReceiptHandle=notice["receipt"])
        finally:
            # Notices that were not mailed are visible at once for the next attempt.
            for notice in (notice for notices in by_kind.values() for notice in notices):
                clients.sqs.change_message_visibility(
                    QueueUrl=settings.queue_url, ReceiptHandle=notice["receipt"], VisibilityTimeout=0
                )
    return ", ".join(f"{count} {about}" for about, count in mailed.items()) or "nothing"


def mail(clients: Clients, settings: MailSettings, about: str, notices: list[dict[str, Any]]) -> int:
    """Publish one mail about the jobs of ``notices``, each once. Return the number of jobs."""
    details = {notice["jobId"]: notice for notice in notices}
    facts = [
        fact_of(clients.s3, settings, detail, about, look=number < MOST_SHOWN)
        for number, detail in enumerate(details.values())
    ]
    subject, text = MAILS[about](facts)
    clients.sns.publish(TopicArn=settings.topic_arn, Subject=subject[:SUBJECT_LIMIT], Message=text)
    return len(facts)


def receive_some(sqs: Any, queue_url: str) -> list[dict[str, Any]]:
    """Return messages of the queue, at most `MOST_AT_ONCE`. Others do not get them for a while."""
    messages: list[dict[str, Any]] = []
    while len(messages) < MOST_AT_ONCE:
        answer = sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=WAIT_SECONDS
        )
        if not answer.get("Messages"):
            break
        messages += answer["Messages"]
    return messages


def fact_of(s3: Any, settings: MailSettings, detail: dict[str, Any], about: str, *, look: bool) -> Fact:
    """Return what a mail says about a job. ``look`` is whether to read its failure report."""
    parameters, container = detail.get("parameters", {}), detail.get("container", {})
    key = parameters.get("key", "")
    ended = [detail.get("statusReason"), container.get("reason")]
    reason = "; ".join(dict.fromkeys(text for text in ended if text)) or "no reason given"
    stream = container.get("logStreamName")
    result = None
    if about == "finished":
        result = f"s3://{settings.output_bucket}/{settings.output_prefix}{result_name(key)}"
    elif about == "failed" and look:
        name = failure_report_key(key, settings.failures_prefix)
        if report := read_failure_report(s3, settings.output_bucket, name, parameters.get("etag")):
            reason, result = str(report.get("reason", reason)), f"s3://{settings.output_bucket}/{name}"
    return Fact(
        uri=f"s3://{parameters.get('bucket', '')}/{key}",
        job_id=detail["jobId"],
        reason=reason,
        exit_codes=[each.get("container", {}).get("exitCode") for each in detail.get("attempts", [])],
        result=result,
        log=f"{settings.log_url}{stream}" if stream else None,
        job=f"{settings.job_url}{detail['jobId']}",
    )


def read_failure_report(s3: Any, bucket: str, key: str, etag: str | None) -> dict[str, Any] | None:
    """Return the failure report of a version of a recording, or None if there is none."""
    try:
        report = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise
        return None
    return report if isinstance(report, dict) and report.get("source_etag") == etag else None
