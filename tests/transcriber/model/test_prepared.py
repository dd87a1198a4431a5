"""A prepared model beside the same one loaded by NeMo."""

import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.transcriber.conftest import PROJECT
from transcriber.audio.reader import AudioReader
from transcriber.errors import TemporaryFailureError, UsageError
from transcriber.model.directory import ModelDescription
from transcriber.model.prepare import main, prepare
from transcriber.options import DEFAULT_MODEL, DEFAULT_REVISION
from transcriber.recognition.modes import MODES, Geometry, SpeechModel
from transcriber.settings import Settings

TRAINING_PACKAGES = {
    *(
        "datasets",
        "hydra",
        "huggingface_hub",
        "lhotse",
        "librosa",
        "lightning",
        "matplotlib",
        "numba",
        "onnx",
    ),
    *("pandas", "scipy", "sklearn", "torchaudio", "torchmetrics", "transformers", "wandb", "webdataset"),
}


@pytest.fixture(scope="module")
def lean(prepared_model: Path, samples_folder: Path) -> dict[str, Any]:
    """What a process of its own finds with the prepared model, and no packages but the image's."""
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.transcriber.with_locked_packages",
            "tests.transcriber.lean_worker",
            prepared_model,
            samples_folder / "reminder.mp3",
        ],
        cwd=PROJECT,
        env={"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("mode", MODES)
def test_a_prepared_model_finds_the_same_words_at_the_same_times(
    lean: dict[str, Any], mode: str, model: SpeechModel, samples_folder: Path
) -> None:
    path = samples_folder / "reminder.mp3"
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        words = MODES[mode].recognise(audio.blocks(), model, Geometry(4, 2, 1))
        expected = [list(astuple(word)) for word in words]
    assert len(expected) > 15
    assert lean["words"][mode] == expected


def test_nothing_that_trains_is_imported(lean: dict[str, Any]) -> None:
    assert TRAINING_PACKAGES & set(lean["packages"]) == set()
    assert lean["module_count"] < 2000


def test_the_libraries_that_were_stood_in_for_can_be_imported_afterwards(prepared_model: Path) -> None:
    program = (
        "from pathlib import Path; from transcriber.model.nemo_model import NemoModel;"
        f"NemoModel.load(Path({str(prepared_model)!r}), 'cpu', 'fp32');"
        "import huggingface_hub; print(huggingface_hub.__version__)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert result.stdout[0].isdigit()


def test_a_prepared_model_tells_what_it_was_made_of(tiny_model: Path, tmp_path: Path) -> None:
    prepare(tiny_model, tmp_path / "model", DEFAULT_MODEL, DEFAULT_REVISION, "fp32")
    settings = Settings.read(model=str(tmp_path / "model"))
    assert settings.model_label == DEFAULT_MODEL
    assert settings.pinned_revision == DEFAULT_REVISION
    assert settings.licence == "CC-BY-4.0"


def test_weights_take_half_the_space_in_bf16(tiny_model: Path, prepared_model: Path, tmp_path: Path) -> None:
    description = prepare(tiny_model, tmp_path / "model", "tiny", None, "bf16")
    whole, half = (
        (each / "weights.safetensors").stat().st_size for each in (prepared_model, tmp_path / "model")
    )
    assert half < 0.6 * whole
    assert description == ModelDescription.read(tmp_path / "model")


def test_a_directory_that_exists_is_left_alone(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exists"):
        prepare(tiny_model, tmp_path, "tiny", None, "fp32")
    assert list(tmp_path.iterdir()) == []


def test_a_file_with_another_checksum_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"tiny\.nemo: has SHA-256 [0-9a-f]{64}, and must have 00"):
        prepare(tiny_model, tmp_path / "model", "tiny", None, "fp32", sha256="00")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_model_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "page.nemo").write_text("<html>Sign in</html>")
    with pytest.raises(TemporaryFailureError, match="not a NeMo model"):
        prepare(tmp_path / "page.nemo", tmp_path / "model", "page", None, "fp32")
    assert [path.name for path in tmp_path.iterdir()] == ["page.nemo"]


def test_a_directory_that_is_no_prepared_model_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(UsageError, match="not a model that"):
        _ = Settings.read(model=str(tmp_path)).model_label


@pytest.fixture
def other_model(tiny_model: Path, tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], object]], Path]:
    """Make a ``.nemo`` file whose configuration is changed by a function."""

    def make(change: Callable[[dict[str, Any]], object]) -> Path:
        with tarfile.open(tiny_model) as archive:
            archive.extractall(tmp_path / "unpacked", filter="data")
        config_file = tmp_path / "unpacked" / "model_config.yaml"
        config = yaml.safe_load(config_file.read_text())
        change(config)
        config_file.write_text(yaml.safe_dump(config))
        with tarfile.open(tmp_path / "other.nemo", "w") as archive:
            archive.add(tmp_path / "unpacked", ".")
        return tmp_path / "other.nemo"

    return make


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config["encoder"].update(_target_="nemo.collections.asr.modules.SqueezeformerEncoder"),
        lambda config: config["encoder"].update(n_layers=3),
        lambda config: config["decoding"].pop("durations"),
        lambda config: config.pop("joint"),
    ],
)
def test_a_model_of_another_kind_is_kept_for_nemo_to_load(
    change: Callable[[dict[str, Any]], object],
    other_model: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = other_model(change)
    assert main([str(file), str(tmp_path / "model")]) == 0
    warning, done = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert warning["message"] == "only NeMo itself can load this model, which takes longer"
    assert done["name"] == "other.nemo"
    assert (tmp_path / "model" / "model.nemo").read_bytes() == file.read_bytes()
    assert ModelDescription.read(tmp_path / "model").architecture is None


def test_a_model_of_another_kind_is_refused_where_nemo_is_not_there_to_load_it(
    other_model: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = other_model(lambda config: config["decoding"].pop("durations"))
    assert main([str(file), str(tmp_path / "model"), "--no-archive"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"].startswith("other.nemo: can't be prepared (it has no durations);")
    assert not (tmp_path / "model").exists()


def test_a_model_kept_for_nemo_is_loaded_by_nemo(
    other_model: Callable[..., Path], tmp_path: Path, samples_folder: Path, samples: dict[str, str]
) -> None:
    from transcriber.model.nemo_model import NemoModel

    file = other_model(lambda config: config.pop("joint") and None)
    # The configuration is broken for both, so the archive that NeMo gets is the sound one.
    prepare(file, tmp_path / "model", "other", None, "fp32")
    (tmp_path / "model" / "model.nemo").write_bytes((PROJECT / "tiny_model/tiny.nemo").read_bytes())
    model = NemoModel.load(tmp_path / "model", "cpu", "fp32")
    path = samples_folder / "meeting.wav"
    with path.open("rb") as recording, AudioReader(recording, path.name) as audio:
        words = list(MODES["full"].recognise(audio.blocks(), model, Geometry()))
    assert " ".join(word.text for word in words) == samples["meeting.wav"]


def test_no_random_weights_are_made_that_the_models_own_replace(prepared_model: Path) -> None:
    import torch

    from transcriber.model.prepared import load_prepared

    architecture = ModelDescription.read(prepared_model).architecture
    assert architecture is not None
    before = torch.get_rng_state()
    load_prepared(prepared_model, architecture)
    assert torch.get_rng_state().equal(before)
