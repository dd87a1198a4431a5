"""The tiny model understands the samples but for a word now and then: hence the bounds on its errors."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest

from tests.transcriber.media import silence
from transcriber.audio.reader import SAMPLE_RATE, AudioReader, Block
from transcriber.recognition.modes import MODES, Geometry, SpeechModel
from transcriber.transcript.words import Word

SHORT_WINDOW = Geometry(8, 4, 3)

MAX_ERROR_RATE = 0.05
MAX_SAMPLE_ERROR_RATE = 0.2


def read(path: Path) -> Block:
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        return np.concatenate(list(audio.blocks()))


def one_second_blocks(samples: Block) -> Iterator[Block]:
    for start in range(0, len(samples), SAMPLE_RATE):
        yield samples[start : start + SAMPLE_RATE]


def recognise(samples: Block, mode: str, model: SpeechModel, window: Geometry) -> list[Word]:
    return list(MODES[mode].recognise(one_second_blocks(samples), model, window))


def text_of(words: list[Word]) -> str:
    return " ".join(word.text for word in words)


def error_rate(found: str, expected: str) -> float:
    """Word errors per word of ``expected``."""
    from nemo.collections.asr.metrics.wer import word_error_rate

    rate: float = word_error_rate([found], [expected])
    return rate


@pytest.fixture(scope="module")
def long_recording(samples: dict[str, str], samples_folder: Path) -> Block:
    """All samples after one another: several windows of streaming."""
    return np.concatenate([read(samples_folder / name) for name in samples])


@pytest.fixture(scope="module")
def long_words(long_recording: Block, model: SpeechModel) -> dict[str, list[Word]]:
    """What each mode makes of the long recording."""
    return {mode: recognise(long_recording, mode, model, SHORT_WINDOW) for mode in MODES}


@pytest.mark.parametrize("mode", MODES)
def test_the_samples_are_understood(
    mode: str, samples: dict[str, str], samples_folder: Path, model: SpeechModel
) -> None:
    found = {
        name: text_of(recognise(read(samples_folder / name), mode, model, Geometry())) for name in samples
    }
    assert all(error_rate(found[name], samples[name]) <= MAX_SAMPLE_ERROR_RATE for name in samples), found
    assert error_rate(" ".join(found.values()), " ".join(samples.values())) <= MAX_ERROR_RATE


@pytest.mark.parametrize("mode", MODES)
def test_words_are_in_order_and_inside_the_recording(
    mode: str, long_recording: Block, long_words: dict[str, list[Word]], model: SpeechModel
) -> None:
    words = long_words[mode]
    starts = [word.start for word in words]
    assert starts == sorted(starts)
    assert all(word.start <= word.end for word in words)
    assert words[0].start >= 0
    assert words[-1].end <= len(long_recording) / SAMPLE_RATE + model.frame_seconds
    assert all(0 < word.confidence <= 1 for word in words)


def test_streaming_over_many_windows_says_what_the_whole_says(
    long_words: dict[str, list[Word]], samples: dict[str, str]
) -> None:
    whole, streamed = long_words["full"], long_words["streaming"]
    assert error_rate(text_of(streamed), " ".join(samples.values())) <= MAX_ERROR_RATE
    same = SequenceMatcher(
        a=[word.text for word in whole], b=[word.text for word in streamed], autojunk=False
    )
    for start, streamed_start, length in same.get_matching_blocks():
        for offset in range(length):
            expected = whole[start + offset].start
            assert streamed[streamed_start + offset].start == pytest.approx(expected, abs=0.17)


@pytest.mark.parametrize("mode", ["streaming", "segmented"])
def test_words_come_before_the_recording_has_ended(
    mode: str, long_recording: Block, model: SpeechModel
) -> None:
    blocks = one_second_blocks(np.tile(long_recording, 8))
    next(MODES[mode].recognise(blocks, model, SHORT_WINDOW))
    assert list(blocks)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seconds", [0.01, 1, 12])
def test_silence_has_no_words(mode: str, seconds: float, model: SpeechModel) -> None:
    assert recognise(silence(seconds), mode, model, SHORT_WINDOW) == []


def test_words_and_times_are_those_that_nemo_gives(
    samples_folder: Path, tiny_model: Path, model: SpeechModel
) -> None:
    import torch
    from nemo.collections.asr.models import ASRModel

    audio = read(samples_folder / "reminder.mp3")
    nemo = ASRModel.restore_from(str(tiny_model), map_location="cpu")
    (expected,) = nemo.transcribe(torch.from_numpy(audio), timestamps=True, verbose=False)
    found = recognise(audio, "full", model, Geometry())
    assert text_of(found) == expected.text
    assert [word.start for word in found] == pytest.approx(
        [each["start"] for each in expected.timestamp["word"]]
    )
    assert [word.end for word in found] == pytest.approx([each["end"] for each in expected.timestamp["word"]])
