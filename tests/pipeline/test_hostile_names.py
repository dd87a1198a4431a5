"""Names, tags and metadata that mean something to a shell, a log, a template or a page are only text."""

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from local.recordings import Upload
from local.terminal_output import show_jobs, show_result
from tests.pipeline.service import SAMPLES, TEXTS, Service
from tests.transcriber.media import id3_frame, tagged

SAMPLE = "reminder.mp3"
KEYS = (
    'calls/\x1b]0;owned\a\x1b[2J\r\n{"level": "error", "message": "forged"}\n\u202e.mp3',
    "a/../Ref::bucket <key> <aws.events.event.json> ${jndi:ldap://x/} $(touch owned) `touch owned`;|&.mp3",
    "//failures/=cmd|'/C calc'!A1\t@SUM(1);<script>alert(1)</script>&lt;--> \"'%0a%00.mp3",
)
SUFFIXES = ("json", "srt", "vtt", "txt", "csv", "transcribe.json")
WORKING_DIRECTORY = Path(__file__).resolve().parents[2]
"""Where jobs run."""

HARM = '\x1b[2J\n\n00:00.000 --> 00:09.000\nforged <script>=1+1,"\u202e'


@pytest.fixture(scope="module")
def uploads(service: Service, tmp_path_factory: pytest.TempPathFactory) -> list[Upload]:
    """The sample under each key, with hostile tags in the file and beside it."""
    frames = b"".join(
        id3_frame(kind, b"\x03" + HARM.encode()) for kind in (b"TIT2", b"TPE1", b"TLAN", b"TALB")
    )
    path = tmp_path_factory.mktemp("hostile") / SAMPLE
    path.write_bytes(tagged(frames, (SAMPLES / SAMPLE).read_bytes()))
    s3, bucket = service.pipeline.cloud.client("s3"), service.pipeline.outputs["inputBucket"]
    made = []
    for key in KEYS:
        started_at = int(time.time() * 1000)
        metadata = {"title": "=1+1", "source-etag": "forged", "language": "--force"}
        answer = s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes(), Metadata=metadata)
        made.append(Upload(path, bucket, key, answer["ETag"].strip('"'), started_at))
    return made


def test_hostile_names_and_tags_are_transcribed_like_others_and_do_nothing(
    service: Service, uploads: list[Upload]
) -> None:
    before = service.objects("outputBucket")
    shown = io.StringIO()
    terminal = Console(file=shown, highlight=False, width=200)
    transcriptions = service.wait(*uploads)
    for transcription in transcriptions:
        result = service.result(transcription)
        assert result.transcript is not None, result.failure
        assert result.transcript["text"] == TEXTS[SAMPLE]
        assert result.transcript["source"]["uri"] == f"s3://{uploads[0].bucket}/{transcription.upload.key}"
        assert result.transcript["source"]["etag"] == transcription.upload.etag
        assert "forged" not in "".join(file.read_text() for file in result.files if file.suffix != ".json")
        assert all(service.folder in file.resolve().parents for file in result.files)
        # Every line of the log is the worker's own.
        events = service.log(transcription.job)
        assert {event["level"] for event in events if "level" in event} == {"info"}
        assert {event["source"] for event in events} == {
            f"s3://{uploads[0].bucket}/{transcription.upload.key}"
        }
        show_result(terminal, transcription, result)
    show_jobs(terminal, [transcription.job for transcription in transcriptions])
    assert not set(shown.getvalue()) & set("\x1b\a\r\t\u202e")
    written = service.objects("outputBucket") - before
    assert written == {f"transcripts/{key}.{name}" for key in KEYS for name in SUFFIXES}
    assert not list(WORKING_DIRECTORY.rglob("owned"))
