"""Each channel by itself: in one pass, interleaved by time, named in every format."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from tests.transcriber.conftest import LoadModel
from tests.transcriber.media import Samples, wave
from transcriber import job
from transcriber.audio.channel_outputs import Sound
from transcriber.audio.duplicate_channels import CopyFilter
from transcriber.audio.reader import SAMPLE_RATE, AudioReader
from transcriber.command_line import parse
from transcriber.errors import UsageError
from transcriber.recognition.modes import MODES, Geometry, SpeechModel
from transcriber.recognition.pauses import Cutting
from transcriber.recognition.speech_detection import cut_speech
from transcriber.recognition.split_channels import recognise_channels
from transcriber.transcript.document import SCHEMA_FILE

FORMATS = "json,srt,vtt,txt,csv,transcribe-json"


@pytest.fixture(autouse=True)
def _tiny_model(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    monkeypatch.setenv("TRANSCRIBER_MODEL", str(tiny_model))


@pytest.fixture(scope="module")
def voices(samples: dict[str, str], samples_folder: Path) -> dict[str, Samples]:
    """What is said in some samples, with the sound."""
    found = {}
    for name in sorted(samples)[:3]:
        with (samples_folder / name).open("rb") as file, AudioReader(file, name) as audio:
            found[samples[name]] = np.concatenate(list(audio.blocks()))
    return found


def in_turns(voices: list[Samples], channels: int, pause_seconds: float = 0.5) -> Samples:
    """Voices one after the other, each on the next channel, shape [channels, samples]."""
    pause = round(pause_seconds * SAMPLE_RATE)
    total = sum(len(voice) + pause for voice in voices)
    sound = np.random.default_rng(0).normal(0, 2e-5, (channels, total)).astype(np.float32)
    start = 0
    for number, voice in enumerate(voices):
        sound[number % channels, start : start + len(voice)] += voice
        start += len(voice) + pause
    return sound


@pytest.fixture(scope="module")
def call(voices: dict[str, Samples], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A call: an agent on the left channel and a customer on the right one."""
    path = tmp_path_factory.mktemp("calls") / "call.wav"
    path.write_bytes(wave(in_turns(list(voices.values()), 2)))
    return path


