"""What the runbook reports of a job, and what it leaves alone."""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from emulator.cloud import LocalCloud
from runbooks.report_failure import Locations, Upload, upload_of, write_report

LOCATIONS = Locations("results", "transcripts/", "failures/", "jobs")
LONG_KEY = "k" * 1010 + ".mp3"


@dataclass
class World:
    """Two buckets, in which one recording lies, and its job, which has failed."""

    s3: Any
    others_s3: Any
    """The client of everybody but the runbook."""
    logs: Any
    upload: Upload

    def job(self, **changes: Any) -> dict[str, Any]:
        """The job, as DescribeJobs shows it."""
        job = {
            "jobId": "4c2e9a3e-0000-4000-8000-000000000000",
            "statusReason": "Essential container in task exited",
            "container": {
                "exitCode": 137,
                "reason": "OutOfMemoryError: Container killed",
            },
            "attempts": [{}, {}],
            "parameters": self.upload._asdict(),
        }
        return job | changes

    def report(self, **changes: Any) -> str:
        """Have the runbook look at the job."""
        return write_report(self.job(**changes), self.upload, LOCATIONS, self.s3, self.logs)

    def put(self, key: str, etag: str | None = None) -> None:
        """Put a result in place, of the recording's version or another."""
        metadata = {"source-etag": etag or self.upload.etag}
        self.others_s3.put_object(Bucket="results", Key=key, Body=b"theirs", Metadata=metadata)

    def results(self) -> dict[str, bytes]:
        """All results."""
        keys = [each["Key"] for each in self.s3.list_objects_v2(Bucket="results").get("Contents", [])]
        return {key: self.s3.get_object(Bucket="results", Key=key)["Body"].read() for key in keys}

    def logged(self, stream: str, exit_code: int, lines: list[str]) -> dict[str, Any]:
        """Write what a job says, and return its container as DescribeJobs shows it."""
        with suppress(self.logs.exceptions.ResourceAlreadyExistsException):
            self.logs.create_log_group(logGroupName="jobs")
        self.logs.create_log_stream(logGroupName="jobs", logStreamName=stream)
        self.logs.put_log_events(
            logGroupName="jobs",
            logStreamName=stream,
            logEvents=[{"timestamp": 1_700_000_000_000 + n, "message": text} for n, text in enumerate(lines)],
        )
        return {"exitCode": exit_code, "logStreamName": stream}

    def before(self, operation: str, act: Any) -> None:
        """Do something right before the first request of an operation."""
        todo = [act]

        def do(**_rest: Any) -> None:
            if todo:
                todo.pop()()

        self.s3.meta.events.register_first(f"before-call.s3.{operation}", do)

    def after_put(self, act: Any) -> None:
        """Do something right after the first answer to a PutObject."""
        todo = [act]

        def do(**_rest: Any) -> None:
            if todo:
                todo.pop()()

        self.s3.meta.events.register_first("after-call.s3.PutObject", do)


@pytest.fixture
def world(cloud: LocalCloud) -> World:
    s3 = cloud.client("s3")
    for bucket in ("recordings", "results"):
        s3.create_bucket(Bucket=bucket)
        for each in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=each["Key"])
    etag = s3.put_object(Bucket="recordings", Key="calls/a b.mp3", Body=b"audio")["ETag"].strip('"')
    return World(s3, cloud.client("s3"), cloud.client("logs"), Upload("recordings", "calls/a b.mp3", etag))


REPORT = "failures/calls/a b.mp3.json"
TRANSCRIPT = "transcripts/calls/a b.mp3.json"


def test_a_job_without_a_word_is_written_down_with_the_reason_that_batch_gives(world: World) -> None:
    assert world.report() == "written"
    ((key, body),) = world.results().items()
    report = json.loads(body)
    assert report.pop("time")
    assert key == REPORT
    assert report == {
        "schema_version": 1,
        "source_uri": "s3://recordings/calls/a b.mp3",
        "source_etag": world.upload.etag,
        "reason": "The job ended without a word: Essential container in task exited;"
        " OutOfMemoryError: Container killed",
        "exit_code": 137,
        "job_id": "4c2e9a3e-0000-4000-8000-000000000000",
        "attempt": 2,
    }


