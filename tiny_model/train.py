"""Train the tiny model: ``python -m tiny_model.train``."""

import math
import sys
import time
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import open_dict
from torch import Tensor, nn
from torch.nn import functional

from tiny_model.architecture import DURATIONS, SIGMA, Sizes, model_config
from tiny_model.batches import Batch, BatchMaker
from tiny_model.corpus import Part
from tiny_model.errors import TinyModelError
from tiny_model.recognition import MODEL, import_model_class, recognise, word_error_rate
from tiny_model.speech import Recordings, default_folder, spoken
from tiny_model.tdt_loss import tdt_loss
from tiny_model.tokenizer import train_tokenizer

WARM_UP_STEPS = 150
AUXILIARY_UNTIL = 0.4
AUXILIARY_WEIGHTS = (1.0, 0.3)
"""Weights of the auxiliary CTC loss until and after ``AUXILIARY_UNTIL``. It helps the encoder to start."""

MASKING_FROM = 0.5
"""Spectrograms are masked from here on. With masking from the start the model learns more slowly."""

REPORT_STEPS = 100
CHECKPOINT_STEPS = 500


@dataclass(frozen=True)
class Training:
    """The settings of a training run."""

    steps: int
    seed: int
    learning_rate: float

    def progress(self, step: int) -> float:
        """Return how far the training is at ``step``, 0 to 1."""
        return step / self.steps

    def learning_rate_at(self, step: int) -> float:
        """Return the learning rate of ``step``: a linear warm-up, then half a cosine down to 2 %."""
        cosine = 0.5 * (1 + math.cos(math.pi * self.progress(step)))
        return self.learning_rate * min(1.0, (step + 1) / WARM_UP_STEPS) * (0.98 * cosine + 0.02)


