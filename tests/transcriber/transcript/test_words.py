import pytest

from transcriber.transcript.words import Token, Word, words_from_tokens


def words(*tokens: tuple[str, int, int, float]) -> list[Word]:
    return list(words_from_tokens((Token(*token) for token in tokens), frame_seconds=0.08))


def test_no_tokens_make_no_words() -> None:
    assert words() == []


def test_pieces_join_to_words_at_their_marks() -> None:
    found = words(("▁The", 3, 2, 0.9), ("▁o", 10, 2, 0.8), ("range", 13, 4, 0.7))
    assert found == [Word("The", 0.24, 0.4, 0.9), Word("orange", 0.8, 1.36, 0.7)]


def test_punctuation_belongs_to_the_word_before_and_takes_no_time() -> None:
    found = words(("▁Hello", 0, 3, 0.9), (",", 30, 1, 0.1), ("▁you", 31, 2, 0.8), ("▁?", 60, 1, 0.1))
    assert found == [Word("Hello,", 0.0, 0.24, 0.9), Word("you?", 2.48, 2.64, 0.8)]


def test_opening_marks_begin_a_word() -> None:
    assert [
        word.text for word in words(("▁ja", 0, 1, 1), ("▁¿", 3, 1, 1), ("qué", 4, 1, 1), ("?", 5, 1, 1))
    ] == [
        "ja",
        "¿qué?",
    ]


def test_a_mark_of_its_own_begins_a_word_unless_punctuation_follows() -> None:
    tokens = [("▁", 0, 1, 1), ("x", 1, 1, 1), ("▁", 2, 1, 1), (".", 3, 1, 1), ("▁", 4, 1, 1), ("y", 5, 1, 1)]
    assert [word.text for word in words(*tokens)] == ["x.", "y"]


def test_punctuation_before_any_word_is_dropped() -> None:
    assert [word.text for word in words((".", 0, 1, 1), ("▁So", 1, 1, 1))] == ["So"]


@pytest.mark.parametrize(
    "piece", ["<unk>", "<|en|>", "<|nospeech|>", "\x1b[2J", "a\n\nb", "\u2028", "<0x0A>"]
)
def test_special_pieces_are_no_text(piece: str) -> None:
    assert [word.text for word in words(("▁a", 0, 1, 1), (piece, 1, 1, 1), ("b", 2, 1, 1))] == ["ab"]


def test_a_word_without_a_mark_at_the_start_of_a_file_is_a_word() -> None:
    assert [word.text for word in words(("day", 0, 1, 1), ("▁is", 1, 1, 1))] == ["day", "is"]


def test_confidence_stays_between_0_and_1() -> None:
    assert [word.confidence for word in words(("▁a", 0, 1, 1.0000002), ("▁b", 1, 1, -1e-9))] == [1, 0]


def test_words_come_as_soon_as_the_next_one_begins() -> None:
    tokens = iter([Token("▁a", 0, 1, 1.0), Token("▁b", 1, 1, 1.0), Token("▁c", 2, 1, 1.0)])
    assert next(words_from_tokens(tokens, 0.08)).text == "a"
    assert next(tokens).piece == "▁c"