def test_a_job_that_ran_out_of_time_is_told_from_one_that_is_tried_again(world: World) -> None:
    container = world.logged("out-of-time", 143, ['{"level": "error", "message": "told to stop"}'])
    reason = "Job attempt duration exceeded timeout"
    world.report(statusReason=reason, container=container, timeout={"attemptDurationSeconds": 5400})
    (body,) = world.results().values()
    assert json.loads(body)["reason"] == (
        f"told to stop ({reason}: 90 minutes, as jobTimeoutMinutes says, and Batch does not try again)"
    )


def test_a_job_that_never_ran_has_no_exit_code(world: World) -> None:
    assert world.report(container={}, attempts=[], statusReason="Not needed") == "written"
    report = json.loads(world.results()[REPORT])
    assert (report["exit_code"], report["attempt"]) == (None, None)
    assert report["reason"] == "The job ended without a word: Not needed"


def test_what_the_worker_said_last_is_the_reason(world: World) -> None:
    lines = [
        {"level": "info", "message": "started"},
        {"level": "error", "message": "s3://results/: S3 does not answer."},
        {"level": "info", "message": "failure counted"},
    ]
    container = world.logged("said", 75, [json.dumps(line) for line in lines] + ["Killed", "[1, 2]"])
    assert world.report(container=container) == "written"
    reason = json.loads(world.results()[REPORT])["reason"]
    assert reason == "s3://results/: S3 does not answer. (Essential container in task exited)"


def test_a_crash_in_a_library_is_the_reason_however_long_its_trace(world: World) -> None:
    code = "import faulthandler\ndef crash(n): crash(n - 1) if n else faulthandler._sigsegv()\ncrash(90)"
    crash = subprocess.run([sys.executable, "-X", "faulthandler", "-c", code], capture_output=True, text=True)
    error = json.dumps({"level": "error", "message": "an earlier error"})
    container = world.logged("crash", 139, [error, *filter(None, crash.stderr.splitlines())])
    assert world.report(container=container) == "written"
    reason = json.loads(world.results()[REPORT])["reason"]
    assert reason == "Fatal Python error: Segmentation fault (Essential container in task exited)"


@pytest.mark.parametrize("key", [REPORT, TRANSCRIPT])
def test_an_outcome_of_this_version_is_left_alone(world: World, key: str) -> None:
    world.put(key)
    assert world.report() in ("the job's own failure report is there", "the transcript is there")
    assert world.results() == {key: b"theirs"}


def test_a_report_of_an_older_version_is_replaced_and_its_transcript_kept(world: World) -> None:
    world.put(REPORT, "older")
    world.put(TRANSCRIPT, "older")
    assert world.report() == "written"
    results = world.results()
    assert results[TRANSCRIPT] == b"theirs"
    assert json.loads(results[REPORT])["source_etag"] == world.upload.etag


def test_nothing_is_written_of_what_was_replaced(world: World) -> None:
    world.s3.put_object(Bucket="recordings", Key=world.upload.key, Body=b"newer")
    assert world.report().startswith("superseded")
    assert world.results() == {}


def test_what_was_deleted_meanwhile_has_its_report_all_the_same(world: World) -> None:
    world.s3.delete_object(Bucket="recordings", Key=world.upload.key)
    assert world.report() == "written"


def test_what_nobody_can_read_has_its_report_and_its_successors_too(world: World) -> None:
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    etag = world.s3.put_object(Bucket="recordings", Key=world.upload.key, Body=b"sealed", **key)["ETag"]
    sealed = Upload("recordings", world.upload.key, etag.strip('"'))
    assert write_report(world.job(), sealed, LOCATIONS, world.s3, world.logs) == "written"
    assert json.loads(world.results()[REPORT])["source_etag"] == sealed.etag
    assert world.report().startswith("superseded")


def test_a_recording_is_not_taken_for_one_whose_name_goes_on(world: World) -> None:
    world.s3.delete_object(Bucket="recordings", Key=world.upload.key)
    world.s3.put_object(Bucket="recordings", Key=f"{world.upload.key}.mp3", Body=b"another one")
    assert world.report() == "written"