@pytest.fixture(scope="module")
def results(
    call: Path, model: SpeechModel, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The transcript of the call in every format, by suffix."""
    folder = tmp_path_factory.mktemp("results")
    options = ["--channels", "split", "--channel-names", "agent,customer", "--formats", FORMATS]
    command = parse([str(call), str(folder), *options, "--model", str(tiny_model)])
    job.run(command, lambda _settings: model)
    return {path.name.removeprefix("call.wav."): path.read_text() for path in folder.iterdir()}


def test_segments_and_words_carry_their_channel_and_interleave(
    results: dict[str, str], voices: dict[str, Samples]
) -> None:
    transcript = json.loads(results["json"])
    jsonschema.validate(transcript, json.loads(SCHEMA_FILE.read_text()))
    segments = transcript["segments"]
    starts = [segment["start"] for segment in segments]
    assert starts == sorted(starts)
    for channel in (0, 1):
        said = " ".join(segment["text"] for segment in segments if segment["channel"] == channel)
        assert said == " ".join(list(voices)[channel::2])
    assert all(word["channel"] == segment["channel"] for segment in segments for word in segment["words"])
    assert [segment["id"] for segment in segments] == list(range(len(segments)))
    assert transcript["source"]["split_channels"] == [
        {"index": 0, "name": "agent", "copied_seconds": 0},
        {"index": 1, "name": "customer", "copied_seconds": 0},
    ]


def test_times_are_those_of_the_recording(
    results: dict[str, str], voices: dict[str, Samples], model: SpeechModel
) -> None:
    first = next(iter(voices.values()))
    alone = list(MODES["full"].recognise(iter([first]), model, Geometry()))
    words = [
        word
        for segment in json.loads(results["json"])["segments"]
        for word in segment["words"]
        if segment["channel"] == 0
    ]
    for found, expected in zip(words, alone, strict=False):
        assert found["start"] == pytest.approx(expected.start, abs=0.15)


def test_subtitles_name_the_channel(results: dict[str, str]) -> None:
    assert "\nagent: " in results["srt"]
    assert "\ncustomer: " in results["srt"]
    assert "\n<v agent>" in results["vtt"]
    assert "</v>\n" in results["vtt"]


def test_plain_text_is_a_dialogue(results: dict[str, str], voices: dict[str, Samples]) -> None:
    turns = results["txt"].strip().split("\n\n")
    texts = list(voices)
    assert " ".join(turns).count("customer: ") == 1
    assert turns[0].startswith("agent: " + texts[0][:20])
    assert all(turn.startswith(("agent: ", "customer: ")) for turn in turns)


def test_csv_has_a_column_for_the_channel(results: dict[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(results["csv"])))
    assert {row["channel"] for row in rows} == {"agent", "customer"}


def test_transcribe_json_has_channel_labels(results: dict[str, str]) -> None:
    found = json.loads(results["transcribe.json"])["results"]
    labels = found["channel_labels"]
    assert labels["number_of_channels"] == 2
    assert [channel["channel_label"] for channel in labels["channels"]] == ["ch_0", "ch_1"]
    assert all(
        item["channel_label"] == channel["channel_label"]
        for channel in labels["channels"]
        for item in channel["items"]
    )
    everything = sorted(
        (item for channel in labels["channels"] for item in channel["items"]), key=lambda item: item["id"]
    )
    assert everything == found["items"]
    assert {segment["channel_label"] for segment in found["audio_segments"]} == {"ch_0", "ch_1"}


def test_a_mix_says_nothing_of_channels(call: Path, load_model: LoadModel, tmp_path: Path) -> None:
    job.run(parse([str(call), str(tmp_path), "--formats", FORMATS]), load_model)
    transcript = json.loads((tmp_path / "call.wav.json").read_text())
    assert transcript["source"]["split_channels"] == []
    assert all("channel" not in segment for segment in transcript["segments"])
    assert "channel_label" not in (tmp_path / "call.wav.transcribe.json").read_text()
    assert (tmp_path / "call.wav.csv").read_text().startswith("segment,start,end,word,confidence,language\n")


@pytest.mark.parametrize("mode", ["full", "streaming"])
def test_other_modes_recognise_channels_too(
    mode: str, call: Path, voices: dict[str, Samples], load_model: LoadModel, tmp_path: Path
) -> None:
    job.run(parse([str(call), str(tmp_path), "--channels", "split", "--mode", mode]), load_model)
    segments = json.loads((tmp_path / "call.wav.json").read_text())["segments"]
    said = " ".join(segment["text"] for segment in segments if segment["channel"] == 1)
    assert list(voices)[1].split()[0] in said


def test_a_voice_on_both_channels_is_transcribed_once_and_told(
    voices: dict[str, Samples], load_model: LoadModel, tmp_path: Path
) -> None:
    text, voice = next(iter(voices.items()))
    late = np.concatenate([np.zeros(800, dtype=np.float32), 0.3 * voice])[: len(voice)]
    (tmp_path / "a.wav").write_bytes(wave(np.stack([voice, late])))
    job.run(parse([str(tmp_path / "a.wav"), str(tmp_path), "--channels", "split"]), load_model)
    transcript = json.loads((tmp_path / "a.wav.json").read_text())
    assert transcript["text"] == text
    copied = [channel["copied_seconds"] for channel in transcript["source"]["split_channels"]]
    assert copied[0] == 0
    assert copied[1] == pytest.approx(len(voice) / SAMPLE_RATE, abs=2.5)


def test_what_a_copy_leaves_when_it_falls_silent_is_left_out_too(voices: dict[str, Samples]) -> None:
    voice = next(iter(voices.values()))[: 2 * SAMPLE_RATE]
    murmur = np.random.default_rng(0).normal(0, 1e-5, SAMPLE_RATE * 8 // 10).astype(np.float32)
    sound = np.stack([np.concatenate([voice, murmur])] * 2, axis=1)
    copies = CopyFilter(2)
    blocks = (sound[start : start + SAMPLE_RATE] for start in range(0, len(sound), SAMPLE_RATE))
    filtered = np.concatenate(list(copies.filtered(blocks)))
    assert np.array_equal(filtered[:, 0], sound[:, 0])
    assert not filtered[:, 1].any()


def test_voices_at_once_are_no_copies(voices: dict[str, Samples]) -> None:
    first, second = list(voices.values())[:2]
    length = min(len(first), len(second))
    copies = CopyFilter(2)
    sound = np.stack([first[:length], second[:length]], axis=1)
    blocks = (sound[start : start + SAMPLE_RATE] for start in range(0, length, SAMPLE_RATE))
    assert np.array_equal(np.concatenate(list(copies.filtered(blocks))), sound)
    assert copies.copied_seconds == [0, 0]


class Counting:
    """A model that counts the audio which it encodes."""

    def __init__(self, model: SpeechModel) -> None:
        self._model = model
        self.samples = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def encode_batch(self, pieces: list[Samples]) -> Any:
        self.samples += sum(map(len, pieces))
        return self._model.encode_batch(pieces)


def blocks_of(sound: Sound) -> Iterator[Sound]:
    for start in range(0, len(sound), SAMPLE_RATE):
        yield sound[start : start + SAMPLE_RATE]


def test_silence_of_channels_costs_nothing(voices: dict[str, Samples], model: SpeechModel) -> None:
    said = list(voices.values()) * 2
    for channels in (2, 5):
        counting = Counting(model)
        sound = in_turns(said, channels)
        words = list(recognise_channels(blocks_of(sound.T), channels, counting, Geometry()))  # type: ignore[arg-type]
        assert {channel for channel, _word in words} == set(range(channels))
        assert counting.samples <= 1.25 * sound.shape[1]


def test_a_silent_channel_is_not_read_to_its_end_before_others_are_recognised(
    voices: dict[str, Samples], model: SpeechModel
) -> None:
    voice = next(iter(voices.values()))
    read_seconds = 0

    def hours() -> Iterator[Sound]:
        nonlocal read_seconds
        for second in range(1200):
            read_seconds += 1
            start = second * SAMPLE_RATE % (len(voice) - SAMPLE_RATE)
            part = voice[start : start + SAMPLE_RATE]
            yield np.stack([part, np.zeros_like(part)], axis=1)

    channel, _word = next(recognise_channels(hours(), 2, model, Geometry()))
    assert channel == 0
    assert read_seconds <= 400


def test_steady_noise_is_no_speech_and_quiet_speech_is() -> None:
    noise = np.random.default_rng(0).normal(0, 1e-4, 60 * SAMPLE_RATE).astype(np.float32)
    cuts = list(cut_speech(iter([noise]), Cutting(30.0)))
    assert sum(len(cut.samples) for cut in cuts) == 0
    noise[10 * SAMPLE_RATE : 12 * SAMPLE_RATE] *= 20
    kept = [cut for cut in cut_speech(iter([noise]), Cutting(30.0)) if len(cut.samples)]
    assert [cut.start / SAMPLE_RATE for cut in kept] == pytest.approx([9.7], abs=0.05)
    assert sum(len(cut.samples) for cut in kept) / SAMPLE_RATE == pytest.approx(2.6, abs=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--channels", "both"], "--channels is 'both'; allowed: mix and split"),
        (["--channel-names", "x" * 33], "--channel-names is .*; allowed: names of at most 32 letters"),
    ],
)
def test_a_wrong_option_is_refused_with_what_is_allowed(options: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(["a.wav", "out", *options])
