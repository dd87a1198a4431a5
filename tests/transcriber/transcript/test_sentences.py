"""Which dots end a sentence."""

from itertools import islice

import pytest

from benchmarks.sentences import Boundaries, measure_segments, sentences
from transcriber.transcript.segments import segments_from_words
from transcriber.transcript.words import Word

PAUSE_SECONDS = 0.4
"""Between sentences, as most speakers make it."""


def segments(*said: str, pause_seconds: float = PAUSE_SECONDS) -> list[str]:
    """The segments of sentences that are spoken with a pause between them."""
    words: list[Word] = []
    clock = 0.0
    for sentence in said:
        for text in sentence.split():
            words.append(Word(text, round(clock, 3), round(clock + 0.3, 3), 1.0))
            clock += 0.35
        clock += pause_seconds
    return [" ".join(word.text for word in segment) for segment in segments_from_words(words)]


@pytest.mark.parametrize(
    "said",
    [
        ("Mr. Smith met Dr. Brown at St. Mary's Hospital in the U.S. yesterday.", "They talked for an hour."),
        ("Die 5. Strafkammer tagt am 15. Mai um 9 Uhr.", "Danach spricht Frau Dr. Weber, z. B. dazu."),
        ("J. R. R. Tolkien lived in Oxford.", "He taught there."),
        ("It costs 3.50 euros, i.e. 2.5 percent more.", "Nobody minds."),
        ("We meet at 9.30 a.m. on Friday.", "Bring etc. and so on."),
        ("Write to help@example.com or see www.example.com.", "We answer."),
        ("Well... let me think.", "I was… you know, late."),
        ("He said no.", "No. 5 is alive.", "No.", "That is wrong."),
        ("We open at 8 a.m.", "The shop closes at 6 p.m.", "Nobody waits."),
        ("Mieszka przy ul. Długiej.", "Urodził się w 1970 r. w Łodzi."),
        ("Έρχεται στις 9 π.μ. αύριο.", "Θα έρθεις;", "Δεν ξέρω."),
        ("Он живёт на ул. Ленина.", "Это было в 1990 г.", "Потом он уехал."),  # noqa: RUF001
        ('"Stop!" he cried.', '"Why?"', "She left."),
    ],
)
def test_a_segment_is_a_sentence(said: tuple[str, ...]) -> None:
    assert segments(*said) == list(said)


@pytest.mark.parametrize(
    ("pause_seconds", "count"),
    [(0.0, 1), (0.6, 2)],
)
def test_a_pause_tells_whether_a_dot_that_may_end_a_sentence_does(pause_seconds: float, count: int) -> None:
    assert (
        len(segments("She works in the U.S.", "Senator Brown knows.", pause_seconds=pause_seconds)) == count
    )


def test_a_name_belongs_to_its_title_even_after_a_hesitation() -> None:
    assert segments("I saw Dr.", "Brown yesterday.", pause_seconds=1.2) == ["I saw Dr. Brown yesterday."]


def test_what_is_no_abbreviation_in_its_language_ends_a_sentence() -> None:
    assert segments("I was 15.", "May was 12.", "Mary came in.") == [
        "I was 15.",
        "May was 12.",
        "Mary came in.",
    ]
    assert segments("Das ist nicht meine Art.", "Er kommt morgen.") == [
        "Das ist nicht meine Art.",
        "Er kommt morgen.",
    ]


def test_a_segment_is_known_with_the_word_after_it() -> None:
    words = iter([Word(text, n, n + 0.5, 1.0) for n, text in enumerate(["I", "go.", "You", "stay.", "We"])])
    (first,) = islice(segments_from_words(words), 1)
    assert [word.text for word in first] == ["I", "go."]
    assert next(words).text == "stay."


@pytest.fixture(scope="module")
def measured() -> dict[str, Boundaries]:
    """Boundaries of each language, in the voices of five speakers."""
    return {code: measure_segments({code: said}) for code, said in sentences().items()}


def test_boundaries_are_found_in_all_languages(measured: dict[str, Boundaries]) -> None:
    assert len(measured) == 25
    assert sum(map(len, sentences().values())) >= 200
    total = sum(measured.values(), Boundaries())
    assert total.precision >= 0.99
    assert total.recall >= 0.98
    assert {code for code, each in measured.items() if min(each.precision, each.recall) < 0.9} == set()