def test_whoever_writes_between_look_and_write_is_seen(world: World) -> None:
    world.before("PutObject", lambda: world.put(REPORT))
    assert world.report() == "the job's own failure report is there"
    assert world.results() == {REPORT: b"theirs"}


def test_a_transcript_that_comes_between_look_and_write_takes_the_report_away(world: World) -> None:
    world.after_put(lambda: world.put(TRANSCRIPT))
    assert world.report() == "the transcript is there"
    assert world.results() == {TRANSCRIPT: b"theirs"}


def test_an_upload_that_comes_between_look_and_write_takes_the_report_away(world: World) -> None:
    put = world.others_s3.put_object
    world.before("PutObject", lambda: put(Bucket="recordings", Key=world.upload.key, Body=b"newer"))
    assert world.report().startswith("superseded")
    assert world.results() == {}


def test_a_report_that_its_worker_could_not_take_back_is_taken_away(world: World) -> None:
    world.put(REPORT)
    world.s3.put_object(Bucket="recordings", Key=world.upload.key, Body=b"newer")
    assert world.report().startswith("superseded")
    assert world.results() == {}


def test_an_older_version_s_report_beside_the_transcript_is_taken_away(world: World) -> None:
    world.put(REPORT, "older")
    world.put(TRANSCRIPT)
    assert world.report() == "the transcript is there"
    assert world.results() == {TRANSCRIPT: b"theirs"}


def test_a_newer_version_s_report_is_left_alone(world: World) -> None:
    world.put(TRANSCRIPT)
    world.s3.put_object(Bucket="recordings", Key=world.upload.key, Body=b"newer")
    world.put(REPORT, "newer")
    assert world.report() == "the transcript is there"
    assert world.results() == {TRANSCRIPT: b"theirs", REPORT: b"theirs"}


def test_a_removal_that_meets_another_write_is_tried_again(world: World) -> None:
    world.put(REPORT)
    world.put(TRANSCRIPT)
    conflicts = [make_conflict]

    def meet(**_rest: Any) -> Any:
        return conflicts.pop()() if conflicts else None

    world.s3.meta.events.register_first("before-call.s3.DeleteObject", meet)
    assert world.report() == "the transcript is there"
    assert world.results() == {TRANSCRIPT: b"theirs"}


def make_conflict() -> Any:
    """The answer of S3 to a conditional request beside another, and its meaning for botocore."""
    error = {"Code": "ConditionalRequestConflict", "Message": "Another conditional operation is in progress."}
    return AWSResponse("", 409, {}, None), {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 409}}


def test_a_name_too_long_for_a_report_is_shortened_as_the_worker_does(world: World) -> None:
    etag = world.s3.put_object(Bucket="recordings", Key=LONG_KEY, Body=b"audio")["ETag"].strip('"')
    upload = Upload("recordings", LONG_KEY, etag)
    assert write_report(world.job(), upload, LOCATIONS, world.s3, world.logs) == "written"
    ((key, body),) = world.results().items()
    assert len(key.encode()) <= 1024
    assert key.startswith("failures/kkk")
    assert json.loads(body)["source_uri"] == f"s3://recordings/{LONG_KEY}"


def test_a_report_shows_what_a_terminal_would_obey(world: World) -> None:
    key = "calls/\x9b2J\x7f\u202egnp.mp3"
    etag = world.s3.put_object(Bucket="recordings", Key=key, Body=b"audio")["ETag"].strip('"')
    assert (
        write_report(world.job(), Upload("recordings", key, etag), LOCATIONS, world.s3, world.logs)
        == "written"
    )
    ((_key, body),) = world.results().items()
    assert body.decode().replace("\n", "").isprintable()
    assert json.loads(body)["source_uri"] == f"s3://recordings/{key}"


@pytest.mark.parametrize("parameters", [{}, {"bucket": "recordings", "key": "a.mp3"}])
def test_a_job_that_was_not_submitted_for_an_upload_is_none_of_its_business(
    parameters: dict[str, str],
) -> None:
    assert upload_of({"jobId": "1", "parameters": parameters}) is None
