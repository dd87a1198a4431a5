"""A segment is decoded alike, whatever is decoded beside it."""

from itertools import pairwise

import pytest

from benchmarks.recording import ten_minutes
from transcriber.recognition.modes import SpeechModel
from transcriber.recognition.pauses import Cutting, EnergyDetector, cut_at_pauses
from transcriber.transcript.words import Token, words_from_tokens


@pytest.fixture(scope="module")
def alone_and_together(model: SpeechModel) -> tuple[list[list[Token]], list[list[Token]]]:
    """The tokens of the segments of two minutes of speech: each decoded by itself, and all at once."""
    samples = ten_minutes(minutes=2).samples
    model.attend_fully()
    cutting = Cutting(longest_segment=10.0)
    encoded = [model.encode(cut.samples) for cut in cut_at_pauses([samples], EnergyDetector(), cutting)]
    return [model.decode([each])[0] for each in encoded], model.decode_batch(encoded)


def test_words_and_their_times_do_not_depend_on_who_shares_the_batch(
    alone_and_together: tuple[list[list[Token]], list[list[Token]]], model: SpeechModel
) -> None:
    alone, together = (
        [list(words_from_tokens(tokens, model.frame_seconds)) for tokens in each]
        for each in alone_and_together
    )
    assert sum(map(len, alone)) >= 200
    assert [[(word.text, word.start, word.end) for word in segment] for segment in together] == [
        [(word.text, word.start, word.end) for word in segment] for segment in alone
    ]


def test_no_word_of_a_batch_lasts_into_the_next(
    alone_and_together: tuple[list[list[Token]], list[list[Token]]], model: SpeechModel
) -> None:
    _alone, together = alone_and_together
    for tokens in together:
        for word, following in pairwise(words_from_tokens(tokens, model.frame_seconds)):
            assert word.end <= following.start
