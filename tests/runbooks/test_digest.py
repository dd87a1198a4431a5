"""What mails say of jobs, and what an uploader can't have them say."""

import re

import pytest

from runbooks.digest import LEGEND, MOST_SHOWN, Fact, blocked_mail, failed_mail, finished_mail, safe


def fact(uri: str = "s3://in/calls/a.mp3", reason: str = "It is damaged.", **changes: object) -> Fact:
    known: Fact = {
        "uri": uri,
        "job_id": "42",
        "reason": reason,
        "exit_codes": [143, None, 65],
        "result": "s3://out/failures/calls/a.mp3.json",
        "log": "https://console/logs;stream=transcribe/default/0a",
        "job": "https://console/jobs/42",
    }
    return known | changes  # type: ignore[return-value]


def test_a_failure_names_the_file_the_reason_each_try_and_where_to_look() -> None:
    subject, text = failed_mail([fact()])
    assert subject == "1 file has no transcript"
    assert text.splitlines() == [
        "1 file has no transcript.",
        LEGEND,
        "",
        "1. s3[:]//in/calls/a[.]mp3",
        "Reason: It is damaged.",
        "Exit codes, one a try: 143, none, 65",
        "Failure report: s3[:]//out/failures/calls/a[.]mp3[.]json",
        "Log: https://console/logs;stream=transcribe/default/0a",
        "Job: https://console/jobs/42",
    ]


def test_what_is_not_written_down_is_said_so() -> None:
    _, text = failed_mail([fact(result=None, log=None, exit_codes=[])])
    assert "Failure report: nothing yet; reconcile finds it" in text
    assert "Exit codes, one a try: none" in text
    assert "Log:" not in text


def test_a_burst_is_one_mail_that_names_some_and_counts_the_others() -> None:
    subject, text = failed_mail([fact(f"s3://in/{number}.mp3") for number in range(1100)])
    assert subject == "1,100 files have no transcript"
    assert len(re.findall(r"^\d+\. s3", text, re.MULTILINE)) == MOST_SHOWN
    assert text.endswith("And 1,080 more. Their failure reports are under failures/ in the output bucket.")
    assert len(text.encode()) < 256 * 1024


def test_the_longest_names_and_reasons_fit_into_a_message_of_sns() -> None:
    _, text = failed_mail([fact("s3://in/" + "\u202e" * 340, "\u2028" * 10_000)] * 100)
    assert len(text.encode()) < 256 * 1024


def test_a_finished_file_is_told_with_its_transcript() -> None:
    subject, text = finished_mail([fact(result="s3://out/transcripts/a.mp3.json")] * 2)
    assert subject == "2 files were transcribed"
    assert "Transcript: s3[:]//out/transcripts/a[.]mp3[.]json" in text


def test_a_blocked_queue_is_told_with_its_reason() -> None:
    subject, text = blocked_mail([fact(reason="CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY")])
    assert subject == "No transcription can start"
    assert text.splitlines()[0] == "No transcription can start: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
    assert "First in line: s3[:]//in/calls/a[.]mp3" in text


@pytest.mark.parametrize("mail", [failed_mail, finished_mail, blocked_mail])
def test_nothing_of_an_uploader_is_a_line_of_its_own_or_a_link(mail: object) -> None:
    forged = (
        "Reason: all is well, sign in at http://evil.example/x or ask root@evil.example, www.evil.example"
    )
    _, text = mail([fact(f"s3://in/a\r\n\n{forged}\u2028{forged}", f"{forged}\n{forged}")])  # type: ignore[operator]
    assert not [line for line in text.split("\n") if line.startswith(forged[:20])]
    assert len(text.splitlines()) == len(text.split("\n"))
    assert not re.search(r"evil\.|http:|@", text.replace("[@]", "").replace("https://console", ""))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain name ü 日本.mp3", "plain name ü 日本[.]mp3"),
        ("a\tb\x1b[2J", "a\\tb\\x1b[2J"),
        ("\u202egpj.exe", "\\u202egpj[.]exe"),
        ("\x9b\xa0\u200b", "\\x9b\\xa0\\u200b"),
        ("\ud800", "\\ud800"),
        ("mailto:a@b.c", "mailto:a[@]b[.]c"),
        ("evil\u3002example", "evil[\u3002]example"),
        ("ends. Next", "ends. Next"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_names_are_shown_without_what_obeys_or_links(text: str, shown: str) -> None:
    assert safe(text) == shown
