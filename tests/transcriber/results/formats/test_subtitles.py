"""Subtitles as the parsers of others read them."""

import html
import random
import re
from datetime import timedelta
from io import StringIO
from itertools import pairwise

import pytest
import srt
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from tests.transcriber.transcripts import Given, said, transcript_of, words_of
from transcriber.results.formats.caption_cutting import Cue, cut_cues
from transcriber.transcript.document import TranscriptWord
from transcriber.transcript.words import Word

SPEECH = (
    "We went down to the market early in the morning, because the train was late and nobody had told us"
    " anything about it. She said, without looking up from her letter, that the doctor would come on Friday"
    " or perhaps on Saturday if the weather was good enough. No. Really? I do not think so; it has never"
    " worked that way, and it never will. The committee which had been appointed by the ministry to look"
    " into the circumstances surrounding the incident published its extraordinarily comprehensive report"
    " yesterday. Yes."
)


def subtitles(*words: Word, duration_seconds: float = 600) -> list[srt.Subtitle]:
    transcript = transcript_of(*words, duration_seconds=duration_seconds)
    return list(srt.parse(transcript.render("srt"), ignore_errors=False))


def seconds(subtitle: srt.Subtitle) -> float:
    return float((subtitle.end - subtitle.start).total_seconds())


def characters(subtitle: srt.Subtitle) -> int:
    return len(subtitle.content.replace("\n", ""))


@pytest.fixture(scope="module")
def long_talk() -> list[srt.Subtitle]:
    """The speech ten times over, with pauses between."""
    chance = random.Random(1)
    words: list[Word] = []
    for _ in range(10):
        words += said(SPEECH, start=(words[-1].end if words else 0.0) + chance.uniform(0.3, 3))
    return subtitles(*words)


def test_a_subtitle_has_two_lines_of_42_characters_at_most(long_talk: list[srt.Subtitle]) -> None:
    lines = [subtitle.content.split("\n") for subtitle in long_talk]
    assert max(map(len, lines)) <= 2
    assert max(len(line) for each in lines for line in each) <= 42


def test_a_subtitle_shows_for_one_to_seven_seconds(long_talk: list[srt.Subtitle]) -> None:
    assert min(map(seconds, long_talk)) >= 1
    assert max(map(seconds, long_talk)) <= 7


def test_a_subtitle_can_be_read_in_its_time(long_talk: list[srt.Subtitle]) -> None:
    assert max(characters(subtitle) / seconds(subtitle) for subtitle in long_talk) <= 20.01


def test_one_subtitle_is_seen_to_follow_another(long_talk: list[srt.Subtitle]) -> None:
    gaps = [after.start - before.end for before, after in pairwise(long_talk)]
    assert min(gaps) >= timedelta(seconds=0.079)


def test_no_word_stands_alone_unless_it_is_a_sentence(long_talk: list[srt.Subtitle]) -> None:
    alone = {
        part
        for subtitle in long_talk
        for part in [subtitle.content.replace("\n", " "), *subtitle.content.split("\n")]
        if " " not in part
    }
    assert alone <= {"No.", "Really?", "Yes."}


def test_most_subtitles_end_where_a_clause_does(long_talk: list[srt.Subtitle]) -> None:
    endings = [subtitle.content[-1] in ".,;?" for subtitle in long_talk]
    assert sum(endings) / len(endings) > 0.6


def test_subtitles_hold_every_word(long_talk: list[srt.Subtitle]) -> None:
    assert " ".join(subtitle.content.replace("\n", " ") for subtitle in long_talk) == " ".join([SPEECH] * 10)


def test_lines_break_at_a_clause() -> None:
    text = "We know what happened yesterday, but nobody told us anything."
    (subtitle,) = srt.parse(transcript_of(*words_of(text)).render("srt"))
    assert subtitle.content == "We know what happened yesterday,\nbut nobody told us anything."


def test_subrip_numbers_its_cues() -> None:
    transcript = transcript_of(
        *words_of("We go."), *words_of("You stay & wait.", start=3725.5), duration_seconds=4000
    )
    assert transcript.render("srt") == (
        "1\n00:00:00,000 --> 00:00:01,000\nWe go.\n\n2\n01:02:05,500 --> 01:02:07,500\nYou stay & wait.\n\n"
    )


def test_subrip_times_are_well_formed_whatever_the_duration() -> None:
    (subtitle,) = subtitles(Word("end.", 360_000.0004, 360_000.9996, 1), duration_seconds=360_002)
    assert (subtitle.start, subtitle.end) == (timedelta(hours=100), timedelta(hours=100, seconds=1))


def test_webvtt_escapes_what_it_would_take_for_markup() -> None:
    text = transcript_of(*words_of("a <b> --> c & d.")).render("vtt")
    assert text == "WEBVTT\n\n00:00:00.000 --> 00:00:03.000\na &lt;b&gt; --&gt; c &amp; d.\n"


MARKUP = [
    "<b>bold</b>",
    '<font color="red">x</font>',
    "{\\an8}x",
    "{y:i}x",
    "00:00:09,000-->00:00:10,000",
    "<c.x><v Bob>&nbsp;</c>",
    "<00:00:01.000>",
    "NOTE",
    "STYLE",
    "1",
]


