import json

import jsonschema
import pytest

from tests.transcriber.transcripts import transcript_of, words_of
from transcriber.transcript.document import SCHEMA_FILE, schema_text
from transcriber.transcript.words import Word


def test_the_schema_file_says_what_the_code_does() -> None:
    assert SCHEMA_FILE.read_text() == schema_text(), (
        "Make it anew, in image/: "
        "python -c 'from transcriber.transcript.document import *; SCHEMA_FILE.write_text(schema_text())'"
    )


@pytest.mark.parametrize("text", ["One two. Three?", ""])
def test_a_transcript_keeps_to_its_schema(text: str) -> None:
    content = json.loads(transcript_of(*words_of(text)).render("json"))
    jsonschema.validate(content, json.loads(SCHEMA_FILE.read_text()))


@pytest.mark.parametrize("missing", ["schema_version", "source", "segments", "text", "processing"])
def test_the_schema_refuses_what_is_no_transcript(missing: str) -> None:
    content = json.loads(transcript_of(*words_of("One two. Three?")).render("json"))
    del content[missing]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, json.loads(SCHEMA_FILE.read_text()))


def test_segments_are_numbered_and_joined_to_the_text() -> None:
    transcript = json.loads(transcript_of(*words_of("One two. Three?")).render("json"))
    assert transcript["text"] == "One two. Three?"
    assert [(each["id"], each["text"], each["start"], each["end"]) for each in transcript["segments"]] == [
        (0, "One two.", 0, 1),
        (1, "Three?", 1, 1.5),
    ]


def test_a_segment_is_as_certain_as_its_words_on_average() -> None:
    transcript = transcript_of(Word("a", 0, 1, 0.5), Word("b.", 1, 2, 1.0))
    assert transcript.segments[0].confidence == 0.75


def test_times_stay_inside_the_file() -> None:
    assert Word("end", 9.92, 10.16, 1.0).within(10.0) == Word("end", 9.92, 10.0, 1.0)
