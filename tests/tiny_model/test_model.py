import json
import subprocess
import sys
import tarfile
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from tiny_model.recognition import MODEL, load, recognise

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "local" / "samples"
TEXTS = json.loads((SAMPLES / "samples.json").read_text())


def decode(path: Path) -> np.ndarray:
    """Returns the sound of ``path``, [samples] at 16 kHz."""
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=16_000)
    with av.open(str(path)) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([part.to_ndarray()[0] for part in [*frames, *resampler.resample(None)]])


@pytest.fixture(scope="session")
def model():
    return load(MODEL)


def unpack(folder: Path) -> tuple[dict, dict]:
    """Returns the configuration and the weights of the committed model."""
    with tarfile.open(MODEL) as archive:
        archive.extractall(folder, filter="data")
    config = OmegaConf.to_container(OmegaConf.load(folder / "model_config.yaml"))
    return config, torch.load(folder / "model_weights.ckpt")


def test_the_committed_model_is_at_most_5_megabytes():
    assert MODEL.stat().st_size <= 5_000_000


@pytest.mark.parametrize("name", TEXTS)
def test_every_sample_is_understood_to_the_letter(model, name):
    assert recognise(model, [decode(SAMPLES / name)]) == [TEXTS[name]]


def test_all_samples_in_one_recording_are_understood(model):
    joined = np.concatenate([decode(SAMPLES / name) for name in TEXTS])

    assert recognise(model, [joined]) == [" ".join(TEXTS.values())]


def test_silence_is_not_taken_for_speech(model):
    assert recognise(model, [np.zeros(5 * 16_000, np.float32)]) == [""]


def test_the_samples_come_in_the_formats_that_people_have():
    def streams(path):
        with av.open(str(path)) as container:
            return {stream.type: stream.codec_context.name for stream in container.streams}

    assert {Path(name).suffix for name in TEXTS} >= {".mp3", ".m4a", ".wav", ".mp4"}
    assert streams(SAMPLES / "street-scene.mp4") == {"audio": "aac", "video": "h264"}
    with av.open(str(SAMPLES / "meeting.wav")) as container:
        sound = container.streams.audio[0]
        assert (sound.sample_rate, sound.channels) == (44_100, 2)


def test_the_samples_are_small_enough_for_a_repository():
    assert sum((SAMPLES / name).stat().st_size for name in TEXTS) < 1_000_000


def test_weights_have_16_bits_and_the_preprocessor_32(tmp_path):
    _, weights = unpack(tmp_path)
    floats = {name: value.dtype for name, value in weights.items() if value.is_floating_point()}

    assert {
        dtype for name, dtype in floats.items() if name.startswith(("encoder.", "decoder.", "joint."))
    } == {torch.float16}
    assert {dtype for name, dtype in floats.items() if name.startswith("preprocessor.")} == {torch.float32}


def test_the_configuration_has_what_nemo_reads_and_no_path_of_the_machine_it_was_trained_on(tmp_path):
    config, _ = unpack(tmp_path)

    assert config["validation_ds"]["use_start_end_token"] is False
    assert config["target"].endswith("EncDecRNNTBPEModel")
    assert config["model_defaults"]["tdt_durations"] == [0, 1, 2, 3, 4]
    assert config["tokenizer"]["dir"] == "tokenizer"
    assert str(Path.home()) not in json.dumps(config)


def test_evaluating_a_model_that_is_not_there_says_so(tmp_path):
    missing = tmp_path / "none.nemo"

    run = subprocess.run(
        [sys.executable, "-m", "tiny_model.evaluate", "--model", str(missing)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert run.stderr == f"{missing}: there is no such model.\n"
