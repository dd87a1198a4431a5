"""A model of Parakeet-TDT-0.6B-v3's size with random weights: it says nonsense, and takes as long."""

import logging
import random
from pathlib import Path

from tiny_model.architecture import Sizes, model_config
from tiny_model.tokenizer import train_tokenizer

SIZES = Sizes(
    encoder_layers=24,
    encoder_width=1024,
    attention_heads=8,
    subsampling_channels=256,
    predictor_width=640,
    joint_width=640,
)
"""Those of ``model_config.yaml`` in ``nvidia/parakeet-tdt-0.6b-v3``: 627 million parameters."""

VOCABULARY_SIZE = 8192
SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnprstvwz" for vowel in "aeiou"]


def make_real_size_model(folder: Path) -> Path:
    """Make a ``.nemo`` file of 2.5 GB in ``folder``, which takes a minute, and return its path."""
    logging.disable(logging.WARNING)
    from nemo.collections.asr.models import EncDecRNNTBPEModel

    train_tokenizer(_texts(), folder / "tokenizer", VOCABULARY_SIZE)
    path = folder / "real-size.nemo"
    EncDecRNNTBPEModel(cfg=model_config(folder / "tokenizer", SIZES)).save_to(str(path))
    return path


def _texts() -> list[str]:
    chance = random.Random(1)
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 5))) for _ in range(20_000)]
    return [" ".join(chance.choices(words, k=12)) for _ in range(5_000)]


if __name__ == "__main__":
    import sys

    print(make_real_size_model(Path(sys.argv[1])))
