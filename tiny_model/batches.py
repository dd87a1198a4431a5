"""Make training batches: choose recordings, loudness, pauses and noise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tiny_model.speech import SAMPLE_RATE, Recordings

SOUP_UNTIL = 0.3
"""Until this share of the training, batches have only words in random order. Otherwise the model would learn
the grammar, whose sentences are easy to guess, and not the sound."""

SOUP_SHARE = 0.15
"""The share of such batches after that."""

LONG_FROM = 0.5
LONG_SHARE = 0.35
LONG_SECONDS = (8.0, 28.0)
"""From ``LONG_FROM`` on, ``LONG_SHARE`` of the batches have recordings as long as a streaming window."""

MEDIUM_SECONDS = (2.0, 5.0)
GAIN = (0.5, 1.6)
NOISE_DECIBELS = (-85.0, -50.0)
NOISE_SHARE = 0.85
WORD_GAPS_SECONDS = (0.0, 0.02, 0.05, 0.2)
PAUSE_SECONDS = (0.25, 1.1)


@dataclass(frozen=True)
class Batch:
    """The input of a training step."""

    audio: Tensor
    """[batch, samples], 16 kHz."""

    audio_lengths: Tensor
    """[batch], samples."""

    tokens: Tensor
    """[batch, tokens]."""

    token_lengths: Tensor
    """[batch]."""


@dataclass(frozen=True)
class Item:
    """One recording of a batch."""

    audio: NDArray[np.float32]
    tokens: list[int]


class BatchMaker:
    """Makes batches from recorded words and sentences. They depend on the progress of the training."""

    def __init__(
        self, words: Recordings, sentences: Recordings, tokenize: Callable[[str], list[int]]
    ) -> None:
        self._words, self._word_tokens = words, _tokens(words, tokenize)
        self._sentences, self._sentence_tokens = sentences, _tokens(sentences, tokenize)

    def batch(self, progress: float, rng: np.random.Generator) -> Batch:
        """Return a batch for the point ``progress`` (0 to 1) of the training."""
        if progress < SOUP_UNTIL or rng.random() < SOUP_SHARE:
            seconds, size = (1.2 if progress < 0.1 else 2.0), 16
            return collate([self._soup(seconds, rng) for _ in range(size)])
        if progress > LONG_FROM and rng.random() < LONG_SHARE:
            seconds, size = rng.uniform(*LONG_SECONDS), 3
        elif rng.random() < 0.5:
            seconds, size = 0.0, 10
        else:
            seconds, size = rng.uniform(*MEDIUM_SECONDS), 5
        return collate([self._speech(seconds, rng) for _ in range(size)])

    def _soup(self, seconds: float, rng: np.random.Generator) -> Item:
        """Return at least ``seconds`` of single words in random order."""
        pieces, tokens, length = [_silence(0, 0.3, rng)], [], 0
        while length < seconds * SAMPLE_RATE:
            index = int(rng.integers(len(self._words)))
            gap = float(rng.choice(WORD_GAPS_SECONDS))
            pieces += [self._words[index], _silence(gap, gap, rng)]
            tokens += self._word_tokens[index]
            length += len(pieces[-2]) + len(pieces[-1])
        pieces.append(_silence(0, 0.3, rng))
        return Item(_noisy(np.concatenate(pieces) * np.float32(rng.uniform(*GAIN)), rng), tokens)

    def _speech(self, seconds: float, rng: np.random.Generator) -> Item:
        """Return sentences of up to ``seconds``, each at its own loudness, with pauses between them."""
        pieces, tokens = [_silence(0, 0.6, rng)], []
        while True:
            index = int(rng.integers(len(self._sentences)))
            pieces.append(self._sentences[index] * np.float32(rng.uniform(*GAIN)))
            tokens += self._sentence_tokens[index]
            if sum(map(len, pieces)) > seconds * SAMPLE_RATE:
                break
            pieces.append(_silence(*PAUSE_SECONDS, rng))
        pieces.append(_silence(0, 0.6, rng))
        audio = np.concatenate(pieces)
        return Item(_noisy(audio, rng) if rng.random() < NOISE_SHARE else audio, tokens)


def collate(items: Sequence[Item]) -> Batch:
    """Return ``items`` as one batch, padded at the end with silence and token 0."""
    audio = [torch.from_numpy(item.audio) for item in items]
    tokens = [torch.tensor(item.tokens, dtype=torch.long) for item in items]
    return Batch(
        audio=torch.nn.utils.rnn.pad_sequence(audio, batch_first=True),
        audio_lengths=torch.tensor([len(each) for each in audio]),
        tokens=torch.nn.utils.rnn.pad_sequence(tokens, batch_first=True),
        token_lengths=torch.tensor([len(each) for each in tokens]),
    )


def _tokens(recordings: Recordings, tokenize: Callable[[str], list[int]]) -> list[list[int]]:
    return [tokenize(utterance.text) for utterance in recordings.utterances]


def _silence(shortest: float, longest: float, rng: np.random.Generator) -> NDArray[np.float32]:
    return np.zeros(int(rng.uniform(shortest, longest) * SAMPLE_RATE), np.float32)


def _noisy(audio: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    level = np.float32(10 ** (rng.uniform(*NOISE_DECIBELS) / 20))
    return audio + rng.standard_normal(len(audio), dtype=np.float32) * level
