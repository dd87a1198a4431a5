import csv
import io
import json
from dataclasses import replace

import botocore.session
import pytest

from tests.transcriber.transcripts import transcript_of, words_of
from transcriber.recognition.language import LANGUAGES
from transcriber.results.formats import FORMATS, formats_named
from transcriber.transcript.document import Language, Transcript
from transcriber.transcript.words import Word

UNKNOWN = Language(code=None, confidence=None)


def test_the_formats_are_the_documented_ones() -> None:
    assert {name: each.suffix for name, each in FORMATS.items()} == {
        "json": ".json",
        "srt": ".srt",
        "vtt": ".vtt",
        "txt": ".txt",
        "csv": ".csv",
        "transcribe-json": ".transcribe.json",
    }


def test_no_speech_makes_whole_files() -> None:
    nothing = transcript_of(language=UNKNOWN)
    assert nothing.render("srt") == ""
    assert nothing.render("vtt") == "WEBVTT\n"
    assert nothing.render("txt") == ""
    assert nothing.render("csv") == "segment,start,end,word,confidence,language\r\n"
    assert json.loads(nothing.render("json"))["segments"] == []
    assert json.loads(nothing.render("transcribe-json"))["results"] == {
        "transcripts": [{"transcript": ""}],
        "items": [],
        "audio_segments": [],
    }


def test_json_holds_all_of_the_transcript() -> None:
    given = transcript_of(*words_of('Où? "Là-bas" \\ là.'))
    transcript = Transcript.model_validate_json(given.render("json"))
    assert transcript.text == 'Où? "Là-bas" \\ là.'
    assert transcript.segments == given.segments
    assert transcript.model_dump(exclude={"text", "segments"}) == given.head.model_dump()


ACTING = "a\x1b[2J\x9b2J\x7f\u202eb\u2066c\u2028\U000e0041"


@pytest.mark.parametrize("format_name", ["json", "transcribe-json"])
def test_json_has_nothing_that_its_reader_s_terminal_obeys(format_name: str) -> None:
    given = transcript_of(Word(f"Où {ACTING}", 0, 1, 1))
    hostile = given.head.source.model_copy(update={"uri": f"s3://b/{ACTING}"})
    given = replace(given, head=given.head.model_copy(update={"source": hostile}))
    document = given.render(format_name)
    assert document.replace("\n", "").isprintable()
    assert "Où" in document
    if format_name == "json":
        transcript = Transcript.model_validate_json(document)
        assert (transcript.source.uri, transcript.text) == (f"s3://b/{ACTING}", f"Où {ACTING}")


@pytest.mark.parametrize("format_name", ["txt", "srt", "vtt", "csv"])
def test_text_has_only_what_its_reader_sees_or_a_script_needs(format_name: str) -> None:
    rtl = "\u05d0\u200f!\u200d"
    document = transcript_of(Word(f"x{ACTING}{rtl}", 0, 1, 1)).render(format_name)
    assert "xa[2J2Jbc" in document
    assert rtl in document
    assert not set(document) & set("\x1b\x9b\x7f\u202e\u2066\u2028")


def test_json_has_a_word_a_line_for_whoever_reads_or_compares_it() -> None:
    lines = transcript_of(*words_of("We go.")).render("json").splitlines()
    assert '   {"start": 0.5, "end": 1.0, "word": "go.", "confidence": 0.9}' in lines


def test_plain_text_runs_on_until_a_long_pause() -> None:
    words = [*words_of("We go. You stay."), *words_of("They wait.", start=3.5), *words_of("Well.", start=7)]
    assert transcript_of(*words).render("txt") == "We go. You stay. They wait.\n\nWell.\n"


def test_plain_text_has_paragraphs_even_where_nobody_pauses() -> None:
    text = transcript_of(*words_of("This is a sentence. " * 200), duration_seconds=500).render("txt")
    paragraphs = text.split("\n\n")
    assert len(paragraphs) > 3
    assert all(paragraph.rstrip().endswith(".") and len(paragraph) < 1100 for paragraph in paragraphs)


