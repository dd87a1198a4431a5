"""What recognition does when memory runs out."""

import io
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.transcriber.conftest import LoadModel
from tests.transcriber.media import write_audio
from transcriber import job, log
from transcriber.audio import AudioReader, Block
from transcriber.command_line import parse
from transcriber.errors import FaultError
from transcriber.modes import DeviceMemoryError, SpeechModel


@dataclass
class SmallDevice:
    """The tiny model on a device that takes ``most_seconds`` of audio at once, fewer with full attention."""

    model: SpeechModel
    most_seconds: float
    most_full_seconds: float
    free_bytes: int = 80 * 10**9
    attention: str = "full"
    tried: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def free_memory_bytes(self) -> int:
        return self.free_bytes

    def attend_fully(self) -> None:
        self.attention = "full"
        self.model.attend_fully()

    def attend_locally(self, frames: int) -> None:
        self.attention = "local"
        self.model.attend_locally(frames)

    def encode(self, samples: Block) -> Any:
        most = self.most_full_seconds if self.attention == "full" else self.most_seconds
        if len(samples) / 16_000 > most:
            self.tried.append(self.attention)
            raise DeviceMemoryError("no more of it")
        return self.model.encode(samples)


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


@pytest.mark.parametrize(
    ("most_seconds", "most_full_seconds", "mode", "tried"),
    [
        (60, 60, "full", []),
        (60, 8, "local", ["full"]),
        (8, 8, "streaming", ["full", "local"]),
    ],
)
def test_a_mode_that_runs_out_of_memory_gives_way_to_the_next(
    most_seconds: float,
    most_full_seconds: float,
    mode: str,
    tried: list[str],
    model: SpeechModel,
    recording: Path,
    samples: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = SmallDevice(model, most_seconds, most_full_seconds)
    transcript = transcribe(recording, tmp_path, lambda _settings: device, *STREAMING)
    assert transcript["model"]["mode"] == mode
    assert device.tried == tried
    heard, said = transcript["text"].split(), samples["reminder.mp3"].split()
    assert len(set(heard) & set(said)) > 0.7 * len(set(said))
    assert [segment["id"] for segment in transcript["segments"]] == list(range(len(transcript["segments"])))


def test_a_mode_that_was_asked_for_gives_way_too(model: SpeechModel, recording: Path, tmp_path: Path) -> None:
    device = SmallDevice(model, 8, 8)
    options = ("--mode", "local", *STREAMING)
    assert transcribe(recording, tmp_path, lambda _settings: device, *options)["model"]["mode"] == "streaming"


def test_a_device_too_small_for_any_mode_is_a_fault(
    model: SpeechModel, recording: Path, tmp_path: Path
) -> None:
    device = SmallDevice(model, 1, 1)
    with pytest.raises(FaultError, match="too little memory even for 4 s of audio at a time"):
        transcribe(recording, tmp_path, lambda _settings: device, *STREAMING)


def test_duration_and_memory_decide_and_the_log_says_why(
    model: SpeechModel, recording: Path, tmp_path: Path
) -> None:
    lines = io.StringIO()
    log.configure(lines)
    device = SmallDevice(model, 60, 60, free_bytes=100_000)
    transcript = transcribe(recording, tmp_path, lambda _settings: device, *STREAMING)
    assert transcript["model"]["mode"] == "streaming"
    (event,) = (line for line in map(json.loads, lines.getvalue().splitlines()) if "reason" in line)
    assert (event["message"], event["mode"]) == ("recognising", "streaming")
    assert event["reason"] == "0.2 min are more than the 0.0 min of local for 0 GB of free memory"


MATROSKA_DURATION = b"\x44\x89\x88"
"""The element's number, and 8 bytes of content: milliseconds."""


def read(path: Path) -> Block:
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        return np.concatenate(list(audio.blocks()))


def test_a_file_longer_than_it_says_gets_a_mode_that_can_hold_it(
    model: SpeechModel, recording: Path, tmp_path: Path
) -> None:
    source = write_audio(tmp_path / "long.mkv", read(recording))
    content = source.read_bytes()
    position = content.index(MATROSKA_DURATION) + len(MATROSKA_DURATION)
    source.write_bytes(content[:position] + struct.pack(">d", 1000.0) + content[position + 8 :])
    # Full attention is good for 4 seconds here and local for less; the file's header says 1 and is wrong.
    device = SmallDevice(model, 60, 60, free_bytes=1_240_000)
    transcript = transcribe(source, tmp_path, lambda _settings: device, *STREAMING)
    assert transcript["source"]["duration_seconds"] > 10
    assert transcript["model"]["mode"] == "streaming"
