import numpy as np
import pytest
import torch

from tiny_model.corpus import EspeakVoice, Utterance
from tiny_model.speech import Recordings


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    # Tests run beside each other: more threads than cores wait for one another, ten times as long.
    torch.set_num_threads(1)


@pytest.fixture
def murmur():
    """Returns a function from texts to recordings of them in which nobody can be understood."""

    def record(texts: list[str], seconds: float = 0.4) -> Recordings:
        length = int(seconds * 16_000)
        samples = np.random.default_rng(0).integers(-9000, 9000, length * len(texts)).astype(np.int16)
        script = [Utterance(text, EspeakVoice("en-us", 165, 50)) for text in texts]
        return Recordings(samples, np.arange(len(texts) + 1) * length, script)

    return record
