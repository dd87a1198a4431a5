"""The job definition and the worker know nothing of each other; what one writes the other must read."""

import json
from typing import get_args

import pulumi
import pytest

from components.transcription_job import SCRATCH_MEBIBYTES
from tests.components.graph import run_program
from tests.transcriber.transcripts import said, transcript_of
from transcriber import command_line
from transcriber.audio.reader import MOST_AUDIO_SECONDS
from transcriber.options import AUTO, DEFAULT_MODEL, DEFAULT_REVISION, Mode
from transcriber.outcomes import ResultFormat, result_name
from transcriber.recognition.modes import MODES
from transcriber.results.formats import FORMATS

CONFIG = {
    "enableStreaming": "true",
    "chunkSeconds": "10.4",
    "leftContextSeconds": "4",
    "rightContextSeconds": "2.5",
    "outputFormats": "vtt",
    "csvForExcel": "true",
    "minConfidence": "0.35",
    "channels": "split",
    "channelNames": "agent, customer",
}


def test_the_worker_understands_the_job_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    container = json.loads(run_program(CONFIG).one("JobDefinition")["containerProperties"])
    for entry in container["environment"]:
        monkeypatch.setenv(entry["name"], entry["value"])
    assert container["command"][:3] == ["python", "-m", "transcriber"]
    parameters = {"Ref::bucket": "recordings", "Ref::key": "-calls/a b.mp3"}
    command = command_line.parse([parameters.get(each, each) for each in container["command"][3:]])
    assert command.sources == ("s3://recordings/-calls/a b.mp3",)
    assert command.destination == "s3://audio-output-1234567/transcripts/"
    settings = command.settings
    assert (settings.mode, settings.chunk_seconds) == ("streaming", 10.4)
    assert (settings.left_context_seconds, settings.right_context_seconds) == (4, 2.5)
    assert set(settings.formats) == {"json", "vtt"}
    assert (settings.csv_for_excel, settings.min_confidence) == (True, 0.35)
    assert (settings.channels, settings.channel_names) == ("split", ("agent", "customer"))
    assert settings.failures == "s3://audio-output-1234567/failures/"
    assert settings.stack == f"{pulumi.get_project()}-{pulumi.get_stack()}"


def test_no_variable_of_the_job_definition_is_lost_on_the_worker() -> None:
    container = json.loads(run_program(CONFIG).one("JobDefinition")["containerProperties"])
    names = {entry["name"].removeprefix("TRANSCRIBER_").lower() for entry in container["environment"]}
    assert names - {"aws_default_region"} <= command_line.Settings.model_fields.keys()


def test_every_format_that_can_be_asked_for_is_written_under_the_name_that_others_look_for() -> None:
    written = {name: f"a{each.suffix}" for name, each in FORMATS.items()}
    assert written == {name: result_name("a", name) for name in ResultFormat}


def test_every_mode_that_can_be_asked_for_exists() -> None:
    assert set(get_args(Mode)) == {AUTO, *MODES}


def test_the_image_is_built_with_the_model_that_the_worker_takes_by_default() -> None:
    arguments = run_program().one("Image")["build"]["args"]
    assert arguments == {"MODEL_NAME": DEFAULT_MODEL, "MODEL_REVISION": DEFAULT_REVISION}


def test_the_longest_recording_fills_less_than_a_quarter_of_the_scratch_folder() -> None:
    read_without_a_pause = "It was all read out by someone who took no breath. " * 200
    given = transcript_of(*said(read_without_a_pause))
    spooled = sum(len(segment.model_dump_json()) + 1 for segment in given.segments)
    largest = max(len(given.render(name).encode()) for name in FORMATS)
    bytes_per_second = (spooled + largest) / given.segments[-1].end
    assert 4 * bytes_per_second * MOST_AUDIO_SECONDS < SCRATCH_MEBIBYTES * 1024 * 1024
