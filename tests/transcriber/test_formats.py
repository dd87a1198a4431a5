import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcriber.transcripts import transcript_of, words_of
from transcriber.formats import FORMATS
from transcriber.formats.cues import CUE_LINES, LINE_CHARACTERS, MAX_CUE_SECONDS, cues_from_transcript
from transcriber.words import Word


def test_the_formats_are_the_documented_ones() -> None:
    assert {name: each.suffix for name, each in FORMATS.items()} == {
        "json": ".json",
        "srt": ".srt",
        "vtt": ".vtt",
        "txt": ".txt",
    }


def test_subrip_numbers_its_cues() -> None:
    transcript = transcript_of(
        *words_of("We go."), *words_of("You stay & wait.", start=3725.5), duration_seconds=4000
    )
    assert FORMATS["srt"].render(transcript) == (
        "1\n00:00:00,000 --> 00:00:01,000\nWe go.\n\n2\n01:02:05,500 --> 01:02:07,500\nYou stay & wait.\n\n"
    )


def test_webvtt_escapes_what_it_would_take_for_markup() -> None:
    transcript = transcript_of(*words_of("a <b> --> c & d."))
    assert FORMATS["vtt"].render(transcript) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:03.000\na &lt;b&gt; --&gt; c &amp; d.\n"
    )


def test_plain_text_has_a_segment_a_line() -> None:
    assert FORMATS["txt"].render(transcript_of(*words_of("We go. You stay."))) == "We go.\nYou stay.\n"


def test_no_speech_makes_whole_files_without_cues() -> None:
    assert FORMATS["srt"].render(transcript_of()) == ""
    assert FORMATS["vtt"].render(transcript_of()) == "WEBVTT\n"
    assert FORMATS["txt"].render(transcript_of()) == ""


@pytest.mark.parametrize("text", ["word " * 60 + "end.", "long" * 30 + " one."])
def test_a_long_segment_becomes_several_cues(text: str) -> None:
    cues = cues_from_transcript(transcript_of(*words_of(text)))
    assert " ".join(" ".join(cue.lines) for cue in cues) == text
    assert all(len(cue.lines) <= CUE_LINES for cue in cues)
    assert all(len(line) <= LINE_CHARACTERS or " " not in line for cue in cues for line in cue.lines)
    assert all(cue.end - cue.start <= MAX_CUE_SECONDS for cue in cues)


def test_a_short_cue_stays_a_second_where_there_is_room() -> None:
    transcript = transcript_of(Word("Yes.", 1.0, 1.1, 1), Word("No.", 1.5, 1.6, 1), duration_seconds=10)
    assert [(cue.start, cue.end) for cue in cues_from_transcript(transcript)] == [(1.0, 1.5), (1.5, 2.5)]


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "bcd", "e.", "fghij?"]), st.integers(0, 40), st.integers(0, 40)),
        max_size=60,
    )
)
def test_cues_never_overlap_and_never_end_before_they_begin(rows: list[tuple[str, int, int]]) -> None:
    words, frame = [], 0
    for text, gap, length in rows:
        start = (frame + gap) * 0.08
        frame += gap + length
        words.append(Word(text, start, frame * 0.08, 1))
    times = [
        time
        for cue in cues_from_transcript(transcript_of(*words, duration_seconds=frame * 0.08))
        for time in (cue.start, cue.end)
    ]
    assert times == sorted(times)


def test_subrip_times_are_well_formed_whatever_the_duration() -> None:
    transcript = transcript_of(Word("end.", 360_000.0004, 360_000.9996, 1), duration_seconds=360_002)
    assert re.search(r"^100:00:00,000 --> 100:00:01,000$", FORMATS["srt"].render(transcript), re.MULTILINE)
