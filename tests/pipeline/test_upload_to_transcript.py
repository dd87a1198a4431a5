"""From an upload to what stands in the output bucket, through every part of the pipeline."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.recordings import Upload, list_jobs
from tests.emulator.waiting import wait_for
from tests.pipeline.service import SAMPLES, TEXTS, Service

SAMPLE = "reminder.mp3"
UGLY_KEYS = ("calls/two  words.mp3", 'it\'s "quoted" & a+b=c;%20.mp3', "-rf запись 日本 ü.MP3")
"""What shells, URLs, templates and option parsers trip over."""


def test_recordings_come_back_as_transcripts_whatever_their_keys(service: Service) -> None:
    transcriptions = service.wait(*(service.upload(SAMPLES / SAMPLE, key) for key in UGLY_KEYS))
    for transcription in transcriptions:
        result = service.result(transcription)
        assert result.transcript is not None, result.failure
        assert result.transcript["text"] == TEXTS[SAMPLE]
        assert result.transcript["source"]["etag"] == transcription.upload.etag
        assert result.transcript["processing"]["job_id"] == transcription.job["jobId"]
    expected = {f"transcripts/{key}.{name}" for key in UGLY_KEYS for name in ("json", "srt", "vtt", "txt")}
    assert expected <= service.objects("outputBucket")


def test_a_multipart_upload_is_transcribed_once_and_uploading_it_again_does_no_recognition(
    service: Service,
) -> None:
    first = put_in_parts(service, SAMPLES / SAMPLE, "parts.mp3")
    (done,) = service.wait(first)
    again = put_in_parts(service, SAMPLES / SAMPLE, "parts.mp3")
    assert again.etag == first.etag
    (repeated,) = service.wait(again)
    assert (done.status, repeated.status) == ("SUCCEEDED", "SUCCEEDED")
    assert repeated.job["jobId"] != done.job["jobId"]
    transcript = service.result(repeated).transcript
    assert transcript is not None
    # The first job's transcript still stands, and the second loaded no model.
    assert transcript["processing"]["job_id"] == done.job["jobId"]
    messages = {event["message"] for event in service.log(repeated.job)}
    assert "transcript exists" in messages
    assert not {"loading model", "recognising"} & messages


@pytest.mark.parametrize(
    ("name", "content"),
    [("text.mp3", b"This is not a recording.\n" * 50), ("empty.wav", b"")],
)
def test_a_file_that_is_no_recording_fails_at_once_and_says_why(
    service: Service, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    (transcription,) = service.wait(service.upload(tmp_path / name, f"broken/{name}"))
    assert transcription.status == "FAILED"
    assert [attempt["container"]["exitCode"] for attempt in transcription.job["attempts"]] == [65]
    result = service.result(transcription)
    assert result.transcript is None
    assert result.failure
    assert f"failures/broken/{name}.json" in service.objects("outputBucket")
    assert not any(key.startswith(f"transcripts/broken/{name}") for key in service.objects("outputBucket"))


def kill(service: Service, job: dict[str, Any]) -> None:
    process = service.process_of(job)
    assert process is not None
    os.kill(process, signal.SIGKILL)


def reclaim(service: Service, _job: dict[str, Any]) -> None:
    service.pipeline.batch.interrupt_host()


@pytest.mark.parametrize(("end", "exit_code"), [(kill, 137), (reclaim, 143)], ids=["killed", "spot-reclaim"])
def test_a_job_that_is_ended_half_way_is_tried_again_and_delivers(
    service: Service, end: Callable[[Service, dict[str, Any]], None], exit_code: int
) -> None:
    upload = service.upload(SAMPLES / SAMPLE, f"interrupted/{exit_code}.mp3")
    end(service, wait_for(lambda: running_job(service, upload)))
    (transcription,) = service.wait(upload)
    codes = [attempt["container"]["exitCode"] for attempt in transcription.job["attempts"]]
    assert (transcription.status, codes) == ("SUCCEEDED", [exit_code, 0])
    transcript = service.result(transcription).transcript
    assert transcript is not None
    assert transcript["text"] == TEXTS[SAMPLE]
    assert transcript["processing"]["attempt"] == 2


def test_other_files_start_no_job(service: Service, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not for us")
    before = len(list_jobs(service.pipeline.cloud, service.pipeline.outputs["jobQueue"]))
    service.upload(tmp_path / "notes.txt", "notes.txt")
    # Events are delivered in order: when this later one has its job, the earlier one had its chance.
    (tmp_path / "after.mp3").write_bytes(b"not audio")
    service.wait(service.upload(tmp_path / "after.mp3", "after.mp3"))
    jobs = list_jobs(service.pipeline.cloud, service.pipeline.outputs["jobQueue"])
    assert [job["parameters"]["key"] for job in jobs[before:]] == ["after.mp3"]


def put_in_parts(service: Service, path: Path, key: str) -> Upload:
    """Upload as the AWS tools do with large files."""
    s3, bucket = service.pipeline.cloud.client("s3"), service.pipeline.outputs["inputBucket"]
    known = {job["jobId"] for job in list_jobs(service.pipeline.cloud, service.pipeline.outputs["jobQueue"])}
    started = s3.create_multipart_upload(Bucket=bucket, Key=key)
    place = {"Bucket": bucket, "Key": key, "UploadId": started["UploadId"]}
    part = s3.upload_part(**place, PartNumber=1, Body=path.read_bytes())
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    etag = s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})["ETag"].strip('"')
    return Upload(path, bucket, key, etag, newest(service, known))


def newest(service: Service, known: set[str]) -> int:
    """The time, in milliseconds, that the job after those ``known`` was made."""

    def created() -> int:
        jobs = list_jobs(service.pipeline.cloud, service.pipeline.outputs["jobQueue"])
        return max((job["createdAt"] for job in jobs if job["jobId"] not in known), default=0)

    return wait_for(created)


def running_job(service: Service, upload: Upload) -> dict[str, Any] | None:
    """The job of ``upload`` once its process runs."""
    for job in list_jobs(service.pipeline.cloud, service.pipeline.outputs["jobQueue"]):
        if (
            job["parameters"].get("key") == upload.key
            and job["status"] == "RUNNING"
            and service.process_of(job)
        ):
            return job
    return None