@pytest.mark.parametrize("word", MARKUP)
def test_no_word_is_markup_or_a_cue_of_its_own(word: str) -> None:
    transcript = transcript_of(Word("2", 0, 1, 1), Word(word, 1, 2, 1), Word("end.", 2, 3, 1))
    (subtitle,) = srt.parse(transcript.render("srt"), ignore_errors=False)
    shown = subtitle.content.replace("\u2060", "").split()
    assert shown == ["2", *word.split(), "end."]
    assert not re.search(r"[<{](?!\u2060)|-->", subtitle.content)
    (caption,) = webvtt.from_buffer(StringIO(transcript.render("vtt"))).captions
    assert html.unescape(caption.raw_text).split() == ["2", *word.split(), "end."]
    assert not re.search(r"[<>]|&(?!lt;|gt;|amp;)", caption.raw_text)


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_a_word_of_which_nothing_is_seen_makes_no_cue(name: str) -> None:
    transcript = transcript_of(Word("One.", 0, 1, 1), Word("\u202e", 4, 5, 1), Word("Two.", 8, 9, 1))
    assert transcript.render(name).count("-->") == 2


def test_times_in_words_stay_words() -> None:
    words = [*words_of("2 " + "00:00:01,000 --> 00:00:02,000 " * 2, word_seconds=0.3), Word("end.", 2, 3, 1)]
    for subtitle in subtitles(*words):
        assert "-->" not in subtitle.content


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1), max_size=12))
def test_what_is_said_is_what_parsers_read(texts: list[str]) -> None:
    said_words = [word for text in texts for word in text.replace("\u2060", "").split()]
    words = [Word(word, number, number + 0.9, 1) for number, word in enumerate(said_words)]
    transcript = transcript_of(*words)
    spoken = "".join(said_words)
    parsed = srt.parse(transcript.render("srt"), ignore_errors=False)
    subrip = "".join(subtitle.content for subtitle in parsed)
    assert "".join(subrip.replace("\u2060", "").split()) == spoken
    captions = webvtt.from_buffer(StringIO(transcript.render("vtt"))).captions
    assert "".join("".join(html.unescape(caption.raw_text) for caption in captions).split()) == spoken


def test_webvtt_says_who_recognised_it_where_a_licence_asks_for_that() -> None:
    given = transcript_of(*words_of("We go."))
    model = given.head.model.model_copy(
        update={"name": "some/model\n\n00:00.000 --> 00:09.000\nforged", "licence": "CC-BY-4.0"}
    )
    transcript = Given(given.head.model_copy(update={"model": model}), given.segments)
    text = transcript.render("vtt")
    note = "NOTE Recognised by some/model 00:00.000  00:09.000 forged (CC-BY-4.0)"
    assert text.startswith(f"WEBVTT\n\n{note}\n\n00:00:00.000 --> ")
    assert len(webvtt.from_buffer(StringIO(text)).captions) == 1


def test_webvtt_has_the_same_cues_as_subrip() -> None:
    transcript = transcript_of(*said(SPEECH), duration_seconds=60)
    captions = webvtt.from_buffer(StringIO(transcript.render("vtt"))).captions
    subtitles_ = list(srt.parse(transcript.render("srt")))
    assert [caption.text for caption in captions] == [subtitle.content for subtitle in subtitles_]
    assert [caption.start_in_seconds for caption in captions] == [
        int(subtitle.start.total_seconds()) for subtitle in subtitles_
    ]


def test_a_short_word_stays_a_second_where_there_is_room() -> None:
    first, second = subtitles(Word("Yes.", 1.0, 1.1, 1), Word("No.", 4.5, 4.6, 1))
    assert (seconds(first), seconds(second)) == (1.0, 1.0)


def test_the_last_cue_ends_with_the_file() -> None:
    (subtitle,) = subtitles(Word("Yes.", 1.0, 1.1, 1), duration_seconds=1.5)
    assert subtitle.end == timedelta(seconds=1.5)


def test_a_word_longer_than_a_line_is_broken() -> None:
    found = subtitles(Word("x" * 100, 0.0, 4.0, 1))
    assert "".join(subtitle.content.replace("\n", "") for subtitle in found) == "x" * 100


def test_speech_faster_than_anyone_reads_is_still_all_there() -> None:
    words = words_of("word " * 300, word_seconds=0.05)
    found = subtitles(*words, duration_seconds=15)
    assert sum(len(subtitle.content.split()) for subtitle in found) == 300


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "bcd", "e.", "fghij?", "k" * 50]), st.integers(0, 40), st.integers(0, 40)
        ),
        max_size=60,
    )
)
def test_cues_never_overlap_never_run_backwards_and_lose_nothing(rows: list[tuple[str, int, int]]) -> None:
    words, frame = [], 0
    for text, gap, length in rows:
        start = (frame + gap) * 0.08
        frame += gap + length
        words.append(Word(text, start, max(start, frame * 0.08), 1))
    cues: list[Cue] = list(cut_cues(transcript_words(words), audio_seconds=frame * 0.08 + 1))
    times = [time for cue in cues for time in (cue.start, cue.end)]
    assert times == sorted(times)
    assert all(cue.end - cue.start <= 7.001 and len(cue.lines) <= 2 for cue in cues)
    spoken = "".join("".join(cue.lines) for cue in cues).replace(" ", "")
    assert spoken == "".join(word.text for word in words)


def transcript_words(words: list[Word]) -> list[TranscriptWord]:
    return [word for segment in transcript_of(*words).segments for word in segment.words]


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 5), st.sampled_from(["a", "well.", "w" * 90])),
        max_size=60,
    )
)
def test_every_subtitle_shows_for_a_time_of_its_own(rows: list[tuple[int, int, str]]) -> None:
    words, frame = [], 0
    for step, length, text in rows:
        frame += step
        words.append(Word(text, 0.08 * frame, 0.08 * (frame + length), 1))
    found = subtitles(*words, duration_seconds=0.08 * frame + 0.5 if words else 1)
    assert all(seconds(subtitle) > 0 for subtitle in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