class Trainer:
    """The model, the auxiliary head (for training only), and the optimizer."""

    def __init__(self, training: Training, tokenizer_folder: Path) -> None:
        torch.manual_seed(training.seed)
        sizes = Sizes()
        self.training = training
        self.model: Any = import_model_class()(cfg=model_config(tokenizer_folder, sizes))
        # Depthwise convolutions in this layout take 0.6 of the time on a CPU.
        self.model.encoder.pre_encode.conv.to(memory_format=torch.channels_last)
        self.blank = self.model.tokenizer.vocab_size
        self.auxiliary = nn.Linear(sizes.encoder_width, self.blank + 1)
        self.parameters = [*self.model.parameters(), *self.auxiliary.parameters()]
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=training.learning_rate, betas=(0.9, 0.98), weight_decay=1e-3, foreach=True
        )
        self.masking = self.model.spec_augmentation
        self.step = 0

    def advance(self, batches: BatchMaker) -> tuple[float, float]:
        """Take one step and return its TDT and CTC losses, per token.

        Its random numbers depend only on the seed and the step, so a resumed run goes on as before.
        """
        rng = np.random.default_rng([self.training.seed, self.step])
        torch.manual_seed(int(rng.integers(2**63)))
        progress = self.training.progress(self.step)
        self.model.train()
        self.model.spec_augmentation = self.masking if progress > MASKING_FROM else None
        for group in self.optimizer.param_groups:
            group["lr"] = self.training.learning_rate_at(self.step)
        tdt, ctc = self._losses(batches.batch(progress, rng))
        self.optimizer.zero_grad(set_to_none=True)
        (tdt + AUXILIARY_WEIGHTS[progress >= AUXILIARY_UNTIL] * ctc).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.step += 1
        return tdt.item(), ctc.item()

    def _losses(self, batch: Batch) -> tuple[Tensor, Tensor]:
        encoded, frames = self.model(input_signal=batch.audio, input_signal_length=batch.audio_lengths)
        encoded = encoded.transpose(1, 2)
        scores = functional.log_softmax(self.auxiliary(encoded), -1).transpose(0, 1)
        ctc = functional.ctc_loss(
            *(scores, batch.tokens, frames, batch.token_lengths),
            blank=self.blank,
            reduction="none",
            zero_infinity=True,
        )
        predicted, *_ = self.model.decoder(targets=batch.tokens, target_length=batch.token_lengths)
        logits = self.model.joint.joint(encoded, predicted.transpose(1, 2))
        tdt = tdt_loss(logits, batch.tokens, frames, batch.token_lengths, DURATIONS, SIGMA)
        spoken_tokens = batch.token_lengths.sum()
        return tdt.sum() / spoken_tokens, ctc.sum() / spoken_tokens

    def validate(self, recordings: Recordings) -> float:
        """Return the word error rate on ``recordings``."""
        self.model.eval()
        references = [utterance.text for utterance in recordings.utterances]
        return word_error_rate(recognise(self.model, list(recordings)), references)

    def save_checkpoint(self, path: Path) -> None:
        """Write a checkpoint for `load_checkpoint`."""
        partial = path.with_suffix(".partial")
        parts = {"model": self.model, "auxiliary": self.auxiliary, "optimizer": self.optimizer}
        states = {name: part.state_dict() for name, part in parts.items()}
        torch.save({**states, "step": self.step, "training": vars(self.training)}, partial)
        partial.replace(path)

    def load_checkpoint(self, path: Path) -> None:
        """Continue from the checkpoint at ``path``.

        Raises:
            TinyModelError: it does not exist, or it belongs to another training.
        """
        if not path.exists():
            raise TinyModelError(f"{path}: no checkpoint to resume from.")
        checkpoint = torch.load(path)
        if checkpoint["training"] != vars(self.training):
            raise TinyModelError(f"{path}: this checkpoint is of a training with {checkpoint['training']}.")
        self.model.load_state_dict(checkpoint["model"])
        self.auxiliary.load_state_dict(checkpoint["auxiliary"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        self.step = checkpoint["step"]

    def save_model(self, path: Path) -> None:
        """Write the model as a ``.nemo`` file with 16-bit weights. The trainer can't be used after this."""
        self.model.spec_augmentation = self.masking
        self.model.to(memory_format=torch.contiguous_format)
        # The filters of the preprocessor stay in 32 bits, because spectrograms need this precision.
        for part in (self.model.encoder, self.model.decoder, self.model.joint):
            part.half()
        with open_dict(self.model.cfg):
            self.model.cfg.tokenizer.dir = "tokenizer"
        self.model.save_to(str(path))


def run(training: Training, folder: Path, output: Path, resume: bool) -> None:
    """Make the corpus in ``folder``, train and write the model to ``output``.

    Raises:
        TinyModelError: the synthesizers or the checkpoint to resume from are missing.
    """
    words, sentences, validation = (
        spoken(part, folder) for part in (Part.WORDS, Part.TRAINING, Part.VALIDATION)
    )
    print(f"{len(sentences)} sentences, {sentences.minutes:.0f} min; {words.minutes:.0f} min of single words")
    train_tokenizer((utterance.text for utterance in sentences.utterances), folder / "tokenizer")
    trainer = Trainer(training, folder / "tokenizer")
    checkpoint = folder / "checkpoint.pt"
    if resume:
        trainer.load_checkpoint(checkpoint)
    batches = BatchMaker(words, sentences, trainer.model.tokenizer.text_to_ids)
    started_at, first = time.monotonic(), trainer.step
    while trainer.step < training.steps:
        tdt, ctc = trainer.advance(batches)
        if trainer.step % REPORT_STEPS == 0:
            pace = (time.monotonic() - started_at) / (trainer.step - first)
            print(f"step {trainer.step}  TDT {tdt:.3f}  CTC {ctc:.3f}  {pace:.2f} s a step", flush=True)
        if trainer.step % CHECKPOINT_STEPS == 0 or trainer.step == training.steps:
            trainer.save_checkpoint(checkpoint)
            print(f"word error rate on unseen sentences {trainer.validate(validation):.2%}", flush=True)
    trainer.save_model(output)
    minutes = (time.monotonic() - started_at) / 60
    print(f"{output}: {output.stat().st_size / 1e6:.1f} MB after {minutes:.0f} minutes")


def main() -> int:
    """Read the options, train, return the exit code."""
    parser = ArgumentParser(
        prog="python -m tiny_model.train", description=__doc__, formatter_class=ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=4000, help="length of the training")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random")
    parser.add_argument("--learning-rate", type=float, default=2e-3, help="the highest one")
    parser.add_argument("--threads", type=int, default=2, help="processor cores to use")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="for corpus and checkpoint")
    parser.add_argument("--output", type=Path, default=MODEL, help="the model to write")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    training = Training(options.steps, options.seed, options.learning_rate)
    try:
        run(training, options.folder, options.output, options.resume)
    except TinyModelError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
