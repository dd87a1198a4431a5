from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from transcriber.transcript.word_times import HELD_WORDS, in_sequence
from transcriber.transcript.words import Word


def placed(*spans: tuple[float, float], audio_seconds: float = 1000.0) -> list[tuple[float, float]]:
    words = (Word("a", start, end, 1.0) for start, end in spans)
    return [(word.start, word.end) for word in in_sequence(words, lambda: audio_seconds)]


def test_words_that_follow_each_other_stay_as_they_are() -> None:
    assert placed((0.0, 0.08), (0.08, 0.4), (3.0, 3.2)) == [(0.0, 0.08), (0.08, 0.4), (3.0, 3.2)]


def test_a_word_ends_before_the_next_begins() -> None:
    assert placed((1.0, 3.5), (3.4, 3.6), (3.5, 3.6)) == [(1.0, 3.4), (3.4, 3.5), (3.5, 3.6)]


def test_a_word_without_length_gets_a_frame_where_there_is_room() -> None:
    assert placed((1.0, 1.0), (2.0, 2.0), (2.04, 2.2)) == [(1.0, 1.08), (2.0, 2.04), (2.04, 2.2)]


def test_words_at_one_time_follow_each_other() -> None:
    assert placed((2.0, 2.0), (2.0, 2.0), (2.0, 2.3)) == [(2.0, 2.02), (2.02, 2.04), (2.04, 2.3)]


def test_words_at_the_end_of_the_audio_move_before_it() -> None:
    assert placed((9.0, 9.2), (9.9, 10.0), (10.0, 10.0), (10.0, 10.0), audio_seconds=10.0) == [
        (9.0, 9.2),
        (9.9, 9.96),
        (9.96, 9.98),
        (9.98, 10.0),
    ]


def test_no_words_stay_none() -> None:
    assert placed() == []


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), min_size=1, max_size=300),
    st.integers(0, 4),
)
def test_every_word_lasts_and_none_overlaps(frames: list[tuple[int, int]], rest: int) -> None:
    clock, spans = 0, []
    for step, length in frames:
        clock += step
        spans.append((round(0.08 * clock, 3), round(0.08 * (clock + length), 3)))
    # Many words in the last frames, as `Word.within` leaves them, take more than the room there is.
    audio_seconds = round(max(0.08 * (clock + rest), 0.02 * min(len(spans), HELD_WORDS) + 0.08), 3)
    found = placed(*spans, audio_seconds=audio_seconds)
    assert len(found) == len(spans)
    for start, end in found[-HELD_WORDS:]:
        assert 0 <= start < end <= audio_seconds
    assert all(start < end for start, end in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))
