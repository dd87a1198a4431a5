import pytest
import torch

from tiny_model.batches import BatchMaker
from tiny_model.corpus import Part, sentences, spoken_words
from tiny_model.errors import TinyModelError
from tiny_model.recognition import load
from tiny_model.tokenizer import train_tokenizer
from tiny_model.train import Trainer, Training

TRAINING = Training(steps=4, seed=0, learning_rate=1e-3)


@pytest.fixture(scope="module")
def tokenizer_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(sentences()[Part.TRAINING], folder)
    return folder


@pytest.fixture
def start(tokenizer_folder, murmur):
    """Returns a function that begins a training and says what it learns from."""

    def begin(training: Training = TRAINING) -> tuple[Trainer, BatchMaker]:
        trainer = Trainer(training, tokenizer_folder)
        words, texts = murmur(spoken_words()), murmur(sentences()[Part.TRAINING][:20], seconds=2.0)
        return trainer, BatchMaker(words, texts, trainer.model.tokenizer.text_to_ids)

    return begin


def test_a_resumed_training_goes_on_as_it_would_have(start, tmp_path):
    trainer, batches = start()
    losses = [trainer.advance(batches) for _ in range(2)]
    trainer.save_checkpoint(tmp_path / "checkpoint.pt")
    losses += [trainer.advance(batches) for _ in range(2)]

    resumed, batches = start()
    resumed.load_checkpoint(tmp_path / "checkpoint.pt")
    resumed_losses = [resumed.advance(batches) for _ in range(2)]

    assert resumed.step == TRAINING.steps
    assert resumed_losses == [pytest.approx(each, rel=1e-4) for each in losses[2:]]


def test_a_checkpoint_of_another_training_is_refused(start, tmp_path):
    trainer, _ = start()
    trainer.save_checkpoint(tmp_path / "checkpoint.pt")
    other, _ = start(Training(steps=9, seed=0, learning_rate=1e-3))

    with pytest.raises(
        TinyModelError, match=r"checkpoint\.pt: this checkpoint is of a training with .*'steps': 4"
    ):
        other.load_checkpoint(tmp_path / "checkpoint.pt")
    with pytest.raises(TinyModelError, match="no checkpoint to resume from"):
        other.load_checkpoint(tmp_path / "none.pt")


def test_the_saved_model_is_the_trained_one_to_half_precision(start, tmp_path):
    trainer, batches = start()
    trainer.advance(batches)
    trained = {name: value.clone() for name, value in trainer.model.state_dict().items()}

    trainer.save_model(tmp_path / "model.nemo")
    loaded = load(tmp_path / "model.nemo")

    assert loaded.tokenizer.text_to_ids("Where is the dog?") == trainer.model.tokenizer.text_to_ids(
        "Where is the dog?"
    )
    for name, value in loaded.state_dict().items():
        torch.testing.assert_close(value, trained[name], rtol=1e-3, atol=1e-4, msg=name)
