from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.transcriber.media import tone
from transcriber.audio.reader import AudioReader
from transcriber.errors import UsageError
from transcriber.recognition.modes import MODES, Geometry, SpeechModel


def test_a_frame_is_80_milliseconds(model: SpeechModel) -> None:
    assert model.frame_samples == 1280
    assert model.frame_seconds == 0.08


@pytest.mark.parametrize(("seconds", "frames"), [(0.001, 2), (0.1, 2), (0.5, 7), (2.0, 25), (2.01, 26)])
def test_audio_of_any_length_is_encoded_to_its_frames(
    seconds: float, frames: int, model: SpeechModel
) -> None:
    assert model.encode(tone(seconds)).shape[:2] == (1, frames)


def test_decoding_goes_on_from_its_state(model: SpeechModel) -> None:
    model.attend_fully()
    encoded = model.encode(np.random.default_rng(1).normal(0, 0.1, 16_000 * 8).astype(np.float32))
    whole, _ = model.decode([encoded])
    first, state = model.decode([encoded[:, :40]])
    rest, _ = model.decode([encoded[:, 40:]], state)
    assert whole
    assert [(token.piece, token.start_frame) for token in first + rest] == [
        (token.piece, token.start_frame) for token in whole
    ]


def test_no_frames_decode_to_no_tokens(model: SpeechModel) -> None:
    encoded = model.encode(tone(1))
    _, state = model.decode([encoded])
    assert model.decode([encoded[:, :0]], state) == ([], state)


def test_attention_can_be_changed_there_and_back(model: SpeechModel) -> None:
    audio = tone(1)
    model.attend_fully()
    before = model.encode(audio)
    model.attend_locally(128)
    model.encode(audio)
    model.attend_fully()
    assert model.encode(audio).equal(before)


def test_attention_to_surroundings_wider_than_the_audio_is_full_attention(tiny_model: Path) -> None:
    from transcriber.model.nemo_model import NemoModel

    audio = np.random.default_rng(1).normal(0, 0.1, 16_000 * 5).astype(np.float32)
    model = NemoModel.load(tiny_model, "cpu", "fp32")
    expected = model.encode(audio)
    model.attend_locally(128)
    assert model.encode(audio).allclose(expected, atol=1e-3)


def test_a_model_in_bf16_decodes_speech_in_either_attention(
    tiny_model: Path, samples_folder: Path, samples: dict[str, str]
) -> None:
    from transcriber.model.nemo_model import NemoModel

    model = NemoModel.load(tiny_model, "cpu", "bf16")
    path = samples_folder / "meeting.wav"
    for mode in ("full", "local"):
        with path.open("rb") as file, AudioReader(file, path.name) as audio:
            words = list(MODES[mode].recognise(audio.blocks(), model, Geometry()))
        assert len(words) == len(samples[path.name].split())


def test_a_device_that_is_not_there_is_refused(tiny_model: Path) -> None:
    import torch

    from transcriber.model.device import choose_device, choose_precision
    from transcriber.model.nemo_model import NemoModel

    if torch.cuda.is_available():
        assert choose_device("auto") == "cuda"
    else:
        assert choose_device("auto") == "cpu"
        with pytest.raises(UsageError, match="--device is 'cuda'"):
            NemoModel.load(tiny_model, "cuda", "auto")
    with pytest.raises(UsageError, match="--precision is 'fp16'"):
        choose_precision("fp16", "cpu")


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    from transcriber.model.nemo_model import NemoModel

    path = tmp_path / "broken.nemo"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"broken\.nemo: not a NeMo model"):
        NemoModel.load(path, "cpu", "fp32")


@pytest.mark.parametrize(
    ("gpu", "capability", "precision"),
    [("T4", (7, 5), "fp16"), ("A10G", (8, 6), "bf16"), ("L4", (8, 9), "bf16"), ("H100", (9, 0), "bf16")],
)
def test_a_gpu_computes_in_what_it_is_fast_at(
    gpu: str, capability: tuple[int, int], precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from transcriber.model.device import choose_precision

    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert choose_precision("auto", "cuda") == precision, gpu
    assert choose_precision("auto", "cpu") == "fp32"


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_features_are_always_computed_in_fp32(prepared_model: Path, precision: Any) -> None:
    import torch

    from transcriber.model.nemo_model import NemoModel

    modules = NemoModel.load(prepared_model, "cpu", precision)._speech_modules
    assert {buffer.dtype for buffer in modules.preprocessor.buffers()} == {torch.float32}
    expected = torch.float32 if precision == "fp32" else torch.bfloat16
    assert {weight.dtype for weight in modules.encoder.parameters()} == {expected}
