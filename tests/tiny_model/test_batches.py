import numpy as np
import pytest
import torch

from tiny_model.batches import LONG_SECONDS, BatchMaker, Item, collate

WORDS = ["red", "blue", "green"]
SENTENCES = ["Red.", "Blue.", "Green."]
CODES = {text: code for code, text in enumerate([*WORDS, *SENTENCES])}


@pytest.fixture
def batches(murmur):
    return BatchMaker(murmur(WORDS), murmur(SENTENCES, seconds=2.0), lambda text: [CODES[text]])


def make(batches, progress, count=40):
    return [batches.batch(progress, np.random.default_rng([0, step])) for step in range(count)]


def test_the_training_begins_with_single_words_in_random_order(batches):
    tokens = torch.cat([batch.tokens.flatten() for batch in make(batches, progress=0.2)])

    assert set(tokens.tolist()) <= {CODES[word] for word in WORDS}


def test_sentences_come_after_the_words_and_single_words_never_cease(batches):
    made = make(batches, progress=0.6)
    kinds = {batch.tokens[0, 0].item() < len(WORDS) for batch in made}

    assert kinds == {True, False}


def test_long_recordings_come_in_the_second_half_only(batches):
    def longest_seconds(progress):
        return max(batch.audio.shape[1] for batch in make(batches, progress)) / 16_000

    assert longest_seconds(0.4) < LONG_SECONDS[0]
    assert longest_seconds(0.9) > LONG_SECONDS[0]


def test_the_same_seed_makes_the_same_batch(batches):
    one, other = (batches.batch(0.7, np.random.default_rng(5)) for _ in range(2))

    assert torch.equal(one.audio, other.audio)
    assert torch.equal(one.tokens, other.tokens)


def test_shorter_items_of_a_batch_are_padded_at_the_end():
    long, short = Item(np.ones(5, np.float32), [3, 4]), Item(np.ones(2, np.float32), [5])

    batch = collate([long, short])

    assert batch.audio.tolist() == [[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]
    assert batch.audio_lengths.tolist() == [5, 2]
    assert batch.tokens.tolist() == [[3, 4], [5, 0]]
    assert batch.token_lengths.tolist() == [2, 1]
