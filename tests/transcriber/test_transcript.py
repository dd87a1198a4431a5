import json

import jsonschema
import pytest

from tests.transcriber.transcripts import transcript_of, words_of
from transcriber.transcript import SCHEMA_FILE, Transcript, schema_text
from transcriber.words import Word


def test_the_schema_file_says_what_the_code_does() -> None:
    assert SCHEMA_FILE.read_text() == schema_text(), (
        "Make it anew, in image/: "
        "python -c 'from transcriber.transcript import *; SCHEMA_FILE.write_text(schema_text())'"
    )


def test_a_transcript_keeps_to_its_schema() -> None:
    content = json.loads(transcript_of(*words_of("One two. Three?")).model_dump_json())
    jsonschema.validate(content, json.loads(SCHEMA_FILE.read_text()))


@pytest.mark.parametrize("missing", ["schema_version", "source", "segments", "text", "processing"])
def test_the_schema_refuses_what_is_no_transcript(missing: str) -> None:
    content = json.loads(transcript_of(*words_of("One two. Three?")).model_dump_json())
    del content[missing]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, json.loads(SCHEMA_FILE.read_text()))


def test_segments_are_numbered_and_joined_to_the_text() -> None:
    transcript = transcript_of(*words_of("One two. Three?"))
    assert transcript.text == "One two. Three?"
    assert [(segment.id, segment.text) for segment in transcript.segments] == [(0, "One two."), (1, "Three?")]
    assert [(segment.start, segment.end) for segment in transcript.segments] == [(0, 1), (1, 1.5)]


def test_a_segment_is_as_certain_as_its_words_on_average() -> None:
    transcript = transcript_of(Word("a", 0, 1, 0.5), Word("b.", 1, 2, 1.0))
    assert transcript.segments[0].confidence == 0.75


def test_times_stay_inside_the_file() -> None:
    transcript = transcript_of(Word("end", 9.92, 10.16, 1.0), duration_seconds=10.0)
    assert (transcript.segments[0].start, transcript.segments[0].end) == (9.92, 10.0)


def test_no_words_make_an_empty_transcript() -> None:
    transcript = transcript_of()
    assert (transcript.text, transcript.segments) == ("", [])
    jsonschema.validate(json.loads(transcript.model_dump_json()), json.loads(SCHEMA_FILE.read_text()))


def test_a_transcript_can_be_read_back() -> None:
    transcript = transcript_of(*words_of("Où? Là-bas."))
    assert Transcript.model_validate_json(transcript.model_dump_json()) == transcript
