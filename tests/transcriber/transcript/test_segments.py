from hypothesis import given
from hypothesis import strategies as st

from transcriber.transcript.segments import MAX_SEGMENT_SECONDS, segments_from_words
from transcriber.transcript.words import Word


def spoken(*texts: str, gap_seconds: float = 0.1, word_seconds: float = 0.4) -> list[Word]:
    step = gap_seconds + word_seconds
    return [Word(text, n * step, n * step + word_seconds, 1.0) for n, text in enumerate(texts)]


def texts(words: list[Word]) -> list[str]:
    return [" ".join(word.text for word in segment) for segment in segments_from_words(words)]


def test_no_words_make_no_segments() -> None:
    assert texts([]) == []


def test_a_segment_ends_with_its_sentence() -> None:
    assert texts(spoken("Who?", "I", "am.", "Oh!", "Well…", "then")) == [
        "Who?",
        "I am.",
        "Oh!",
        "Well… then",
    ]


def test_a_sentence_may_end_inside_quotation_marks() -> None:
    assert texts(spoken('"Go."', "He", "went")) == ['"Go."', "He went"]


def test_a_full_stop_inside_a_word_ends_nothing() -> None:
    assert texts(spoken("3.5", "percent")) == ["3.5 percent"]


def test_a_pause_ends_a_segment() -> None:
    before, after = spoken("one", "two", gap_seconds=1.1)
    assert texts([before, after]) == ["one", "two"]


def test_speech_without_an_end_is_cut() -> None:
    found = list(segments_from_words(spoken(*["word"] * 500)))
    assert len(found) > 1
    assert max(segment[-1].end - segment[0].start for segment in found) <= MAX_SEGMENT_SECONDS


@given(st.lists(st.tuples(st.sampled_from(["a", "b.", "c?", 'd!"']), st.floats(0, 3), st.floats(0.05, 30))))
def test_no_word_is_lost_or_moved(rows: list[tuple[str, float, float]]) -> None:
    words, clock = [], 0.0
    for text, gap, length in rows:
        words.append(Word(text, clock + gap, clock + gap + length, 0.5))
        clock += gap + length
    assert [word for segment in segments_from_words(words) for word in segment] == words
