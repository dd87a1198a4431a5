"""How far long recordings are, and how much of their text is printed."""

import io
import json
from pathlib import Path
from typing import Any

from rich.console import Console

from emulator.cloud import LocalCloud
from local.job_progress import JobProgress
from local.recordings import Result, Transcription, Upload
from local.terminal_output import show_progress, show_result
from tests.emulator.batch_account import unique

UPLOAD = Upload(Path("hour.wav"), "bucket", "hour.wav", "etag", 0)


def lines(*transcriptions: Transcription) -> str:
    said = io.StringIO()
    show_progress(Console(file=said, width=200), ([each] for each in transcriptions))
    return said.getvalue()


def test_the_share_is_the_last_that_the_worker_logged(cloud: LocalCloud) -> None:
    logs, group = cloud.client("logs"), unique("/transcriber")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="stream")
    options = {"awslogs-group": group}
    container = {"logStreamName": "stream", "logConfiguration": {"options": options}}
    job: dict[str, Any] = {"status": "RUNNING", "container": container}
    assert JobProgress(cloud).percent(job) is None
    said = [
        {"message": "model loaded", "percent": 99.0},
        {"message": "progress", "percent": 10.0},
        {"message": "progress", "percent": 20.1},
        {"message": "progress", "audio_seconds": 1.0},
    ]
    events = [{"timestamp": 1_800_000_000_000, "message": json.dumps(each)} for each in said]
    events.append({"timestamp": 1_800_000_000_000, "message": "no JSON"})
    logs.put_log_events(logGroupName=group, logStreamName="stream", logEvents=events)
    assert JobProgress(cloud).percent(job) == 20.1
    assert JobProgress(cloud).percent(job | {"status": "SUCCEEDED"}) is None
    assert JobProgress(cloud).percent(job | {"container": container | {"logStreamName": "none"}}) is None
    assert JobProgress(cloud).percent({"status": "RUNNING"}) is None


def test_each_new_share_is_a_line() -> None:
    looks = [Transcription(UPLOAD, ["RUNNING"], percent=percent) for percent in (None, 10.0, 10.0, 20.1)]
    assert lines(*looks, Transcription(UPLOAD, ["RUNNING", "SUCCEEDED"])).splitlines() == [
        "  hour.wav: transcribing",
        "  hour.wav: transcribing, 10 %",
        "  hour.wav: transcribing, 20 %",
        "  hour.wav: transcribed",
    ]


def test_only_the_beginning_of_a_long_text_is_printed() -> None:
    word = {"start": 0.0, "end": 0.1, "word": "word", "confidence": 1.0}
    transcript = {
        "text": "word " * 9000,
        "segments": [{"words": [word] * 9000}],
        "source": {"duration_seconds": 3600.0},
        "processing": {"total_seconds": 60.0, "inference_seconds": 50.0},
    }
    said = io.StringIO()
    transcription = Transcription(UPLOAD, ["SUCCEEDED"], {"attempts": []})
    show_result(Console(file=said, width=200), transcription, Result(transcript, None, "s3://b/k.json", []))
    assert len(said.getvalue()) < 1000
    assert "word ... (9,000 words in all)" in said.getvalue()