def test_csv_for_excel_begins_with_a_byte_order_mark() -> None:
    transcript = transcript_of(*words_of("Grüße."))
    *_others, table, _json = formats_named(["json", "srt", "csv"], csv_for_excel=True)
    content = "".join(table.render(transcript.head, transcript.segments)).encode()
    assert content.startswith(b"\xef\xbb\xbfsegment,start")
    assert content.decode("utf-8-sig") == transcript.render("csv")
    assert not transcript.render("csv").startswith("\ufeff")


def test_csv_has_a_word_a_row() -> None:
    rows = list(csv.DictReader(io.StringIO(transcript_of(*words_of('We, "go". Now.')).render("csv"))))
    assert [(row["segment"], row["word"], row["start"], row["language"]) for row in rows] == [
        ("0", "We,", "0.0", "en"),
        ("0", '"go".', "0.5", "en"),
        ("1", "Now.", "1.0", "en"),
    ]


FORMULAS = [
    ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
    ("@SUM(1)", "'@SUM(1)"),
    ("+cmd|'/C", "'+cmd|'/C"),
    ("-1+1", "'-1+1"),
    ("\t=1", "'\t'=1"),
    ("\r=1", "'\r'=1"),
    ("\n=1", "'\n'=1"),
    ("\uff1d1", "'\uff1d1"),
    ("\uff20SUM", "'\uff20SUM"),
    ("x;=cmd|'/C'!A1", "x;'=cmd|'/C'!A1"),
    ("x\t@SUM(1)", "x\t'@SUM(1)"),
]


@pytest.mark.parametrize(("word", "cell"), FORMULAS)
def test_no_spreadsheet_takes_a_word_for_a_formula(word: str, cell: str) -> None:
    table = io.StringIO(transcript_of(Word(word, 0, 1, 1)).render("csv"), newline="")
    (row,) = csv.DictReader(table)
    assert row["word"] == cell


@pytest.mark.parametrize("word", ["-5", "+3,5.", "-10%", "1=1"])
def test_numbers_stay_as_they_are_said(word: str) -> None:
    (row,) = csv.DictReader(io.StringIO(transcript_of(Word(word, 0, 1, 1)).render("csv")))
    assert row["word"] == word


def test_programs_for_amazon_transcribe_find_what_they_know() -> None:
    document = json.loads(transcript_of(*words_of("Well, we go. Why?!")).render("transcribe-json"))
    assert (document["jobName"], document["status"]) == ("talk.mp3", "COMPLETED")
    results = document["results"]
    assert results["transcripts"] == [{"transcript": "Well, we go. Why?!"}]
    assert results["language_code"] == "en-US"
    assert results["language_identification"] == [{"score": "0.99", "code": "en-US"}]
    assert results["items"][:2] == [
        {
            "id": 0,
            "type": "pronunciation",
            "alternatives": [{"confidence": "0.9", "content": "Well"}],
            "start_time": "0.0",
            "end_time": "0.5",
        },
        {"id": 1, "type": "punctuation", "alternatives": [{"confidence": "0.0", "content": ","}]},
    ]
    contents = [item["alternatives"][0]["content"] for item in results["items"]]
    assert contents == ["Well", ",", "we", "go", ".", "Why", "?", "!"]
    assert [item["id"] for item in results["items"]] == list(range(8))
    assert results["audio_segments"] == [
        {
            "id": 0,
            "transcript": "Well, we go.",
            "start_time": "0.0",
            "end_time": "1.5",
            "items": [0, 1, 2, 3, 4],
        },
        {"id": 1, "transcript": "Why?!", "start_time": "1.5", "end_time": "2.0", "items": [5, 6, 7]},
    ]


@pytest.mark.parametrize("code", LANGUAGES)
def test_languages_are_named_as_amazon_transcribe_names_them(code: str) -> None:
    known = botocore.session.get_session().get_service_model("transcribe").shape_for("LanguageCode").enum
    given = transcript_of(*words_of("x"), language=Language(code=code, confidence=1))
    named = json.loads(given.render("transcribe-json"))["results"]["language_code"]
    assert named in known
    assert named.startswith(f"{code}-")
