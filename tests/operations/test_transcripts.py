"""The model of a transcript is read from its first bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.transcripts import leading_value

HEAD = {
    "schema_version": 1,
    "source": {"uri": 's3://in/a ", "model": {"name": "x"}.mp3', "damage": []},
    "model": {"name": "a/b", "revision": None, "mode": "full"},
    "text": "Good morning.",
}


@pytest.mark.parametrize("indent", [None, 1])
def test_a_value_is_found_before_the_end_of_the_text(indent: int | None) -> None:
    text = json.dumps(HEAD, indent=indent)
    cut = text[: text.index('"text"')]
    assert leading_value(cut, "model") == HEAD["model"]


@given(st.text(max_size=40) | st.integers(0, 150).map(lambda end: json.dumps(HEAD)[:end]))
def test_what_is_no_transcript_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSONDecodeError is one of them
        leading_value(text, "nothing")
