"""What recognition does when memory runs out."""

import io
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.transcriber.conftest import LoadModel
from tests.transcriber.media import write_audio
from transcriber import job
from transcriber.audio.reader import AudioReader, Block
from transcriber.command_line import parse
from transcriber.errors import FaultError
from transcriber.recognition.modes import DeviceMemoryError, SpeechModel
from transcriber.reporting import log


@dataclass
class SmallDevice:
    """The tiny model on a device that takes ``most_seconds`` of audio at once."""

    model: SpeechModel
    most_seconds: float
    tried: list[list[float]] = field(default_factory=list)
    """Seconds of the pieces of each batch that was too much."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def encode(self, samples: Block) -> Any:
        return self.encode_batch([samples])[0]

    def encode_batch(self, pieces: Sequence[Block]) -> list[Any]:
        seconds = [round(len(piece) / 16_000, 1) for piece in pieces]
        if max(seconds) * len(seconds) > self.most_seconds:
            self.tried.append(seconds)
            raise DeviceMemoryError("no more of it")
        return self.model.encode_batch(pieces)


@pytest.fixture(autouse=True)
def _tiny_model(monkeypatch: pytest.MonkeyPatch, prepared_model: Path) -> None:
    monkeypatch.setenv("TRANSCRIBER_MODEL", str(prepared_model))


@pytest.fixture
def recording(samples_folder: Path) -> Path:
    """10 seconds of speech."""
    return samples_folder / "reminder.mp3"


def transcribe(source: Path, folder: Path, load: LoadModel, *options: str) -> dict[str, Any]:
    job.run(parse([str(source), str(folder), "--formats", "json", *options]), load)
    transcript: dict[str, Any] = json.loads((folder / f"{source.name}.json").read_text())
    return transcript


STREAMING = ("--chunk-seconds", "4", "--left-context-seconds", "2", "--right-context-seconds", "1")


def test_a_mode_that_runs_out_of_memory_gives_way_to_the_next(
    model: SpeechModel, recording: Path, samples: dict[str, str], tmp_path: Path
) -> None:
    device = SmallDevice(model, 8)
    transcript = transcribe(recording, tmp_path, lambda _settings: device, *STREAMING)
    assert transcript["model"]["mode"] == "streaming"
    # Full attention, segments, and windows of 7 seconds, of which only one fits.
    assert [len(batch) for batch in device.tried][:3] == [1, 1, 3]
    heard, said = transcript["text"].split(), samples["reminder.mp3"].split()
    assert len(set(heard) & set(said)) > 0.7 * len(set(said))
    assert [segment["id"] for segment in transcript["segments"]] == list(range(len(transcript["segments"])))


def test_a_batch_that_is_too_much_is_done_in_parts(
    model: SpeechModel, recording: Path, tmp_path: Path
) -> None:
    options = ("--mode", "streaming", *STREAMING)
    small, large = SmallDevice(model, 8), SmallDevice(model, 60)
    found = transcribe(recording, tmp_path / "small", lambda _settings: small, *options)
    expected = transcribe(recording, tmp_path / "large", lambda _settings: large, *options)
    assert small.tried
    assert not large.tried
    assert found["model"]["mode"] == "streaming"
    assert found["text"] == expected["text"]


def test_a_mode_that_was_asked_for_gives_way_too(model: SpeechModel, recording: Path, tmp_path: Path) -> None:
    device = SmallDevice(model, 8)
    options = ("--mode", "local", *STREAMING)
    assert transcribe(recording, tmp_path, lambda _settings: device, *options)["model"]["mode"] == "streaming"


def test_a_device_too_small_for_any_mode_is_a_fault(
    model: SpeechModel, recording: Path, tmp_path: Path
) -> None:
    device = SmallDevice(model, 1)
    with pytest.raises(FaultError, match="too little memory even for 4 s of audio at a time"):
        transcribe(recording, tmp_path, lambda _settings: device, *STREAMING)


def test_duration_decides_and_the_log_says_why(model: SpeechModel, recording: Path, tmp_path: Path) -> None:
    lines = io.StringIO()
    log.configure(lines)
    transcript = transcribe(recording, tmp_path, lambda _settings: model)
    assert transcript["model"]["mode"] == "full"
    (event,) = (line for line in map(json.loads, lines.getvalue().splitlines()) if "reason" in line)
    assert (event["message"], event["mode"]) == ("recognising", "full")
    assert event["reason"] == "10.1 s are no more than 30"


MATROSKA_DURATION = b"\x44\x89\x88"
"""The element's number, and 8 bytes of content: milliseconds."""


def read(path: Path) -> Block:
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        return np.concatenate(list(audio.blocks()))


def test_a_file_longer_than_it_says_gets_a_mode_that_can_hold_it(
    model: SpeechModel, recording: Path, tmp_path: Path
) -> None:
    source = write_audio(tmp_path / "long.mkv", np.tile(read(recording), 7))
    content = source.read_bytes()
    position = content.index(MATROSKA_DURATION) + len(MATROSKA_DURATION)
    source.write_bytes(content[:position] + struct.pack(">d", 1000.0) + content[position + 8 :])
    lines = io.StringIO()
    log.configure(lines)
    transcript = transcribe(source, tmp_path, lambda _settings: model)
    assert transcript["source"]["duration_seconds"] > 60
    assert transcript["model"]["mode"] == "segmented"
    assert "full can't go on: the file is longer than it declares, over 60 s" in lines.getvalue()
